/* Finds SQLite at run time and fills the table of db_sqlite.h. */
#include "db_sqlite.h"
#include "library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifndef DB_SQLITE_LIBRARY
#define DB_SQLITE_LIBRARY "libsqlite3.so.0"
#endif

const struct db_sqlite_api *db_sqlite_load(struct err *e) {
  static struct db_sqlite_api api;
  static bool loaded;
  if (loaded) return &api;
  void *lib = library_open(DB_SQLITE_LIBRARY, "limits and the usage ledger need SQLite", "libsqlite3-0", e);
  if (!lib) return NULL;
  /* The table is an array of pointers to functions; memcpy is the way from dlsym's object pointer that C allows. */
  static const struct { const char *name; size_t at; } wanted[] = {
#define X(name) {"sqlite3_" #name, offsetof(struct db_sqlite_api, name)},
    DB_SQLITE_FUNCTIONS(X)
#undef X
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    void *symbol = dlsym(lib, wanted[i].name);
    if (!symbol) {
      err_set(e, ERR_MISSING, "the installed %s is too old: it has no %s; version 3.40 or newer is needed", DB_SQLITE_LIBRARY, wanted[i].name);
      dlclose(lib);
      return NULL;
    }
    memcpy((char *)&api + wanted[i].at, &symbol, sizeof symbol);
  }
  loaded = true;
  return &api;
}
