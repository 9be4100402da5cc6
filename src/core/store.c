/* Opening, locking and mending the file of store.h. What is in it is the owner's business. */
#include "store.h"

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

static bool in_memory(const struct store *s) { return strcmp(s->path, ":memory:") == 0; }

bool store_on_network(const char *folder) {
  static const unsigned long remote[] = {0x6969 /* NFS */, 0x517B /* SMB */, 0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */, 0x01021997 /* 9p */,
                                         0x5346414F /* AFS */, 0x00C36400 /* Ceph */, 0x19830326 /* FhGFS */};
  struct statfs fs;
  if (statfs(folder, &fs) != 0) return false;
  for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
    if ((unsigned long)fs.f_type == remote[i]) return true;
  return false;
}

bool store_open(struct store *s, const char *path, const char *schema, int version, struct err *e) {
  memset(s, 0, sizeof *s);
  s->lock = -1;
  s->schema = schema;
  s->version = version;
  char lock[sizeof s->path + 8];
  int n = snprintf(s->path, sizeof s->path, "%s", path);
  if (n < 0 || (size_t)n >= sizeof s->path) {
    err_errno(e, ENAMETOOLONG, "open", path);
    return false;
  }
  s->sql = sqlite_load(e);
  if (!s->sql) return false;
  if (in_memory(s)) return true;
  snprintf(lock, sizeof lock, "%s.lock", s->path);
  s->lock = fs_lock_open(lock, e);
  return s->lock >= 0;
}

static void close_db(struct store *s) {
  for (int i = 0; i < STORE_STATEMENTS; i++) {
    if (s->statement[i]) s->sql->finalize(s->statement[i]);
    s->statement[i] = NULL;
  }
  if (s->db) s->sql->close_v2(s->db);
  s->db = NULL;
}

void store_close(struct store *s) {
  if (s->sql) close_db(s);
  if (s->lock >= 0) close(s->lock);
  s->lock = -1;
}

int store_lock(struct store *s, struct err *e) {
  enum { TRIES = 20 }; /* 5 ms: others are done in much less, and not every caller can wait */
  if (s->lock < 0) return 1;
  int got = fs_lock_try(s->lock);
  for (int i = 1; got == 0 && i < TRIES; i++) {
    nanosleep(&(struct timespec){0, 250000}, NULL);
    got = fs_lock_try(s->lock);
  }
  if (got < 0) err_errno(e, errno, "lock", s->path);
  return got;
}

void store_unlock(struct store *s) {
  if (s->lock >= 0) flock(s->lock, LOCK_UN);
}

void store_failed(struct store *s, struct err *e) {
  int code = s->sql->extended_errcode(s->db) & 0xFF;
  s->damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  enum err_kind kind = code == SQLITE_FULL ? ERR_LIMIT : code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_CANTOPEN ? ERR_DENIED
                       : code == SQLITE_BUSY || code == SQLITE_LOCKED ? ERR_TIMEOUT : ERR_BROKEN;
  err_set(e, kind, "%s: %s", s->path, s->sql->errmsg(s->db));
  snprintf(e->path, sizeof e->path, "%.255s", s->path);
}

static bool run(struct store *s, const char *text, struct err *e) {
  if (s->sql->exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK) return true;
  store_failed(s, e);
  return false;
}

/* Moves the file and its companions aside, under a name that says when. */
static void move_aside(struct store *s) {
  static const char *const ends[] = {"", "-wal", "-shm"};
  close_db(s);
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
    char from[sizeof s->path + 8], to[sizeof s->aside + 8];
    if (i == 0) snprintf(s->aside, sizeof s->aside, "%s.damaged-%lld", s->path, (long long)time(NULL));
    snprintf(from, sizeof from, "%s%s", s->path, ends[i]);
    snprintf(to, sizeof to, "%s%s", s->aside, ends[i]);
    rename(from, to);
  }
}

static bool has_schema(struct store *s, int *version, struct err *e) {
  sqlite3_stmt *statement = NULL;
  if (s->sql->prepare_v3(s->db, "PRAGMA user_version", -1, 0, &statement, NULL) != SQLITE_OK || s->sql->step(statement) != SQLITE_ROW) {
    store_failed(s, e);
    if (statement) s->sql->finalize(statement);
    return false;
  }
  *version = (int)s->sql->column_int64(statement, 0);
  s->sql->finalize(statement);
  return true;
}

/* Fills an empty file; one of an older version is put aside like a damaged one, until some owner knows what to take over. Only then it gets
 * its write-ahead log: one without tables that is not empty was never ours, or has lost them. */
static bool make(struct store *s, int version, struct err *e) {
  char mark[48];
  struct stat st;
  if (!in_memory(s) && stat(s->path, &st) == 0 && st.st_size > 0) {
    err_set(e, ERR_BROKEN, version ? "%s: its tables are of an older qwen" : "%s: its tables are gone", s->path);
    s->damaged = true;
    return false;
  }
  snprintf(mark, sizeof mark, "PRAGMA user_version=%d", s->version);
  return run(s, "BEGIN IMMEDIATE", e) && run(s, s->schema, e) && run(s, mark, e) && run(s, "COMMIT", e);
}

/* Who opens the file alone reads all of its write-ahead log, and what an earlier process carried over it does not know: where processes are
 * short, nobody else would ever make the log short. */
static bool log_is_long(const struct store *s) {
  enum { LONG = 256 << 10 };
  char path[sizeof s->path + 8];
  struct stat st;
  snprintf(path, sizeof path, "%s-wal", s->path);
  return stat(path, &st) == 0 && st.st_size > LONG;
}

/* Under the lock. A newer version's file is left alone. */
static bool open_db(struct store *s, struct err *e) {
  int version = 0;
  if (!in_memory(s)) { /* made here, so that it is ours alone from the first moment on */
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
      err_errno(e, errno, "open", s->path);
      if (fd >= 0) close(fd);
      return false;
    }
    s->device = st.st_dev;
    s->inode = st.st_ino;
    close(fd);
  }
  if (s->sql->open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
    if (s->db) store_failed(s, e);
    else err_set(e, ERR_BROKEN, "%s: no memory to open it", s->path);
    return false;
  }
  s->sql->busy_timeout(s->db, 1000);
  s->sql->db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL); /* the end of a process is no moment to wait for a disk */
  if (!run(s, "PRAGMA synchronous=NORMAL", e) || !has_schema(s, &version, e)) return false;
  if (version > s->version) {
    err_set(e, ERR_USAGE, "%s was written by a newer qwen; use that one, or move the file away", s->path);
    return false;
  }
  if (!(version == s->version || make(s, version, e)) || !run(s, "PRAGMA journal_mode=WAL", e)) return false;
  if (log_is_long(s)) s->sql->exec(s->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL); /* when it fails the next one tries again */
  return true;
}

sqlite3_stmt *store_statement(struct store *s, int number, const char *text, struct err *e) {
  sqlite3_stmt **statement = &s->statement[number];
  if (!*statement && s->sql->prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) store_failed(s, e);
  return *statement;
}

int store_step(struct store *s, sqlite3_stmt *statement, struct err *e) {
  int code = s->sql->step(statement);
  if (code == SQLITE_ROW) return 1;
  if (code != SQLITE_DONE) store_failed(s, e);
  s->sql->reset(statement);
  return code == SQLITE_DONE ? 0 : -1;
}

bool store_done(struct store *s, sqlite3_stmt *statement, struct err *e) {
  int got = store_step(s, statement, e);
  if (got > 0) s->sql->reset(statement);
  return got >= 0;
}

static bool run_prepared(struct store *s, int number, const char *text, struct err *e) {
  sqlite3_stmt *statement = store_statement(s, number, text, e);
  return statement && store_done(s, statement, e);
}

bool store_begin(struct store *s, struct err *e) {
  s->damaged = false;
  struct stat st; /* a file that was deleted or moved aside under us: go on with the one that others see */
  if (s->db && !in_memory(s) && (stat(s->path, &st) != 0 || st.st_dev != s->device || st.st_ino != s->inode)) close_db(s);
  if (!s->db && !open_db(s, e)) {
    bool damaged = s->damaged;
    if (damaged) move_aside(s);
    else close_db(s);
    s->damaged = damaged;
    return false;
  }
  return run_prepared(s, STORE_BEGIN, "BEGIN IMMEDIATE", e);
}

bool store_end(struct store *s, bool ok, struct err *e) {
  if (ok && run_prepared(s, STORE_COMMIT, "COMMIT", e)) return true;
  if (s->db) {
    for (int i = 0; i < STORE_STATEMENTS; i++)
      if (s->statement[i]) s->sql->reset(s->statement[i]);
    s->sql->exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (s->damaged) move_aside(s);
  }
  return false;
}

bool store_retry(struct store *s) {
  bool again = s->damaged && !in_memory(s);
  s->damaged = false;
  return again;
}
