/* Finds libsodium at run time and fills the table of secret_sodium.h. */
#include "secret_sodium.h"
#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifndef SECRET_SODIUM_LIBRARY
#define SECRET_SODIUM_LIBRARY "libsodium.so.23"
#endif

static struct secret_sodium_api api;
static bool loaded;

static bool load(struct err *e) {
  static const struct { const char *name; size_t at; } wanted[] = {
#define X(name) {#name, offsetof(struct secret_sodium_api, name)},
    SECRET_SODIUM_FUNCTIONS(X)
#undef X
  };
  void *lib = library_open(SECRET_SODIUM_LIBRARY, "the vault needs libsodium", "libsodium23", e);
  if (!lib) return false;
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    void *symbol = dlsym(lib, wanted[i].name);
    if (symbol) memcpy((char *)&api + wanted[i].at, &symbol, sizeof symbol);
    else {
      err_set(e, ERR_MISSING, "the installed %s is too old: it has no %s", SECRET_SODIUM_LIBRARY, wanted[i].name);
      return false;
    }
  }
  if (api.sodium_init() >= 0) return loaded = true;
  err_set(e, ERR_BROKEN, "libsodium could not be started");
  return false;
}

const struct secret_sodium_api *secret_sodium_load(struct err *e) {
  static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&one);
  bool ok = loaded || load(e);
  pthread_mutex_unlock(&one);
  return ok ? &api : NULL;
}
