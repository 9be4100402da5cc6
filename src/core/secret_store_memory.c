/* Credentials for the life of this process only. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "secret_store.h"

struct record {
  struct record *next;
  char *key;
  struct buf value;
};

static struct record *all;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static struct record **find(const char *key) {
  struct record **p = &all;
  while (*p && strcmp((*p)->key, key) != 0) p = &(*p)->next;
  return p;
}

static void drop(struct record **p) {
  struct record *r = *p;
  *p = r->next;
  buf_wipe(&r->value);
  free(r->key);
  free(r);
}

static bool memory_get(struct secret_store_call *c) {
  pthread_mutex_lock(&one);
  struct record *r = *find(c->key);
  bool ok = r && buf_add(&c->value, r->value.data, r->value.len);
  pthread_mutex_unlock(&one);
  return ok || secret_store_no_entry(c);
}

static bool memory_put(struct secret_store_call *c) {
  struct record *r = calloc(1, sizeof *r);
  if (r) r->key = strdup(c->key);
  bool ok = r && r->key && buf_add(&r->value, c->value.data, c->value.len);
  pthread_mutex_lock(&one);
  if (ok) {
    struct record **p = find(c->key);
    if (*p) drop(p);
    r->next = all;
    all = r;
  }
  pthread_mutex_unlock(&one);
  if (ok) return true;
  if (r) free(r->key);
  free(r);
  err_set(&c->e, ERR_BROKEN, "out of memory");
  return false;
}

static bool memory_remove(struct secret_store_call *c) {
  pthread_mutex_lock(&one);
  struct record **p = find(c->key);
  bool there = *p;
  if (there) drop(p);
  pthread_mutex_unlock(&one);
  return there || secret_store_no_entry(c);
}

const struct secret_store secret_store_memory = {"memory", memory_get, memory_put, memory_remove};
