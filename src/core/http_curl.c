/* Finds libcurl at run time and fills the table of http_curl.h. */
#include "http_curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifndef HTTP_CURL_LIBRARY
#define HTTP_CURL_LIBRARY "libcurl.so.4"
#endif

const struct http_curl_api *http_curl_load(struct err *e) {
  static struct http_curl_api api;
  static bool loaded;
  if (loaded) return &api;
  void *lib = dlopen(HTTP_CURL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!lib) {
    err_set(e, ERR_MISSING, "network access needs libcurl, which could not be loaded (%s); install it, on Debian: apt install libcurl4",
            dlerror());
    return NULL;
  }
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
      return NULL;
    }
    memcpy((char *)&api + wanted[i].at, &symbol, sizeof symbol);
  }
  if (api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    err_set(e, ERR_BROKEN, "libcurl could not be started; is there enough memory?");
    return NULL;
  }
  loaded = true;
  return &api;
}
