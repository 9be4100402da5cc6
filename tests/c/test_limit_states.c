/* limit.h in every interleaving of three processes that wait for places, with a kill at each step:
 * never more arrivals in a window than it says, in order, and nobody waits for ever. The functions
 * are the real ones; a process makes one use of the file at a time, as uses lock each other out.
 * With a part of the protocol taken away the same must find what is wrong. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/hash.h"
#include "../../src/core/limit_internal.h"

enum { PROCESSES = 3, ROWS = 16, OLD = 6, TEXT = 8192, PATIENCE = 60, STATES = 1 << 21 };
enum phase { ASKS, SEEDS, WRITES, FLIES, SETTLES, SHUTS, DONE, DEAD };
enum fault { NONE, NO_LOCK, NO_MARGIN, DEAD_WAIT, USED_IS_GIVEN_BACK };
enum way { GOES, IS_REFUSED, GIVES_BACK, IS_KILLED, WAYS }; /* what may become of a process */

struct process {
  enum phase phase;
  int left;       /* requests to go */
  double wake;    /* it asks again then; its request has arrived by then */
  double ticket, grant;
};
struct scene {
  const char *name;
  struct limit_window windows[2];
  int count, requests[PROCESSES], budget[WAYS];
  bool background; /* the third process */
  double weight, real;
  bool silent;     /* that a process has ended is known by its silence alone */
  enum fault fault;
};
struct world {
  double now;
  struct process process[PROCESSES];
  double arrived[ROWS];
  int arrivals, budget[WAYS];
  double shut;     /* nothing may be granted before */
};
struct row {
  double value[6];
};
struct image { /* of the database */
  struct row keys[ROWS], grants[ROWS], queue[ROWS], tickets[ROWS];
  int key, grant, waiting, ticket;
};

static struct world world;
static const struct scene *scene;
static struct limit *limit;
static struct err e;
static char wrong[256]; /* the first violation */
static int asking;
static long states, ends;
static unsigned char (*seen)[16];

static const double WALL = 1700000000;
static double read_now(void) { return world.now; }
static double read_wall(void) { return WALL + world.now; }

/* In place of the system's: all processes are this one. */
pid_t getpid(void) { return 1000 + asking; }
int kill(pid_t pid, int signal) {
  (void)signal;
  if (scene->fault == DEAD_WAIT || world.process[pid - 1000].phase != DEAD) return 0;
  errno = ESRCH;
  return -1;
}

static void found(const char *what) {
  if (!*wrong) snprintf(wrong, sizeof wrong, "%s", what);
}

/* -- the database, kept and put back ----------------------------------------------------------- */

static int rows_of(const char *text, struct row *out) {
  const struct db_sqlite_api *sql = limit->db.sql;
  sqlite3_stmt *rows = NULL;
  int n = 0;
  assert_int_equal(sql->prepare_v3(limit->db.handle, text, -1, 0, &rows, NULL), SQLITE_OK);
  int columns = sql->column_count(rows);
  for (; sql->step(rows) == SQLITE_ROW; n++) {
    assert_true(n < ROWS);
    for (int i = 0; i < columns; i++) out[n].value[i] = sql->column_double(rows, i);
  }
  sql->finalize(rows);
  return n;
}

static struct image keep(void) {
  struct image m;
  memset(&m, 0, sizeof m);
  m.key = rows_of("SELECT until, struck, strikes, run FROM keys", m.keys);
  m.grant = rows_of("SELECT ord, at, day, weight FROM grants ORDER BY ord", m.grants);
  m.waiting = rows_of("SELECT ticket, weight, seen, pid, background FROM queue ORDER BY ticket",
                      m.queue);
  m.ticket = rows_of("SELECT seq FROM sqlite_sequence", m.tickets);
  return m;
}

static void run_sql(const char *text) {
  char *message = NULL;
  if (limit->db.sql->exec(limit->db.handle, text, NULL, NULL, &message) != SQLITE_OK)
    fail_msg("%s: %s", text, message);
}

static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *text, const char *format, ...) {
  size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  int n = vsnprintf(text + used, TEXT - used, format, args);
  va_end(args);
  assert_true(n >= 0 && (size_t)n < TEXT - used);
}

static void put_back(const struct image *m) {
  char text[TEXT] = "BEGIN;DELETE FROM clock;DELETE FROM keys;DELETE FROM grants;DELETE FROM queue;"
                    "DELETE FROM sqlite_sequence;";
  add(text, "INSERT INTO clock VALUES('boot',%g,%.17g,0,0);", world.now, WALL + world.now);
  for (int i = 0; i < m->key; i++) {
    const double *v = m->keys[i].value;
    add(text, "INSERT INTO keys VALUES(1,'k','',%g,%g,%g,%g);", v[0], v[1], v[2], v[3]);
  }
  for (int i = 0; i < m->grant; i++) {
    const double *v = m->grants[i].value;
    add(text, "INSERT INTO grants VALUES(1,%g,%g,%g,%g);", v[0], v[1], v[2], v[3]);
  }
  for (int i = 0; i < m->waiting; i++) {
    const double *v = m->queue[i].value;
    add(text, "INSERT INTO queue VALUES(%g,1,%g,%g,%g,%lld,%g);", v[0], v[1], v[2], v[3],
        (long long)limit->space, v[4]);
  }
  if (m->ticket)
    add(text, "INSERT INTO sqlite_sequence VALUES('queue',%g);", m->tickets[0].value[0]);
  add(text, "COMMIT");
  run_sql(text);
}

/* -- one state, whatever the time is and whichever process it was ------------------------------ */

static double age(double at) { return fmin(world.now - at, OLD); }

static int rank(const struct image *m, double ticket) {
  int n = ticket > 0;
  for (int i = 0; i < m->waiting; i++) n += m->queue[i].value[0] < ticket;
  for (int i = 0; i < PROCESSES; i++) { /* of those whose place was taken away */
    double other = world.process[i].phase == DEAD ? 0 : world.process[i].ticket;
    bool queued = false;
    for (int k = 0; k < m->waiting; k++) queued |= m->queue[k].value[0] == other;
    n += other > 0 && !queued && other < ticket;
  }
  return n;
}

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static void key_of(const struct image *m, unsigned char out[32]) {
  char text[TEXT] = "", one[PROCESSES][128];
  double last = m->grant ? m->grants[m->grant - 1].value[0] : 0;
  for (int i = 0; i < PROCESSES; i++) {
    const struct process *p = &world.process[i];
    if (p->phase >= DONE) snprintf(one[i], sizeof one[i], "over");
    else
      snprintf(one[i], sizeof one[i], "%d %d %d %g %d %g", p->phase, p->left,
               scene->background && i == 2, fmax(p->wake - world.now, 0), rank(m, p->ticket),
               p->grant > 0 ? last - p->grant : -1);
  }
  qsort(one, PROCESSES, sizeof *one, by_text);
  for (int i = 0; i < PROCESSES; i++) add(text, "%s;", one[i]);
  for (int i = 0; i < m->key; i++)
    add(text, "key %g %g %g %g;", fmax(m->keys[i].value[0] - world.now, 0),
        age(m->keys[i].value[1]), m->keys[i].value[2], m->keys[i].value[3]);
  for (int i = 0; i < m->grant; i++)
    add(text, "grant %g %g %g;", last - m->grants[i].value[0], age(m->grants[i].value[1]),
        m->grants[i].value[3]);
  for (int i = 0; i < m->waiting; i++) {
    const double *v = m->queue[i].value;
    bool dead = world.process[(int)v[3] - 1000].phase == DEAD;
    add(text, "waits %d %g %g %d %g;", rank(m, v[0]), v[1], age(v[2]), dead, v[4]);
  }
  for (int i = 0; i < world.arrivals; i++)
    if (age(world.arrived[i]) < OLD) add(text, "arrived %g;", age(world.arrived[i]));
  for (int i = 0; i < WAYS; i++) add(text, "%d ", world.budget[i]);
  add(text, "%g", fmax(world.shut - world.now, 0));
  hash_sha256(text, strlen(text), out);
}

static bool is_new(const struct image *m) {
  static const unsigned char empty[16];
  unsigned char key[32];
  key_of(m, key);
  size_t at = 0;
  memcpy(&at, key + 16, 4);
  for (at %= STATES; memcmp(seen[at], empty, 16) != 0; at = (at + 1) % STATES)
    if (memcmp(seen[at], key, 16) == 0) return false;
  memcpy(seen[at], key, 16);
  assert_true(++states < STATES / 2);
  return true;
}

/* -- what a process does ----------------------------------------------------------------------- */

static double margin(void) { return scene->windows[0].margin; }

static void next(struct process *p) {
  p->phase = p->left > 0 ? ASKS : DONE;
  p->grant = 0;
  p->wake = world.now;
}

static void arrive(struct process *p) {
  assert_true(world.arrivals < ROWS);
  world.arrived[world.arrivals++] = world.now;
  for (int i = 0; i < scene->count; i++) {
    const struct limit_window *w = &scene->windows[i];
    double sum = 0;
    for (int k = 0; k < world.arrivals; k++)
      if (world.arrived[k] > world.now - w->per) sum += w->weighted ? scene->real : 1;
    if (sum > w->n) found("more arrivals in a window than it says");
  }
  p->phase = scene->weight > 0 ? SETTLES : DONE;
  if (p->phase == DONE) next(p);
}

/* There is room for all of the same lane that came earlier, and that are heard of, as well. */
static void in_order(const struct image *before, int i) {
  const struct process *p = &world.process[i];
  double unit = scene->weight > 0 ? scene->weight : 1, ahead = 0;
  for (int k = 0; k < before->waiting; k++) {
    const double *v = before->queue[k].value;
    const struct process *other = &world.process[(int)v[3] - 1000];
    bool fresh = v[2] > world.now - LIMIT_STALE && other->phase == ASKS && other->ticket == v[0];
    bool same = (v[4] != 0) == (scene->background && i == 2);
    if (fresh && same && other != p && (p->ticket == 0 || v[0] < p->ticket)) ahead += unit;
  }
  for (int k = 0; ahead > 0 && k < scene->count; k++) {
    const struct limit_window *w = &scene->windows[k];
    double sum = unit + ahead;
    for (int g = 0; g < before->grant; g++)
      if (before->grants[g].value[1] > world.now - w->per - w->margin)
        sum += w->weighted ? before->grants[g].value[3] : 1;
    if (sum > w->n) found("one went before another that came earlier");
  }
}

static void granted(int i, double grant) {
  struct process *p = &world.process[i];
  if (world.now < world.shut) found("a place while the service asked for a pause");
  p->grant = grant;
  p->ticket = 0;
  p->phase = FLIES;
  p->left--;
  p->wake = world.now + (scene->fault == NO_MARGIN ? 1 : margin());
}

static void asks(int i) {
  struct process *p = &world.process[i];
  struct image before = keep();
  struct limit_window windows[2];
  memcpy(windows, scene->windows, sizeof windows);
  for (int k = 0; k < 2 && scene->fault == NO_MARGIN; k++) windows[k].margin = 0;
  struct limit_ask ask = {.key = "k", .spec = "", .windows = windows, .count = scene->count,
                          .weight = scene->weight, .ticket = (int64_t)p->ticket,
                          .background = scene->background && i == 2};
  struct limit_answer a;
  if (!limit_take(limit, &ask, &a, &e)) fail_msg("%s", e.message);
  if (a.first) {
    p->phase = SEEDS;
  } else if (a.grant && scene->fault == NO_LOCK) { /* it has looked; it writes later */
    put_back(&before);
    p->phase = WRITES;
    p->wake = world.now;
  } else if (a.grant) {
    in_order(&before, i);
    granted(i, (double)a.grant);
  } else {
    p->ticket = (double)a.ticket;
    p->wake = world.now + fmin(a.wait, 1);
    if (!(a.wait > 0)) found("no place and nothing to wait for");
  }
}

static void writes(int i) {
  run_sql("INSERT INTO grants SELECT 1, coalesce(max(ord), 0) + 1, (SELECT at FROM clock), 0, 0 "
          "FROM grants");
  struct image after = keep();
  granted(i, after.grants[after.grant - 1].value[0]);
}

static bool can(int i, enum way way) {
  const struct process *p = &world.process[i];
  if (p->phase >= DONE || (way != GOES && world.budget[way] == 0)) return false;
  if (way == GOES) return p->phase != ASKS || p->wake <= world.now;
  if (way == IS_REFUSED || way == GIVES_BACK) return p->phase == FLIES;
  return true;
}

static void step(int i, enum way way) {
  struct process *p = &world.process[i];
  double shut;
  asking = i;
  if (way != GOES) world.budget[way]--;
  if (way == IS_KILLED) {
    p->phase = DEAD;
  } else if (way == GIVES_BACK) { /* it could not be sent */
    int64_t grant = (int64_t)p->grant;
    if (scene->fault == USED_IS_GIVEN_BACK) arrive(p);
    assert_true(limit_undo(limit, "k", grant, &e));
    next(p);
  } else if (way == IS_REFUSED) {
    arrive(p);
    p->phase = SHUTS;
  } else {
    switch (p->phase) {
      case ASKS: asks(i); break;
      case SEEDS:
        assert_true(limit_seed(limit, "k", NULL, NULL, 0, &e));
        p->phase = ASKS;
        break;
      case WRITES: writes(i); break;
      case FLIES: arrive(p); break;
      case SETTLES:
        assert_true(limit_settle(limit, "k", (int64_t)p->grant, scene->real, &e));
        next(p);
        break;
      case SHUTS:
        assert_true(limit_shut(limit, "k", 2, &shut, &e));
        world.shut = world.now + shut;
        next(p);
        break;
      default: break;
    }
  }
}

/* What is under way arrives within the margin; and what was looked at is written at once. */
static bool can_pass(void) {
  for (int i = 0; i < PROCESSES; i++) {
    const struct process *p = &world.process[i];
    if ((p->phase == FLIES || p->phase == WRITES) && p->wake <= world.now) return false;
  }
  return true;
}

static void pass(void) {
  world.now++;
  if (scene->fault == DEAD_WAIT) run_sql("UPDATE queue SET seen = seen + 1"); /* nor is silence */
}

/* When all go on without a fault, all have what they want after a while. */
static void all_end(void) {
  for (double end = world.now + PATIENCE; world.now < end; pass()) {
    bool over = true;
    for (int i = 0; i < PROCESSES; i++) {
      while (can(i, GOES)) step(i, GOES);
      over &= world.process[i].phase >= DONE;
    }
    if (over) return;
  }
  found("one waits for ever");
}

static void explore(bool after_fault) {
  struct image here = keep();
  if (*wrong || !is_new(&here)) return;
  struct world before = world;
  if (after_fault) {
    all_end();
    world = before;
    put_back(&here);
  }
  bool end = true;
  for (int i = 0; i <= PROCESSES && !*wrong; i++) {
    for (int way = GOES; way < WAYS && !*wrong; way++) {
      bool possible = i < PROCESSES ? can(i, (enum way)way) : way == GOES && !end && can_pass();
      if (!possible) continue;
      if (i < PROCESSES) step(i, (enum way)way);
      else pass();
      explore(way != GOES);
      world = before;
      put_back(&here);
    }
    if (i < PROCESSES) end &= before.process[i].phase >= DONE;
  }
  ends += end;
}

static void play(const struct scene *s) {
  static const struct limit_clock clock = {read_now, read_wall, "boot"};
  scene = s;
  *wrong = '\0';
  states = ends = 0;
  seen = calloc(STATES, sizeof *seen);
  assert_non_null(seen);
  world = (struct world){.now = 1000};
  for (int i = 0; i < PROCESSES; i++) {
    world.process[i].left = s->requests[i];
    next(&world.process[i]);
  }
  memcpy(world.budget, s->budget, sizeof world.budget);
  limit = limit_open(":memory:", &clock, &e);
  assert_non_null(limit);
  limit->space = s->silent ? 0 : 1;
  size_t count;
  struct limit_key keys[1];
  assert_true(limit_keys(limit, keys, 1, &count, &e)); /* makes the tables */
  explore(true);
  limit_close(limit);
  free(seen);
  print_message("%s: %ld states, %ld ends%s%s\n", s->name, states, ends, *wrong ? ": " : "",
                wrong);
}

#define COUNT(n, per) {n, per, 1, false, false}
#define WEIGHT(n, per) {n, per, 1, true, false}
#define KILLS(n) {[IS_KILLED] = n}

static void all_hold(const struct scene *scenes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    play(&scenes[i]);
    if (*wrong) fail_msg("%s: %s", scenes[i].name, wrong);
    assert_true(ends > 1);
  }
}

#define SCENE(words, r1, r2, r3) .name = words, .requests = {r1, r2, r3}, .count = 1
#define WINDOW(...) .windows = {__VA_ARGS__}

static void holds(void **state) {
  (void)state;
  static const struct scene scenes[] = {
      {SCENE("one a window", 1, 1, 1), WINDOW(COUNT(1, 2)), .budget = KILLS(1)},
      {SCENE("two a window", 2, 1, 1), WINDOW(COUNT(2, 2)), .budget = KILLS(1)},
      {.name = "two windows", .requests = {1, 1, 1}, .count = 2, WINDOW(COUNT(1, 1), COUNT(2, 4)),
       .budget = KILLS(2)},
      {SCENE("an end known by silence", 1, 1, 1), WINDOW(COUNT(1, 2)), .budget = KILLS(2),
       .silent = true},
      {SCENE("one in the background", 1, 1, 1), WINDOW(COUNT(1, 1)), .budget = KILLS(1),
       .background = true},
      {SCENE("weights", 1, 1, 1), WINDOW(WEIGHT(3, 2)), .budget = KILLS(1), .weight = 2, .real = 1},
      {SCENE("places given back", 1, 1, 1), WINDOW(COUNT(1, 2)),
       .budget = {[GIVES_BACK] = 2, [IS_KILLED] = 1}},
      {SCENE("pauses", 1, 1, 1), WINDOW(COUNT(2, 2)),
       .budget = {[IS_REFUSED] = 1, [IS_KILLED] = 1}},
  };
  all_hold(scenes, sizeof scenes / sizeof *scenes);
}

static void holds_for_long(void **state) {
  (void)state;
  static const struct scene scenes[] = {
      {SCENE("one a window, two each", 2, 2, 2), WINDOW(COUNT(1, 1)), .budget = KILLS(1)},
      {SCENE("two a window, two each", 2, 2, 1), WINDOW(COUNT(2, 2)), .budget = KILLS(2)},
      {SCENE("all faults", 1, 1, 1), WINDOW(COUNT(1, 2)),
       .budget = {[IS_REFUSED] = 1, [GIVES_BACK] = 1, [IS_KILLED] = 1}, .background = true},
  };
  if (getenv("QWEN_LONG")) all_hold(scenes, sizeof scenes / sizeof *scenes);
}

static void the_checker_can_fail(void **state) {
  (void)state;
  static const struct {
    struct scene scene;
    const char *finds;
  } seeded[] = {
      {{SCENE("no lock", 1, 1, 1), WINDOW(COUNT(1, 2)), .fault = NO_LOCK}, "more arrivals"},
      {{SCENE("no margin", 1, 1, 0), WINDOW(COUNT(1, 2)), .fault = NO_MARGIN}, "more arrivals"},
      {{SCENE("dead ones wait", 1, 1, 1), WINDOW(COUNT(1, 2)), .budget = KILLS(1),
        .fault = DEAD_WAIT}, "one waits for ever"},
      {{SCENE("a used place is given back", 1, 1, 0), WINDOW(COUNT(1, 2)),
        .budget = {[GIVES_BACK] = 1}, .fault = USED_IS_GIVEN_BACK}, "more arrivals"},
  };
  for (size_t i = 0; i < sizeof seeded / sizeof *seeded; i++) {
    play(&seeded[i].scene);
    if (!strstr(wrong, seeded[i].finds)) fail_msg("%s: %s", seeded[i].scene.name, wrong);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(holds),
      cmocka_unit_test(holds_for_long),
      cmocka_unit_test(the_checker_can_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
