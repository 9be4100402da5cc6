/* One SQLite file shared by many processes: write-ahead log, synchronous NORMAL, every use inside an outer flock on "PATH.lock".
 * The file is opened by the first use; one that turns out to be damaged is moved aside and made anew, which is told once.
 * A use is: db_lock, db_begin, statements, db_end, db_unlock. Whoever fails in between says so to db_end. */
#ifndef QWEN_DB_H
#define QWEN_DB_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "db_sqlite.h"

enum { DB_STATEMENTS = 40, DB_BEGIN = 38, DB_COMMIT = 39 }; /* the last two belong to db.c */

struct db {
  const struct db_sqlite_api *sql;
  sqlite3 *handle;
  sqlite3_stmt *statement[DB_STATEMENTS]; /* prepared once each, by the numbers of the owner */
  const char *schema;                     /* creates what is not there yet; static */
  int version;
  int lock;        /* descriptor, -1 when closed */
  bool missed;     /* others had it at the last try */
  dev_t device;    /* of the open file, */
  ino_t inode;     /* which may be deleted or replaced under us */
  bool damaged;    /* the present use met a damaged file */
  char aside[512]; /* where a damaged file went; "" when none was */
  char path[400];
};

/* path ":memory:" is a database of this process alone. Makes the lock file, opens nothing yet. */
bool db_open(struct db *db, const char *path, const char *schema, int version, struct err *e);
void db_close(struct db *db);
int db_lock(struct db *db, struct err *e); /* 1 taken, 0 held by another, -1 failed */
void db_unlock(struct db *db);
bool db_begin(struct db *db, struct err *e);
/* Commits, or rolls back when ok is false; the error then is in *e already. */
bool db_end(struct db *db, bool ok, struct err *e);
/* True when the failed use met a damaged file, which is now aside: the use may be tried once more. */
bool db_retry(struct db *db);

/* Statement `number`, ready to be bound; NULL and *e when it cannot be prepared. */
sqlite3_stmt *db_statement(struct db *db, int number, const char *text, struct err *e);
/* Steps: 1 a row, 0 the end, -1 failed. A statement that is not stepped to its end must be reset. */
int db_step(struct db *db, sqlite3_stmt *statement, struct err *e);
bool db_done(struct db *db, sqlite3_stmt *statement, struct err *e); /* one step that gives no row */
void db_failed(struct db *db, struct err *e);                        /* *e from the last failure of SQLite */
bool db_on_network(const char *folder);                              /* where locks and shared memory do not work */
#endif
