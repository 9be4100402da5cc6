/* Finds libcurl at run time and fills the table of http_curl.h. */
#include "http_curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "reserve.h"

enum { HIDDEN = '\x01' };

#ifndef HTTP_CURL_LIBRARY
#define HTTP_CURL_LIBRARY "libcurl.so.4"
#endif

static struct http_curl_api api;
extern char **environ;

/* What would steer libcurl and OpenSSL from outside: the first makes them write the secrets of every connection to a file, the others name
 * files with settings and code. */
static const char *const steering[] = {"SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_CONF_INCLUDE", "OPENSSL_MODULES",
                                       "OPENSSL_ENGINES", "CURL_SSL_BACKEND", "CURL_HOME"};

/* They are read while the libraries start. Their names are spoilt for so long, in place: commands of the user get them unchanged, and a
 * thread that reads the environment meanwhile finds it whole. */
static void hide_steering(bool hide) {
  if (getenv("QWEN_TLS_ENV")) return;
  for (char **entry = environ; *entry; entry++)
    for (size_t i = 0; i < sizeof steering / sizeof *steering; i++) {
      size_t n = strlen(steering[i]);
      char first = hide ? steering[i][0] : HIDDEN;
      if ((*entry)[0] == first && strncmp(*entry + 1, steering[i] + 1, n - 1) == 0 && (*entry)[n] == '=') (*entry)[0] = hide ? HIDDEN : steering[i][0];
    }
}

/* OpenSSL 3.5 waits for itself for ever when it gets no memory while it starts: until it has, it gets ours, and where that is used up the
 * program ends with a sentence. */
static bool starting;

static void *crypto_malloc(size_t size, const char *file, int line) {
  (void)file, (void)line;
  return starting ? reserve_malloc(size) : malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line) {
  (void)file, (void)line;
  return starting ? reserve_realloc(block, size) : realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line) {
  (void)file, (void)line;
  free(block);
}

static void give_memory(void *lib) {
  int (*set)(void *(*)(size_t, const char *, int), void *(*)(void *, size_t, const char *, int), void (*)(void *, const char *, int));
  void *symbol = dlsym(lib, "CRYPTO_set_mem_functions"); /* of the libcrypto that libcurl brought along, if it did */
  if (!symbol) return;
  memcpy(&set, &symbol, sizeof set);
  set(crypto_malloc, crypto_realloc, crypto_free);
}

static bool start(struct err *e) {
  void *lib = library_open(HTTP_CURL_LIBRARY, "network access needs libcurl", "libcurl4", e);
  if (!lib) return false;
  /* The table is an array of pointers to functions; memcpy is the way from dlsym's object pointer that C allows. */
  static const struct { const char *name; size_t at; } wanted[] = {
#define X(name) {"curl_" #name, offsetof(struct http_curl_api, name)},
    HTTP_CURL_FUNCTIONS(X)
#undef X
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    void *symbol = dlsym(lib, wanted[i].name);
    if (!symbol) {
      err_set(e, ERR_MISSING, "the installed %s is too old: it has no %s; version 7.88 or newer is needed", HTTP_CURL_LIBRARY, wanted[i].name);
      dlclose(lib);
      return false;
    }
    memcpy((char *)&api + wanted[i].at, &symbol, sizeof symbol);
  }
  give_memory(lib);
  starting = true;
  CURLcode code = api.global_init(CURL_GLOBAL_DEFAULT);
  starting = false;
  if (code == CURLE_OK) return true;
  err_set(e, ERR_BROKEN, "libcurl could not be started; is there enough memory?");
  return false;
}

const struct http_curl_api *http_curl_load(struct err *e) {
  static bool loaded;
  if (loaded) return &api;
  hide_steering(true);
  loaded = start(e);
  hide_steering(false);
  return loaded ? &api : NULL;
}
