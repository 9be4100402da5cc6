/* The limiter of limit.h on a database: the log, the queue, and when the next one may go. See docs/decisions/0005-limits.md for the why.
 * Grants of a key are numbered 1, 2, 3 ..., so that "the n-th last" is one lookup. A waiter computes when its turn comes from the log
 * and the turns of those before it; nobody holds a slot, so one that dies holds none either. */
#include "limit_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const double AFTER_BOOT = 60;
enum {
  IN_A_ROW = 3, /* then one of the background has its turn, if one waits */
  NEAR = 64     /* whether more of those ahead are still alive matters little now */
};

static const char schema[] =
    "CREATE TABLE clock (boot TEXT NOT NULL, at REAL NOT NULL, wall REAL NOT NULL, sure INTEGER NOT NULL, since REAL NOT NULL);"
    "CREATE TABLE keys (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, spec TEXT NOT NULL DEFAULT '',"
    " until REAL NOT NULL DEFAULT 0, struck REAL NOT NULL DEFAULT 0, strikes INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE grants (key INTEGER, ord INTEGER, at REAL NOT NULL, day INTEGER NOT NULL, weight REAL NOT NULL,"
    " PRIMARY KEY (key, ord)) WITHOUT ROWID;"
    "CREATE TABLE queue (ticket INTEGER PRIMARY KEY AUTOINCREMENT, key INTEGER NOT NULL, weight REAL NOT NULL, seen REAL NOT NULL,"
    " pid INTEGER NOT NULL, space INTEGER NOT NULL, background INTEGER NOT NULL);"
    "CREATE TABLE tight (key INTEGER, per REAL, weighted INTEGER, ord INTEGER NOT NULL, remain REAL NOT NULL, until REAL NOT NULL,"
    " PRIMARY KEY (key, per, weighted)) WITHOUT ROWID;";

/* -- clocks --------------------------------------------------------------------------------------------------------- */

static double read_clock(clockid_t id) {
  struct timespec ts;
  clock_gettime(id, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}
static double system_now(void) { return read_clock(CLOCK_BOOTTIME); }
static double system_wall(void) { return read_clock(CLOCK_REALTIME); }

static void read_boot(char *out, size_t size) {
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : read(fd, out, size - 1);
  if (fd >= 0) close(fd);
  out[n > 0 ? n : 0] = '\0';
  out[strcspn(out, "\n")] = '\0';
}

/* -- opening -------------------------------------------------------------------------------------------------------- */

struct limit *limit_open(const char *path, const struct limit_clock *clock, struct err *e) {
  struct limit *l = calloc(1, sizeof *l);
  if (!l) {
    err_set(e, ERR_BROKEN, "no memory for the limiter");
    return NULL;
  }
  l->clock = clock ? *clock : (struct limit_clock){system_now, system_wall, NULL};
  if (l->clock.boot) snprintf(l->boot, sizeof l->boot, "%s", l->clock.boot);
  else read_boot(l->boot, sizeof l->boot);
  struct stat space;
  if (stat("/proc/self/ns/pid", &space) == 0) l->space = (int64_t)space.st_ino;
  if (db_open(&l->db, path, schema, 4, e)) return l;
  limit_close(l);
  return NULL;
}

void limit_close(struct limit *l) {
  if (!l) return;
  db_close(&l->db);
  free(l);
}

int limit_lock(struct limit *l, struct err *e) { return db_lock(&l->db, e); }
const char *limit_aside(const struct limit *l) { return l->db.aside; }

/* -- a use of the file ---------------------------------------------------------------------------------------------- */

static sqlite3_stmt *prepare(struct plan *p, int number, const char *text, const char *kinds,
                             va_list args) {
  const struct db_sqlite_api *sql = p->l->db.sql;
  sqlite3_stmt *statement = db_statement(&p->l->db, number, text, p->e);
  for (int i = 1; statement && kinds[i - 1]; i++) {
    switch (kinds[i - 1]) {
      case 'i': sql->bind_int64(statement, i, va_arg(args, int64_t)); break;
      case 'd': sql->bind_double(statement, i, va_arg(args, double)); break;
      default: sql->bind_text(statement, i, va_arg(args, const char *), -1, SQLITE_STATIC);
    }
  }
  return statement;
}

sqlite3_stmt *limit_query(struct plan *p, int number, const char *text, const char *kinds, ...) {
  va_list args;
  va_start(args, kinds);
  sqlite3_stmt *statement = prepare(p, number, text, kinds, args);
  va_end(args);
  return statement;
}

bool limit_exec(struct plan *p, int number, const char *text, const char *kinds, ...) {
  va_list args;
  va_start(args, kinds);
  sqlite3_stmt *statement = prepare(p, number, text, kinds, args);
  va_end(args);
  return statement && db_done(&p->l->db, statement, p->e);
}

/* After a restart of the machine the times of before are moved by the time that has passed; the last minute may not have reached the
 * disk, so for a minute after the start nothing is granted. */
static bool new_boot(struct plan *p, double delta) {
  return limit_exec(p, MOVE_GRANTS, "UPDATE grants SET at = at + ?", "d", delta) &&
         limit_exec(p, MOVE_TIGHT, "UPDATE tight SET until = until + ?", "d", delta) &&
         limit_exec(p, MOVE_KEYS,
                    "UPDATE keys SET until = max(until + ?1, ?2), struck = struck + ?1", "dd",
                    delta, AFTER_BOOT) &&
         limit_exec(p, DROP_QUEUE, "DELETE FROM queue", "");
}

bool limit_set_clock(struct plan *p, double wall, bool sure, double since) {
  return limit_exec(p, CLOCK_SET, "UPDATE clock SET boot = ?, at = ?, wall = ?, sure = ?, since = ?", "sddid", p->l->boot, p->now, wall,
                    (int64_t)sure, since);
}

/* Fills in the clocks of p, and mends what a restart or a jump of the wall clock has put out of order. A leap by days, and one back from a
 * confirmed time, counts only when a server confirms it; a smaller one, or a restart, leaves the clock to be confirmed anew. */
static bool set_clock(struct plan *p) {
  struct limit *l = p->l;
  struct err *e = p->e;
  p->now = l->clock.now();
  p->wall = l->clock.wall();
  p->day = (int64_t)floor(p->wall / DAY);
  sqlite3_stmt *get =
      limit_query(p, CLOCK_GET, "SELECT boot = ?, at, wall, sure, since FROM clock", "s", l->boot);
  int got = get ? db_step(&l->db, get, e) : -1;
  if (got < 0) return false;
  if (got == 0)
    return limit_exec(p, CLOCK_NEW, "INSERT INTO clock VALUES (?, ?, ?, 0, 0)", "sdd", l->boot,
                      p->now, p->wall);
  bool same = l->db.sql->column_int64(get, 0);
  double at = l->db.sql->column_double(get, 1), wall = l->db.sql->column_double(get, 2);
  p->sure = l->db.sql->column_int64(get, 3);
  p->since = l->db.sql->column_double(get, 4);
  l->db.sql->reset(get);
  if (same) wall += p->now - at;
  double off = p->wall - wall, moved = p->now - at - fmax(off, 0.001); /* a restart takes longer */
  if (!same && p->since > 0) p->since += moved;
  if (!same && !new_boot(p, moved)) return false;
  p->leapt = (same && off > DAY) || (p->sure && off < -CLOCKS_DIFFER);
  if (!p->leapt) return limit_set_clock(p, p->wall, p->sure && fabs(off) <= CLOCKS_DIFFER, 0);
  if (p->since == 0) p->since = p->now;
  p->wall = wall;
  p->day = (int64_t)floor(wall / DAY);
  return limit_set_clock(p, wall, p->sure, p->since);
}

static bool find_key(struct plan *p, const char *name, bool make) {
  struct limit *l = p->l;
  struct err *e = p->e;
  p->key = p->last = p->run = 0;
  sqlite3_stmt *get =
      limit_query(p, KEY_GET, "SELECT id, until, run FROM keys WHERE name = ?", "s", name);
  int got = get ? db_step(&l->db, get, e) : -1;
  if (got < 0) return false;
  if (got > 0) {
    p->key = l->db.sql->column_int64(get, 0);
    p->until = l->db.sql->column_double(get, 1);
    p->run = l->db.sql->column_int64(get, 2);
    l->db.sql->reset(get);
  } else if (make) { /* what was granted before damage is not known: the last minute counts as full */
    p->until = l->damaged ? p->now + AFTER_BOOT : 0;
    if (!limit_exec(p, KEY_NEW, "INSERT INTO keys (name, until) VALUES (?, ?)", "sd", name,
                    p->until))
      return false;
    return find_key(p, name, false);
  } else {
    return true;
  }
  sqlite3_stmt *last = limit_query(
      p, LAST, "SELECT ord, day FROM grants WHERE key = ? ORDER BY ord DESC LIMIT 1", "i", p->key);
  got = last ? db_step(&l->db, last, e) : -1;
  if (got > 0) {
    int64_t day = l->db.sql->column_int64(last, 1);
    p->last = l->db.sql->column_int64(last, 0);
    if (p->day < day) p->day = day, p->sure = false; /* a clock that went back gives no day twice */
    l->db.sql->reset(last);
  }
  return got >= 0;
}

bool limit_use(struct limit *l, const char *key, bool make, limit_fn fn, void *arg, struct err *e) {
  bool ok;
  do {
    struct plan p = {.l = l, .e = e};
    ok = db_begin(&l->db, e);
    if (ok) ok = db_end(&l->db, set_clock(&p) && (!key || find_key(&p, key, make)) && fn(&p, arg), e);
    free(p.at);
    free(p.weight);
    free(p.lanes);
    if (!ok && l->db.damaged) l->damaged = true;
  } while (!ok && db_retry(&l->db));
  db_unlock(&l->db);
  return ok;
}

/* -- taking ---------------------------------------------------------------------------------------------------------- */

struct take {
  const struct limit_ask *ask;
  struct limit_answer *answer;
};

/* Whether the process of a waiter has ended. Only its own space of numbers can tell; elsewhere it is known by its silence. */
static bool ended(const struct limit *l, int64_t pid, int64_t space) {
  return space == l->space && space != 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* The queue as it will be served: one lane in the order of arrival, and one of the background, which has every fourth turn at least. */
struct lanes {
  double weight[2][LIMIT_AHEAD];
  int count[2];
};

/* Those who wait, as long as they still ask. Who stands behind the asker in its own lane does not matter. */
static bool load_lanes(struct plan *p, const struct limit_ask *ask) {
  struct lanes *q = p->lanes;
  const struct db_sqlite_api *sql = p->l->db.sql;
  sqlite3_stmt *list = limit_query(p, QUEUE_LIST,
                                   "SELECT weight, pid, space, background FROM queue WHERE "
                                   "key = ?1 AND ticket <> ?2 AND seen > ?3 AND (ticket < ?2 OR ?2 = 0 OR background <> ?4)"
                                   " ORDER BY ticket LIMIT 999",
                                   "iidi", p->key, ask->ticket, p->now - LIMIT_STALE, (int64_t)ask->background);
  if (!list) return false;
  int got, rows = 0;
  q->count[0] = q->count[1] = 0;
  while ((got = db_step(&p->l->db, list, p->e)) > 0) {
    int lane = sql->column_int64(list, 3) != 0;
    if (++rows > NEAR || !ended(p->l, sql->column_int64(list, 1), sql->column_int64(list, 2))) q->weight[lane][q->count[lane]++] = sql->column_double(list, 0);
  }
  return got >= 0;
}

/* The weights of those who go before the asker, in order. */
static int order(const struct lanes *q, bool background, int64_t run, double *ahead) {
  int next[2] = {0, 0}, count = 0;
  for (;;) {
    bool waits = background || next[1] < q->count[1], first = !background || next[0] < q->count[0];
    int lane = waits && (!first || run >= IN_A_ROW);
    if (lane == background && next[lane] == q->count[lane]) return count;
    ahead[count++] = q->weight[lane][next[lane]++];
    run = lane || !waits ? 0 : run + 1;
  }
}

static bool grant(struct plan *p, const struct take *t) {
  const struct limit_ask *ask = t->ask;
  double keep = DAY;
  for (int i = 0; i < ask->count; i++) keep = fmax(keep, ask->windows[i].per + ask->windows[i].margin);
  t->answer->grant = p->last + 1;
  if (ask->ticket &&
      !limit_exec(p, QUEUE_DROP, "DELETE FROM queue WHERE ticket = ?", "i", ask->ticket))
    return false;
  int64_t run = ask->background || !p->lanes->count[1] ? 0 : p->run + 1;
  if (run != p->run &&
      !limit_exec(p, KEY_RUN, "UPDATE keys SET run = ? WHERE id = ?", "ii", run, p->key))
    return false;
  return limit_exec(p, PRUNE,
                    "DELETE FROM grants WHERE key = ?1 AND ord IN (SELECT ord FROM grants WHERE "
                    "key = ?1 ORDER BY ord LIMIT 4) AND at < ?2",
                    "id", p->key, p->now - keep - 3600) &&
         limit_exec(p, GRANT_NEW, "INSERT INTO grants VALUES (?, ?, ?, ?, ?)", "iidid", p->key,
                    p->last + 1, p->now, p->day, ask->weight);
}

/* When the pause of the other key that an ask names is over; 0: there is none. */
static double paused_until(struct plan *p, const char *name) {
  double until = 0;
  sqlite3_stmt *get = name ? limit_query(p, PAUSE_GET, "SELECT until FROM keys WHERE name = ?", "s", name) : NULL;
  if (get && db_step(&p->l->db, get, p->e) > 0) {
    until = p->l->db.sql->column_double(get, 0);
    p->l->db.sql->reset(get);
  }
  return until;
}

/* Who waits long asks less often: after a quarter of it, but at least each ten seconds, and at most each second. */
static double ask_again(double wait) { return fmin(wait, fmax(1, fmin(wait / 4, 10))); }

static bool take(struct plan *p, void *arg) {
  struct take *t = arg;
  struct limit *l = p->l;
  struct err *e = p->e;
  const struct limit_ask *ask = t->ask;
  struct limit_answer *a = t->answer;
  *a = (struct limit_answer){.ticket = ask->ticket, .first = p->key == 0, .window = -1};
  if (a->first) return true;
  a->leapt = p->leapt || p->day > (int64_t)floor(p->wall / DAY);
  a->unsure = !p->sure;
  err_clear(e);
  double paused = paused_until(p, ask->pause);
  if (paused > p->now) { /* one model of an account: it stands in nobody's way meanwhile */
    a->wait = paused - p->now;
    a->again = ask_again(fmin(a->wait, 1));
    return e->kind == ERR_NONE;
  }
  if (!limit_exec(p, KEY_SPEC,
                  "UPDATE keys SET spec = ?1 WHERE id = ?2 AND spec <> ?1 AND ?1 <> ''", "si",
                  ask->spec, p->key))
    return false;
  p->at = malloc(LIMIT_AHEAD * sizeof *p->at);
  p->weight = malloc(LIMIT_AHEAD * sizeof *p->weight);
  p->lanes = malloc(sizeof *p->lanes);
  if (!p->at || !p->weight || !p->lanes) return err_set(e, ERR_BROKEN, "no memory for the queue of the limiter"), false;
  if (!load_lanes(p, ask)) return false;
  a->ahead = order(p->lanes, ask->background, p->run, p->weight);
  double at = limit_turn(p, ask, a->ahead, &a->window);
  if (e->kind != ERR_NONE) return false; /* of a statement in between */
  if (at <= p->now) return grant(p, t);
  a->wait = at - p->now;
  a->again = ask_again(a->wait);
  double seen = p->now + fmax(a->again - 1, 0);
  if (a->ticket) { /* a place that was taken away is taken again, with its old number: it stands where it stood */
    return limit_exec(p, QUEUE_SEEN,
                      "INSERT INTO queue VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (ticket) "
                      "DO UPDATE SET seen = ?4",
                      "iiddiii", a->ticket, p->key, ask->weight, seen, (int64_t)getpid(),
                      l->space, (int64_t)ask->background);
  }
  if (!limit_exec(
          p, QUEUE_NEW,
          "INSERT INTO queue (key, weight, seen, pid, space, background) VALUES (?, ?, ?, ?, ?, ?)",
          "iddiii", p->key, ask->weight, seen, (int64_t)getpid(), l->space,
          (int64_t)ask->background))
    return false;
  a->ticket = l->db.sql->last_insert_rowid(l->db.handle);
  return limit_exec(p, QUEUE_PRUNE, "DELETE FROM queue WHERE seen < ?", "d",
                    p->now - 20 * LIMIT_STALE);
}

bool limit_take(struct limit *l, const struct limit_ask *ask, struct limit_answer *answer, struct err *e) {
  struct take t = {ask, answer};
  return limit_use(l, ask->key, false, take, &t, e);
}
