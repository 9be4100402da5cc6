/* limit.h with a clock of our own: no window is ever exceeded, order, shares of many waiters,
 * dying waiters, gates, days, restarts, jumps, damaged files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/limit.h"

static const double DAY = 86400;
static double now, wall;
static double read_now(void) { return now; }
static double read_wall(void) { return wall; }
static struct limit_clock clock_of_test = {read_now, read_wall, "boot-1"};
static char path[256];
static struct err e;

static void pass(double seconds) {
  now += seconds;
  wall += seconds;
}

static struct limit *fresh(void) {
  static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
  const char *tmp = getenv("TMPDIR");
  snprintf(path, sizeof path, "%s/limit.db", tmp ? tmp : "/tmp");
  for (int i = 0; i < 4; i++) {
    char name[300];
    snprintf(name, sizeof name, "%s%s", path, ends[i]);
    unlink(name);
  }
  now = 1000;
  wall = 1700000000;
  clock_of_test.boot = "boot-1";
  struct limit *l = limit_open(path, &clock_of_test, &e);
  assert_non_null(l);
  return l;
}

static void lock(struct limit *l) { assert_int_equal(limit_lock(l, &e), 1); }

static bool in_background;

static struct limit_answer ask(struct limit *l, const struct limit_window *w, int count, double weight, int64_t ticket) {
  struct limit_answer a;
  struct limit_ask q = {.key = "k", .spec = "words", .windows = w, .count = count, .weight = weight, .ticket = ticket, .background = in_background};
  lock(l);
  if (!limit_take(l, &q, &a, &e)) fail_msg("%s", e.message);
  if (!a.first) return a;
  lock(l);
  assert_true(limit_seed(l, "k", NULL, NULL, 0, &e));
  return ask(l, w, count, weight, ticket);
}

/* The answer of one who then does not stay. */
static struct limit_answer peek(struct limit *l, const struct limit_window *w, int count, double weight) {
  struct limit_answer a = ask(l, w, count, weight, 0);
  lock(l);
  assert_true(a.grant ? limit_undo(l, "k", a.grant, &e) : limit_leave(l, a.ticket, &e));
  return a;
}

static double wait_for(struct limit *l, const struct limit_window *w, int count, double weight) { return peek(l, w, count, weight).wait; }

/* Greedy asking at random moments: no window of the log may hold more than it should, and none is left unused. */
static void windows_are_exact(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{5, 10, 1, false, false}, {20, 100, 2, false, false}, {300, 50, 1, true, false}};
  enum { MOST = 4000 };
  static double at[MOST], weight[MOST];
  int n = 0, refused = 0;
  srand(7);
  for (int i = 0; i < MOST; i++) {
    pass((rand() % 100) / 50.0);
    double want = 1 + rand() % 60;
    struct limit_answer a = ask(l, w, 3, want, 0);
    if (!a.grant) { /* what it was told is when it gets it, to the moment */
      refused++;
      assert_true(a.wait > 0);
      double before = now;
      if (a.wait > 0.002) {
        pass(a.wait - 0.001);
        assert_int_equal(ask(l, w, 3, want, a.ticket).grant, 0);
      }
      pass(before + a.wait + 1e-6 - now);
      a = ask(l, w, 3, want, a.ticket);
      assert_true(a.grant > 0);
    }
    at[n] = now;
    weight[n++] = want;
    for (int k = 0; k < 3; k++) {
      double sum = 0;
      for (int j = n - 1; j >= 0 && at[j] > now - w[k].per - w[k].margin + 1e-3; j--) sum += w[k].weighted ? weight[j] : 1;
      assert_true(sum <= w[k].n);
    }
  }
  assert_true(refused > MOST / 3);
  limit_close(l);
}

static void first_come_first_served(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{2, 10, 0, false, false}};
  assert_true(ask(l, w, 1, 0, 0).grant && ask(l, w, 1, 0, 0).grant);
  struct limit_answer a = ask(l, w, 1, 0, 0), b = ask(l, w, 1, 0, 0), c = ask(l, w, 1, 0, 0);
  assert_int_equal(a.ahead, 0);
  assert_int_equal(c.ahead, 2);
  assert_true(a.wait == 10 && b.wait == 10 && c.wait == 20);
  pass(2);
  ask(l, w, 1, 0, a.ticket), ask(l, w, 1, 0, b.ticket), ask(l, w, 1, 0, c.ticket);
  /* One that leaves makes room at once. */
  lock(l);
  assert_true(limit_leave(l, a.ticket, &e));
  assert_true(ask(l, w, 1, 0, c.ticket).wait == 8);
  /* One that is not heard of any more does so after a while, and has its place again when it comes back. */
  for (int i = 0; i < 4; i++) {
    pass(1);
    c = ask(l, w, 1, 0, c.ticket);
  }
  assert_int_equal(c.ahead, 0);
  assert_int_equal(ask(l, w, 1, 0, b.ticket).ahead, 0);
  assert_int_equal(ask(l, w, 1, 0, c.ticket).ahead, 1);
  pass(4);
  assert_true(ask(l, w, 1, 0, c.ticket).grant == 3); /* there is room for both */
  assert_true(ask(l, w, 1, 0, b.ticket).grant == 4);
  /* One that has ended is known at once. */
  pid_t child = fork();
  if (child == 0) {
    struct limit *other = limit_open(path, &clock_of_test, &e);
    _exit(other && ask(other, w, 1, 0, 0).ticket ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(ask(l, w, 1, 0, 0).ahead, 0);
  limit_close(l);
}

/* Fifty waiters over five handles. Each asks again when its wait is over, after a second at the
 * latest, and late, as on a busy machine; a granted request takes a second or two. `deaths` of a
 * thousand asks are the last of a waiter: another one comes in its stead. */
static void many_waiters(int deaths) {
  enum { HANDLES = 5, WAITERS = 50, MOST = 400, N = 60 };
  static const double SECONDS = 300, PER = 60, MARGIN = 2, POLL = 1, LATE = 0.2;
  const struct limit_window w[] = {{N, PER, MARGIN, false, false}};
  struct { double next; int64_t ticket; int grants; } waiters[WAITERS] = {{0}};
  static double at[MOST];
  int n = 0, died = 0;
  struct limit *l[HANDLES] = {fresh()};
  for (int i = 1; i < HANDLES; i++) assert_non_null(l[i] = limit_open(path, &clock_of_test, &e));
  double end = now + SECONDS;
  srand(11);
  for (int i = 0; i < WAITERS; i++) waiters[i].next = now + rand() % 1000 / 1000.0;
  for (;;) {
    int i = 0;
    for (int k = 1; k < WAITERS; k++) {
      if (waiters[k].next < waiters[i].next) i = k;
    }
    if (waiters[i].next >= end) break;
    pass(waiters[i].next - now);
    struct limit_answer a = ask(l[i % HANDLES], w, 1, 0, waiters[i].ticket);
    double again = a.grant ? 1 + rand() % 1000 / 1000.0 : a.wait < POLL ? a.wait : POLL;
    waiters[i].next = now + again + rand() % 1000 / 1000.0 * LATE;
    waiters[i].ticket = a.grant ? 0 : a.ticket;
    if (a.grant) {
      assert_true(n < MOST);
      at[n++] = now;
      waiters[i].grants++;
      int used = 0;
      while (used < n && at[n - 1 - used] > now - PER - MARGIN + 1e-6) used++;
      assert_true(used + a.ahead <= N); /* there is room for all that came before it */
    } else if (rand() % 1000 < deaths) {
      waiters[i].ticket = 0;
      died++;
    }
  }
  int least = MOST, largest = 0;
  for (int i = 0; i < WAITERS; i++) {
    if (waiters[i].grants < least) least = waiters[i].grants;
    if (waiters[i].grants > largest) largest = waiters[i].grants;
  }
  for (int i = 0; i < HANDLES; i++) limit_close(l[i]);
  print_message("%d granted, each waiter %d to %d, %d died\n", n, least, largest, died);
  assert_true(n >= 0.95 * N * SECONDS / PER);
  assert_true(deaths ? died > WAITERS : 2 * least >= largest);
}

static void many_share(void **state) {
  (void)state;
  many_waiters(0);
}

static void many_die(void **state) {
  (void)state;
  many_waiters(20);
}

static struct limit_answer ask_behind(struct limit *l, const struct limit_window *w, int64_t ticket) {
  in_background = true;
  struct limit_answer a = ask(l, w, 1, 0, ticket);
  in_background = false;
  return a;
}

/* Who waits in the background lets others go first, but for every fourth turn; alone it goes at once. */
static void the_background_waits(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{1, 10, 0, false, false}};
  enum { MANY = 8 };
  assert_true(ask_behind(l, w, 0).grant == 1);
  struct limit_answer back[MANY], front[MANY];
  for (int i = 0; i < MANY; i++) {
    back[i] = ask_behind(l, w, 0);
    assert_int_equal(back[i].ahead, i);
  }
  for (int i = 0; i < MANY; i++) {
    front[i] = ask(l, w, 1, 0, 0);
    assert_int_equal(front[i].ahead, i + i / 3);
  }
  struct limit_key keys[4];
  size_t count;
  lock(l);
  assert_true(limit_keys(l, keys, 4, &count, &e));
  assert_true(count == 1 && keys[0].waiting == 2 * MANY && keys[0].background == MANY);
  /* The order in which they are served, each asking again and again, the background first. */
  char served[2 * MANY + 1] = "";
  for (int n = 0, ahead_of_last = 9; n < 2 * MANY;) {
    pass(1);
    for (int lane = 1; lane >= 0; lane--) {
      struct limit_answer *all = lane ? back : front;
      for (int i = 0; i < MANY; i++) {
        if (all[i].grant) continue;
        all[i] = lane ? ask_behind(l, w, all[i].ticket) : ask(l, w, 1, 0, all[i].ticket);
        if (all[i].grant) served[n++] = lane ? 'b' : 'f';
      }
    }
    assert_true(back[0].ahead <= ahead_of_last);
    ahead_of_last = back[0].ahead;
  }
  assert_string_equal(served, "fffbfffbffbbbbbb");
  /* What went before counts only while somebody waited behind it. */
  for (int i = 0; i < 5; i++) {
    pass(10);
    assert_true(ask(l, w, 1, 0, 0).grant);
  }
  struct limit_answer b = ask_behind(l, w, 0), f = ask(l, w, 1, 0, 0);
  assert_true(f.ahead == 0 && ask_behind(l, w, b.ticket).ahead == 1);
  limit_close(l);
}

static void grants_are_settled_and_given_back(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{100, 60, 0, true, false}};
  struct limit_answer a = ask(l, w, 1, 80, 0);
  assert_true(wait_for(l, w, 1, 30) == 60);
  lock(l);
  assert_true(limit_settle(l, "k", a.grant, 20, &e));
  struct limit_answer b = ask(l, w, 1, 30, 0);
  assert_true(b.grant);
  assert_true(wait_for(l, w, 1, 60) == 60);
  lock(l);
  assert_true(limit_undo(l, "k", b.grant, &e));
  assert_true(ask(l, w, 1, 60, 0).grant == b.grant);
  lock(l);
  assert_true(limit_undo(l, "k", a.grant, &e)); /* no longer the newest: it counts as used */
  assert_true(ask(l, w, 1, 60, 0).wait == 60);
  pass(61);
  assert_true(ask(l, w, 1, 1000, 0).grant); /* more than the whole window: all of it, not never */
  limit_close(l);
}

static void gates(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{10, 60, 0, false, false}};
  double shut;
  ask(l, w, 1, 0, 0);
  static const double doubling[] = {1, 2, 4, 8, 16, 32, 60, 60};
  for (int i = 0; i < 8; i++) {
    lock(l);
    assert_true(limit_shut(l, "k", -1, &shut, &e));
    assert_true(shut == doubling[i]);
    struct limit_answer a = ask(l, w, 1, 0, 0);
    assert_true(a.wait == doubling[i] && a.window == -1);
    pass(shut);
    assert_true(ask(l, w, 1, 0, a.ticket).grant);
  }
  pass(200); /* long enough without a refusal */
  lock(l);
  assert_true(limit_shut(l, "k", -1, &shut, &e) && shut == 1);
  lock(l);
  assert_true(limit_shut(l, "k", 1e9, &shut, &e) && shut == 3600);
  lock(l);
  assert_true(limit_shut(l, "k", 5, &shut, &e) && shut == 3600); /* never opened earlier */
  limit_close(l);
}

static void servers_tighten(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{10, 60, 0, false, false}, {1000, 60, 0, true, false}};
  struct limit_answer a = ask(l, w, 2, 10, 0);
  lock(l);
  assert_true(limit_tighten(l, "k", a.grant, &w[0], 2, 30, &e));
  assert_true(ask(l, w, 2, 10, 0).grant && ask(l, w, 2, 10, 0).grant);
  a = ask(l, w, 2, 10, 0);
  assert_true(a.wait == 30 && a.window == -2);
  pass(30);
  a = ask(l, w, 2, 10, a.ticket);
  assert_true(a.grant);
  lock(l);
  assert_true(limit_tighten(l, "k", a.grant, &w[1], 25, 20, &e));
  assert_true(ask(l, w, 2, 20, 0).grant);
  assert_true(ask(l, w, 2, 20, 0).wait == 20);
  limit_close(l);
}

static void days(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{2, 86400, 5, false, true}};
  wall = 86400 * 100 - 50;
  assert_true(ask(l, w, 1, 0, 0).grant && ask(l, w, 1, 0, 0).grant);
  struct limit_answer a = ask(l, w, 1, 0, 0);
  assert_true(a.wait == 55);
  pass(51);
  assert_true(ask(l, w, 1, 0, 0).grant); /* after midnight, and the margin is for those who wait for it */
  assert_true(ask(l, w, 1, 0, 0).grant);
  assert_true(wait_for(l, w, 1, 0) > 0);
  wall -= 3600; /* back over midnight: it stays the later day */
  assert_true(wait_for(l, w, 1, 0) > 0);
  pass(1);
  wall += 3600 + 3 * 86400; /* a leap that nobody confirms */
  assert_true(wait_for(l, w, 1, 0) > 0);
  static const double wrong[] = {400 * 86400.0, 86400, 3601, -3601, -86400, 1e300, -1e300, INFINITY, -INFINITY, NAN};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) { /* one server's word against both clocks of this machine */
    lock(l);
    assert_true(limit_date(l, wall + wrong[i], &e));
    a = peek(l, w, 1, 0);
    assert_true(a.leapt && a.wait > 0);
  }
  lock(l);
  assert_true(limit_date(l, wall + 60, &e));
  a = ask(l, w, 1, 0, 0);
  assert_true(a.grant && !a.leapt);
  limit_close(l);
}

/* A date of a server, or a day of this machine that turned out wrong, holds for the key that was used then, until it is forgotten. */
static void wrong_days(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{1, 86400, 0, false, true}};
  double right = wall;
  assert_true(ask(l, w, 1, 0, 0).grant);
  assert_true(wait_for(l, w, 1, 0) > 0);
  lock(l);
  assert_true(limit_date(l, wall + 400 * DAY, &e));
  pass(DAY);
  assert_true(ask(l, w, 1, 0, 0).grant); /* the next day is not put off */
  limit_close(l);
  now = 5;
  wall += 400 * DAY;
  clock_of_test.boot = "boot-3"; /* a start with a clock that is far ahead */
  l = limit_open(path, &clock_of_test, &e);
  pass(60);
  assert_true(ask(l, w, 1, 0, 0).grant);
  wall = right + 2 * DAY; /* set right: the day that is far ahead holds until a server's date shows the same as this machine */
  assert_true(wait_for(l, w, 1, 0) > 100 * DAY && peek(l, w, 1, 0).leapt);
  lock(l);
  assert_true(limit_date(l, right + 402 * DAY, &e));
  assert_true(wait_for(l, w, 1, 0) > 100 * DAY);
  lock(l);
  assert_true(limit_date(l, wall + 5, &e));
  struct limit_answer a = peek(l, w, 1, 0);
  assert_true(a.wait > 0 && a.wait <= DAY && !a.leapt && !a.unsure);
  lock(l);
  assert_true(limit_forget(l, "k", &e));
  assert_true(ask(l, w, 1, 0, 0).grant);
  pass(DAY);
  assert_true(ask(l, w, 1, 0, 0).grant);
  limit_close(l);
}

/* The machine stood still for days: what it granted before is as old as the servers say, before and after; what it grants meanwhile is not. */
static void standing_still(void **state) {
  (void)state;
  const struct limit_window w[] = {{3, 86400, 0, false, false}};
  for (int confirmed = 0; confirmed < 2; confirmed++) {
    struct limit *l = fresh();
    for (int k = 0; k < 2; k++) assert_true(ask(l, w, 1, 0, 0).grant);
    assert_true(peek(l, w, 1, 0).unsure);
    if (confirmed) {
      lock(l);
      assert_true(limit_date(l, wall - 30, &e));
      assert_true(!peek(l, w, 1, 0).unsure);
    }
    pass(10);
    wall += 3 * DAY;
    assert_true(ask(l, w, 1, 0, 0).grant);
    pass(10);
    struct limit_answer a = peek(l, w, 1, 0);
    assert_true(a.leapt && a.wait == DAY - 20);
    lock(l);
    assert_true(limit_date(l, wall + 2 * DAY, &e)); /* a server that is wrong */
    assert_true(peek(l, w, 1, 0).wait == DAY - 20);
    lock(l);
    assert_true(limit_date(l, wall + 30, &e));
    /* Only where the time before was confirmed, too: a clock that was wrong until now proves nothing. */
    assert_true(peek(l, w, 1, 0).wait == (confirmed ? 0 : DAY - 20));
    if (confirmed) {
      for (int k = 0; k < 2; k++) assert_true(ask(l, w, 1, 0, 0).grant);
      assert_true(peek(l, w, 1, 0).wait == DAY - 10);
    }
    limit_close(l);
  }
}

/* A machine without a clock chip starts in the past: no time counts as passed until a server confirms it. */
static void no_clock_chip(void **state) {
  (void)state;
  const struct limit_window w[] = {{1, 86400, 0, false, true}};
  struct limit *l = fresh();
  assert_true(ask(l, w, 1, 0, 0).grant);
  lock(l);
  assert_true(limit_date(l, wall, &e));
  double right = wall;
  limit_close(l);
  now = 100;
  wall = 1000;
  clock_of_test.boot = "boot-2";
  l = limit_open(path, &clock_of_test, &e);
  pass(60);
  assert_true(peek(l, w, 1, 0).leapt && peek(l, w, 1, 0).wait > 0);
  wall = right + 5 * DAY; /* set right from the network */
  assert_true(peek(l, w, 1, 0).leapt && peek(l, w, 1, 0).wait > 0);
  lock(l);
  assert_true(limit_date(l, wall, &e));
  struct limit_answer a = ask(l, w, 1, 0, 0);
  assert_true(a.grant && !a.leapt && !a.unsure);
  limit_close(l);
}

static void jumps_and_restarts(void **state) {
  (void)state;
  static const double jumps[] = {3600, -3600, 86400, -86400, 40 * 86400.0};
  const struct limit_window w[] = {{3, 60, 0, false, false}, {5, 18000, 0, false, false}};
  for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
    struct limit *l = fresh();
    for (int k = 0; k < 3; k++) assert_true(ask(l, w, 2, 0, 0).grant);
    wall += jumps[i];
    assert_true(ask(l, w, 2, 0, 0).wait == 60);
    limit_close(l);
  }
  struct limit *l = fresh();
  for (int k = 0; k < 3; k++) assert_true(ask(l, w, 2, 0, 0).grant);
  pass(70);
  for (int k = 0; k < 2; k++) assert_true(ask(l, w, 2, 0, 0).grant);
  limit_close(l);
  now = 5; /* the machine started 5 seconds ago, after 100 seconds without power */
  wall += 105;
  clock_of_test.boot = "boot-2";
  l = limit_open(path, &clock_of_test, &e);
  assert_true(ask(l, w, 2, 0, 0).wait > 17000); /* five in five hours are used up, also over a restart */
  assert_true(ask(l, w, 1, 0, 0).wait == 55);   /* the last minute may not have been on the disk */
  pass(56);
  assert_true(ask(l, w, 1, 0, 0).grant);
  limit_close(l);
}

static void seeds_count(void **state) {
  (void)state;
  struct limit *l = fresh();
  const struct limit_window w[] = {{3, 60, 0, false, false}};
  struct limit_ask q = {.key = "k", .spec = "", .windows = w, .count = 1};
  struct limit_answer a;
  lock(l);
  assert_true(limit_take(l, &q, &a, &e) && a.first && !a.grant && !a.ticket);
  const double ages[] = {100, 40, 10}, weights[] = {1, 1, 1};
  for (int i = 0; i < 2; i++) { /* a second seed changes nothing */
    lock(l);
    assert_true(limit_seed(l, "k", ages, weights, 3, &e));
  }
  assert_true(ask(l, w, 1, 0, 0).grant == 4);
  assert_true(ask(l, w, 1, 0, 0).wait == 20);
  struct limit_use use;
  lock(l);
  assert_true(limit_usage(l, "k", w, 1, &use, &e));
  assert_true(use.used == 3 && use.next == 20 && use.all == 60);
  struct limit_key keys[4];
  size_t count;
  lock(l);
  assert_true(limit_keys(l, keys, 4, &count, &e));
  assert_int_equal(count, 1);
  assert_string_equal(keys[0].name, "k");
  assert_int_equal(keys[0].waiting, 1);
  lock(l);
  assert_true(limit_forget(l, "k", &e));
  lock(l);
  assert_true(limit_take(l, &q, &a, &e) && a.first);
  limit_close(l);
}

static void spoil(const char *how) {
  char wal[300];
  snprintf(wal, sizeof wal, "%s-wal", path);
  unlink(wal);
  FILE *f = fopen(path, "r+");
  assert_non_null(f);
  if (strcmp(how, "garbage") == 0) {
    for (int i = 0; i < 8192; i++) fputc("not a database"[i % 14], f);
  } else if (strcmp(how, "pages") == 0) { /* the header is good, what is behind it is not */
    fseek(f, 100, SEEK_SET);
    for (int i = 0; i < 30000; i++) fputc(0xA5, f);
  } else if (strcmp(how, "cut") == 0) {
    assert_int_equal(ftruncate(fileno(f), 5000), 0);
  }
  fclose(f);
}

static void damaged_files_are_made_anew(void **state) {
  (void)state;
  static const char *const ways[] = {"garbage", "pages", "cut"};
  const struct limit_window w[] = {{3, 60, 0, false, false}};
  for (int i = 0; i < 3; i++) {
    struct limit *l = fresh();
    for (int k = 0; k < 3; k++) assert_true(ask(l, w, 1, 0, 0).grant);
    limit_close(l);
    spoil(ways[i]);
    l = limit_open(path, &clock_of_test, &e);
    struct limit_answer a = ask(l, w, 1, 0, 0);
    if (a.wait != 60) fail_msg("%s: wait %f", ways[i], a.wait); /* what was granted is not known: as if it were full */
    struct stat st;
    assert_true(*limit_aside(l) && stat(limit_aside(l), &st) == 0);
    unlink(limit_aside(l));
    pass(61);
    assert_true(ask(l, w, 1, 0, 0).grant);
    limit_close(l);
  }
  struct limit *l = fresh(); /* deleted while it is open: everybody goes on with a new one */
  ask(l, w, 1, 0, 0);
  unlink(path);
  struct limit *other = limit_open(path, &clock_of_test, &e);
  ask(other, w, 1, 0, 0), ask(other, w, 1, 0, 0), ask(other, w, 1, 0, 0);
  assert_int_equal(ask(l, w, 1, 0, 0).grant, 0);
  limit_close(l);
  limit_close(other);
}

static void files_that_cannot_be_used(void **state) {
  (void)state;
  assert_null(limit_open("/nowhere/at/all/limit.db", NULL, &e));
  assert_int_equal(e.kind, ERR_MISSING);
  struct limit *l = fresh();
  struct limit_ask q = {.key = "k", .spec = ""};
  struct limit_answer a;
  assert_int_equal(mkdir(path, 0700), 0);
  lock(l);
  assert_false(limit_take(l, &q, &a, &e));
  assert_true(strlen(e.message) > 0);
  assert_int_equal(rmdir(path), 0);
  struct limit *held = limit_open(path, &clock_of_test, &e);
  lock(held);
  assert_int_equal(limit_lock(l, &e), 0);
  limit_close(held);
  lock(l); /* the end of a process gives the lock back */
  limit_close(l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_are_exact),
      cmocka_unit_test(first_come_first_served),
      cmocka_unit_test(many_share),
      cmocka_unit_test(many_die),
      cmocka_unit_test(the_background_waits),
      cmocka_unit_test(grants_are_settled_and_given_back),
      cmocka_unit_test(gates),
      cmocka_unit_test(servers_tighten),
      cmocka_unit_test(days),
      cmocka_unit_test(wrong_days), cmocka_unit_test(standing_still), cmocka_unit_test(no_clock_chip),
      cmocka_unit_test(jumps_and_restarts),
      cmocka_unit_test(seeds_count),
      cmocka_unit_test(damaged_files_are_made_anew),
      cmocka_unit_test(files_that_cannot_be_used),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
