/* Opening, locking and repairing the file of db.h. What is in it is the owner's business. */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"

static bool in_memory(const struct db *db) { return strcmp(db->path, ":memory:") == 0; }

bool db_on_network(const char *folder) {
  static const unsigned long remote[] = {0x6969 /* NFS */, 0x517B /* SMB */, 0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */, 0x01021997 /* 9p */,
                                         0x5346414F /* AFS */, 0x00C36400 /* Ceph */, 0x19830326 /* FhGFS */};
  struct statfs fs;
  if (statfs(folder, &fs) != 0) return false;
  for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
    if ((unsigned long)fs.f_type == remote[i]) return true;
  return false;
}

bool db_open(struct db *db, const char *path, const char *schema, int version, struct err *e) {
  memset(db, 0, sizeof *db);
  db->lock = -1;
  db->schema = schema;
  db->version = version;
  char lock[sizeof db->path + 8];
  int n = snprintf(db->path, sizeof db->path, "%s", path);
  if (n < 0 || (size_t)n >= sizeof db->path) {
    err_errno(e, ENAMETOOLONG, "open", path);
    return false;
  }
  db->sql = db_sqlite_load(e);
  if (!db->sql) return false;
  if (in_memory(db)) return true;
  snprintf(lock, sizeof lock, "%s.lock", db->path);
  db->lock = fs_lock_open(lock, e);
  return db->lock >= 0;
}

static void close_handle(struct db *db) {
  for (int i = 0; i < DB_STATEMENTS; i++) {
    if (db->statement[i]) db->sql->finalize(db->statement[i]);
    db->statement[i] = NULL;
  }
  if (db->handle) db->sql->close_v2(db->handle);
  db->handle = NULL;
}

void db_close(struct db *db) {
  if (db->sql) close_handle(db);
  if (db->lock >= 0) close(db->lock);
  db->lock = -1;
}

int db_lock(struct db *db, struct err *e) {
  enum { TRIES = 20 }; /* 5 ms: others are done in much less, and not every caller can wait. Where many wait, to try so often costs more */
  if (db->lock < 0) return 1;
  int got = fs_lock_try(db->lock);
  for (int i = db->missed ? TRIES : 1; got == 0 && i < TRIES; i++) {
    nanosleep(&(struct timespec){0, 250000}, NULL);
    got = fs_lock_try(db->lock);
  }
  db->missed = got == 0;
  if (got < 0) err_errno(e, errno, "lock", db->path);
  return got;
}

void db_unlock(struct db *db) {
  if (db->lock >= 0) flock(db->lock, LOCK_UN);
}

void db_failed(struct db *db, struct err *e) {
  int code = db->sql->extended_errcode(db->handle) & 0xFF;
  db->damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  enum err_kind kind = code == SQLITE_FULL ? ERR_LIMIT : code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_CANTOPEN ? ERR_DENIED
                       : code == SQLITE_BUSY || code == SQLITE_LOCKED ? ERR_TIMEOUT : ERR_BROKEN;
  err_set(e, kind, "%s: %s", db->path, db->sql->errmsg(db->handle));
  snprintf(e->path, sizeof e->path, "%.255s", db->path);
}

static bool run(struct db *db, const char *text, struct err *e) {
  if (db->sql->exec(db->handle, text, NULL, NULL, NULL) == SQLITE_OK) return true;
  db_failed(db, e);
  return false;
}

/* Moves the file and its companions aside, under a name that says when. */
static void move_aside(struct db *db) {
  static const char *const ends[] = {"", "-wal", "-shm"};
  close_handle(db);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    char from[sizeof db->path + 8], to[sizeof db->aside + 8];
    if (i == 0) snprintf(db->aside, sizeof db->aside, "%s.damaged-%lld", db->path, (long long)time(NULL));
    snprintf(from, sizeof from, "%s%s", db->path, ends[i]);
    snprintf(to, sizeof to, "%s%s", db->aside, ends[i]);
    rename(from, to);
  }
}

static bool has_schema(struct db *db, int *version, struct err *e) {
  sqlite3_stmt *statement = NULL;
  if (db->sql->prepare_v3(db->handle, "PRAGMA user_version", -1, 0, &statement, NULL) != SQLITE_OK || db->sql->step(statement) != SQLITE_ROW) {
    db_failed(db, e);
    if (statement) db->sql->finalize(statement);
    return false;
  }
  *version = (int)db->sql->column_int64(statement, 0);
  db->sql->finalize(statement);
  return true;
}

/* Fills an empty file; one of an older version is put aside like a damaged one, until some owner knows what to take over. Only then it gets
 * its write-ahead log: one without tables that is not empty was never ours, or has lost them. */
static bool make(struct db *db, int version, struct err *e) {
  char mark[48];
  struct stat st;
  if (!in_memory(db) && stat(db->path, &st) == 0 && st.st_size > 0) {
    err_set(e, ERR_BROKEN, version ? "%s: its tables are of an older qwen" : "%s: its tables are gone", db->path);
    db->damaged = true;
    return false;
  }
  snprintf(mark, sizeof mark, "PRAGMA user_version=%d", db->version);
  return run(db, "BEGIN IMMEDIATE", e) && run(db, db->schema, e) && run(db, mark, e) && run(db, "COMMIT", e);
}

/* Who opens the file alone reads all of its write-ahead log, and what an earlier process carried over it does not know: where processes are
 * short, nobody else would ever make the log short. */
static bool log_is_long(const struct db *db) {
  enum { LONG = 256 << 10 };
  char path[sizeof db->path + 8];
  struct stat st;
  snprintf(path, sizeof path, "%s-wal", db->path);
  return stat(path, &st) == 0 && st.st_size > LONG;
}

/* Under the lock. A newer version's file is left alone. */
static bool open_handle(struct db *db, struct err *e) {
  int version = 0;
  if (!in_memory(db)) { /* made here, so that it is ours alone from the first moment on */
    int fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
      err_errno(e, errno, "open", db->path);
      if (fd >= 0) close(fd);
      return false;
    }
    db->device = st.st_dev;
    db->inode = st.st_ino;
    close(fd);
  }
  if (db->sql->open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
    if (db->handle) db_failed(db, e);
    else err_set(e, ERR_BROKEN, "%s: no memory to open it", db->path);
    return false;
  }
  db->sql->busy_timeout(db->handle, 1000);
  db->sql->db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL); /* the end of a process is no moment to wait for a disk */
  if (!run(db, "PRAGMA synchronous=NORMAL", e) || !has_schema(db, &version, e)) return false;
  if (version > db->version) {
    err_set(e, ERR_USAGE, "%s was written by a newer qwen; use that one, or move the file away", db->path);
    return false;
  }
  if (!(version == db->version || make(db, version, e)) || !run(db, "PRAGMA journal_mode=WAL", e)) return false;
  if (log_is_long(db)) db->sql->exec(db->handle, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL); /* when it fails the next one tries again */
  return true;
}

sqlite3_stmt *db_statement(struct db *db, int number, const char *text, struct err *e) {
  sqlite3_stmt **statement = &db->statement[number];
  if (!*statement && db->sql->prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) db_failed(db, e);
  return *statement;
}

int db_step(struct db *db, sqlite3_stmt *statement, struct err *e) {
  int code = db->sql->step(statement);
  if (code == SQLITE_ROW) return 1;
  if (code != SQLITE_DONE) db_failed(db, e);
  db->sql->reset(statement);
  return code == SQLITE_DONE ? 0 : -1;
}

bool db_done(struct db *db, sqlite3_stmt *statement, struct err *e) {
  int got = db_step(db, statement, e);
  if (got > 0) db->sql->reset(statement);
  return got >= 0;
}

static bool run_prepared(struct db *db, int number, const char *text, struct err *e) {
  sqlite3_stmt *statement = db_statement(db, number, text, e);
  return statement && db_done(db, statement, e);
}

bool db_begin(struct db *db, struct err *e) {
  db->damaged = false;
  struct stat st; /* a file that was deleted or moved aside under us: go on with the one that others see */
  if (db->handle && !in_memory(db) && (stat(db->path, &st) != 0 || st.st_dev != db->device || st.st_ino != db->inode)) close_handle(db);
  if (!db->handle && !open_handle(db, e)) {
    bool damaged = db->damaged;
    if (damaged) move_aside(db);
    else close_handle(db);
    db->damaged = damaged;
    return false;
  }
  return run_prepared(db, DB_BEGIN, "BEGIN IMMEDIATE", e);
}

bool db_end(struct db *db, bool ok, struct err *e) {
  if (ok && run_prepared(db, DB_COMMIT, "COMMIT", e)) return true;
  if (db->handle) {
    for (int i = 0; i < DB_STATEMENTS; i++)
      if (db->statement[i]) db->sql->reset(db->statement[i]);
    db->sql->exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    if (db->damaged) move_aside(db);
  }
  return false;
}

bool db_retry(struct db *db) {
  bool again = db->damaged && !in_memory(db);
  db->damaged = false;
  return again;
}
