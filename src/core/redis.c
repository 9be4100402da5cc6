/* Finds hiredis at run time and fills the table of redis.h. */
#include "redis.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define REDIS_LIBRARY "libhiredis.so." TEXT(HIREDIS_SONAME)

const struct redis_api *redis_load(struct err *e) {
  static struct redis_api api;
  static bool loaded;
  if (loaded) return &api;
  void *lib = dlopen(REDIS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!lib) {
    err_set(e, ERR_MISSING, "limits.store needs hiredis, which could not be loaded (%s); install it, on Debian: apt install libhiredis0.14", dlerror());
    return NULL;
  }
  /* The table is an array of pointers to functions; memcpy is the way from dlsym's object pointer that C allows. */
  static const struct { const char *name; size_t at; } wanted[] = {
#define X(name) {"redis" #name, offsetof(struct redis_api, name)},
    REDIS_FUNCTIONS(X)
#undef X
    {"freeReplyObject", offsetof(struct redis_api, free_reply)},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    void *symbol = dlsym(lib, wanted[i].name);
    if (!symbol) {
      err_set(e, ERR_MISSING, "the installed %s has no %s", REDIS_LIBRARY, wanted[i].name);
      dlclose(lib);
      return NULL;
    }
    memcpy((char *)&api + wanted[i].at, &symbol, sizeof symbol);
  }
  loaded = true;
  return &api;
}
