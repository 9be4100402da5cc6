/* Credentials for the life of this process only. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keeper.h"

struct kept {
  struct kept *next;
  char *key;
  struct buf value;
};

static struct kept *all;
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;

static struct kept **find(const char *key) {
  struct kept **p = &all;
  while (*p && strcmp((*p)->key, key) != 0) p = &(*p)->next;
  return p;
}

static void drop(struct kept **p) {
  struct kept *k = *p;
  *p = k->next;
  buf_wipe(&k->value);
  free(k->key);
  free(k);
}

static bool memory_get(struct keeper_call *c) {
  pthread_mutex_lock(&one);
  struct kept *k = *find(c->key);
  bool ok = k && buf_add(&c->value, k->value.data, k->value.len);
  pthread_mutex_unlock(&one);
  return ok || keeper_no_entry(c);
}

static bool memory_put(struct keeper_call *c) {
  struct kept *k = calloc(1, sizeof *k);
  if (k) k->key = strdup(c->key);
  bool ok = k && k->key && buf_add(&k->value, c->value.data, c->value.len);
  pthread_mutex_lock(&one);
  if (ok) {
    struct kept **p = find(c->key);
    if (*p) drop(p);
    k->next = all;
    all = k;
  }
  pthread_mutex_unlock(&one);
  if (ok) return true;
  if (k) free(k->key);
  free(k);
  err_set(&c->e, ERR_BROKEN, "out of memory");
  return false;
}

static bool memory_remove(struct keeper_call *c) {
  pthread_mutex_lock(&one);
  struct kept **p = find(c->key);
  bool there = *p;
  if (there) drop(p);
  pthread_mutex_unlock(&one);
  return there || keeper_no_entry(c);
}

const struct keeper keeper_memory = {"memory", memory_get, memory_put, memory_remove};
