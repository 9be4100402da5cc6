/* The Secret Service of a desktop (GNOME Keyring, KWallet), through libsecret, which is loaded on first use: it brings a dozen libraries.
 * Its few functions are declared here, so that building needs no headers of GLib; their binary interface has been frozen for years. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "secret_store.h"
#include "library.h"

#ifndef SECRET_LIBRARY
#define SECRET_LIBRARY "libsecret-1.so.0"
#endif

struct g_error {
  uint32_t domain;
  int code;
  char *message;
};
typedef unsigned hash_fn(const void *);
typedef int equal_fn(const void *, const void *);

static struct {
  void *(*g_hash_table_new)(hash_fn *, equal_fn *);
  int (*g_hash_table_insert)(void *, const void *, const void *);
  void (*g_hash_table_unref)(void *);
  hash_fn *g_str_hash;
  equal_fn *g_str_equal;
  void (*g_error_free)(struct g_error *);
  int (*secret_password_storev_sync)(const void *, void *, const char *, const char *, const char *, void *, struct g_error **);
  char *(*secret_password_lookupv_sync)(const void *, void *, void *, struct g_error **);
  int (*secret_password_clearv_sync)(const void *, void *, void *, struct g_error **);
  void (*secret_password_free)(char *);
} api;
static bool loaded;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static bool load_once(struct err *e) {
  static const char *const names[] = {"g_hash_table_new", "g_hash_table_insert", "g_hash_table_unref", "g_str_hash", "g_str_equal", "g_error_free",
                                      "secret_password_storev_sync", "secret_password_lookupv_sync", "secret_password_clearv_sync",
                                      "secret_password_free"};
  _Static_assert(sizeof names / sizeof *names * sizeof(void *) == sizeof api, "one name for each function");
  void *lib = library_open(SECRET_LIBRARY, "the Secret Service needs libsecret", "libsecret-1-0", e);
  if (!lib) return false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *symbol = dlsym(lib, names[i]); /* also looks into what the library itself needs */
    if (!symbol) return err_set(e, ERR_MISSING, "the installed %s has no %s", SECRET_LIBRARY, names[i]), false;
    memcpy((char *)&api + i * sizeof symbol, &symbol, sizeof symbol);
  }
  return loaded = true;
}

static bool load(struct err *e) {
  pthread_mutex_lock(&one);
  bool ok = loaded || load_once(e);
  pthread_mutex_unlock(&one);
  return ok;
}

static void *attributes(const struct secret_store_call *c) {
  void *table = api.g_hash_table_new(api.g_str_hash, api.g_str_equal);
  api.g_hash_table_insert(table, "service", "qwen");
  api.g_hash_table_insert(table, "account", c->key);
  return table;
}

static bool failed(struct secret_store_call *c, const char *verb, struct g_error *g) {
  err_set(&c->e, ERR_DENIED, "%s '%.100s': the Secret Service answered: %.300s; unlock the keyring, or use another store", verb, c->key,
          g && g->message ? g->message : "no reason given");
  if (g) api.g_error_free(g);
  return false;
}

static bool libsecret_get(struct secret_store_call *c) {
  struct g_error *g = NULL;
  if (!load(&c->e)) return false;
  void *table = attributes(c);
  char *text = api.secret_password_lookupv_sync(NULL, table, NULL, &g);
  api.g_hash_table_unref(table);
  if (g) return failed(c, "read", g);
  if (!text) return secret_store_no_entry(c);
  bool ok = buf_adds(&c->value, text);
  api.secret_password_free(text); /* wipes */
  if (!ok) err_set(&c->e, ERR_BROKEN, "out of memory");
  return ok;
}

static bool libsecret_put(struct secret_store_call *c) {
  struct g_error *g = NULL;
  char label[256];
  if (!load(&c->e)) return false;
  if (!buf_addc(&c->value, '\0')) return err_set(&c->e, ERR_BROKEN, "out of memory"), false;
  c->value.len--;
  snprintf(label, sizeof label, "qwen %s", c->key);
  void *table = attributes(c);
  bool ok = api.secret_password_storev_sync(NULL, table, NULL, label, c->value.data, NULL, &g);
  api.g_hash_table_unref(table);
  return ok || failed(c, "store", g);
}

static bool libsecret_remove(struct secret_store_call *c) {
  struct g_error *g = NULL;
  if (!load(&c->e)) return false;
  void *table = attributes(c);
  bool ok = api.secret_password_clearv_sync(NULL, table, NULL, &g);
  api.g_hash_table_unref(table);
  if (g) return failed(c, "remove", g);
  return ok || secret_store_no_entry(c);
}

const struct secret_store secret_store_libsecret = {"secret-service", libsecret_get, libsecret_put, libsecret_remove};
