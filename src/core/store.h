/* One SQLite file shared by many processes: write-ahead log, synchronous NORMAL, every use inside an outer flock on "PATH.lock".
 * The file is opened by the first use; one that turns out to be damaged is moved aside and made anew, which is told once.
 * A use is: store_lock, store_begin, statements, store_end, store_unlock. Whoever fails in between says so to store_end. */
#ifndef QWEN_STORE_H
#define QWEN_STORE_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "sqlite.h"

enum { STORE_STATEMENTS = 40, STORE_BEGIN = 38, STORE_COMMIT = 39 }; /* the last two are the store's own */

struct store {
  const struct sqlite_api *sql;
  sqlite3 *db;
  sqlite3_stmt *statement[STORE_STATEMENTS]; /* prepared once each, by the numbers of the owner */
  const char *schema;                        /* creates what is not there yet; static */
  int version;
  int lock;                                  /* descriptor, -1 when closed */
  dev_t device;                              /* of the open file, */
  ino_t inode;                               /* which may be deleted or replaced under us */
  bool damaged;                              /* the present use met a damaged file */
  char aside[512];                           /* where a damaged file went; "" when none was */
  char path[400];
};

/* path ":memory:" is a store of this process alone. Makes the lock file, opens nothing yet. */
bool store_open(struct store *s, const char *path, const char *schema, int version, struct err *e);
void store_close(struct store *s);
int store_lock(struct store *s, struct err *e); /* 1 taken, 0 held by another, -1 failed */
void store_unlock(struct store *s);
bool store_begin(struct store *s, struct err *e);
/* Commits, or rolls back when ok is false; the error then is in *e already. */
bool store_end(struct store *s, bool ok, struct err *e);
/* True when the failed use met a damaged file, which is now aside: the use may be tried once more. */
bool store_retry(struct store *s);

/* Statement `number`, ready to be bound; NULL and *e when it cannot be prepared. */
sqlite3_stmt *store_statement(struct store *s, int number, const char *text, struct err *e);
/* Steps: 1 a row, 0 the end, -1 failed. A statement that is not stepped to its end must be reset. */
int store_step(struct store *s, sqlite3_stmt *statement, struct err *e);
bool store_done(struct store *s, sqlite3_stmt *statement, struct err *e); /* one step that gives no row */
void store_failed(struct store *s, struct err *e);                        /* *e from the last failure of SQLite */
bool store_on_network(const char *folder);                                /* where locks and shared memory do not work */
#endif
