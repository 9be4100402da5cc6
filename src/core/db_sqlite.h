/* SQLite, loaded on first use: a run that needs no database never pays for it. The table lives as long as the process.
 * Only files in src/core that speak to SQLite include this. */
#ifndef QWEN_DB_SQLITE_H
#define QWEN_DB_SQLITE_H
#include <sqlite3.h>

#include "err.h"

/* Every function we call, by its name after "sqlite3_". */
#define DB_SQLITE_FUNCTIONS(X)                                                                                   \
  X(open_v2) X(close_v2) X(exec) X(prepare_v3) X(step) X(reset) X(finalize) X(bind_int64) X(bind_double)           \
  X(bind_text) X(bind_null) X(clear_bindings) X(column_int64) X(column_double) X(column_text) X(column_bytes) X(column_type)         \
  X(column_count) X(column_name) X(last_insert_rowid) X(errmsg) X(extended_errcode) X(busy_timeout) X(db_config) X(db_readonly)

struct db_sqlite_api {
#define X(name) __typeof__(sqlite3_##name) *name;
  DB_SQLITE_FUNCTIONS(X)
#undef X
};

/* NULL and *e when the library is missing or too old. */
const struct db_sqlite_api *db_sqlite_load(struct err *e);
#endif
