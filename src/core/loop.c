/* The event loop of loop.h on libuv: one default loop, one-shot timers, hooks before each wait. */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "reserve.h"

#define MAX_HOOKS 8
#define FIRST_FDS 4

static const double LATE = 0.02, SETTLE = 0.05;

struct loop_timer {
  uv_timer_t uv;
  double due;
  bool waited; /* it was late, and everything else had its turn */
  loop_fn fn;
  void *arg;
};

static uv_loop_t loop;
static bool made;
static struct { loop_fn fn; void *arg; } hooks[MAX_HOOKS];
static int hook_count;

/* libuv aborts where it gets no descriptors for its own signals. */
static void need_descriptors(void) {
  int fds[FIRST_FDS], n = 0, error = 0;
  while (n < FIRST_FDS && (fds[n] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) >= 0) n++;
  if (n < FIRST_FDS) error = errno;
  while (n > 0) close(fds[--n]);
  if (error) reserve_end(strerror(error));
}

struct uv_loop_s *loop_uv(void) {
  if (!made) {
    need_descriptors();
    uv_replace_allocator(reserve_malloc, reserve_realloc, reserve_calloc, free); /* without memory libuv aborts */
    int failed = uv_loop_init(&loop);
    if (failed) reserve_end(uv_strerror(failed)); /* without descriptors */
    made = true;
  }
  return &loop;
}

bool loop_run(bool block) {
  uv_loop_t *uv = loop_uv();
  if (block) {
    for (int i = 0; i < hook_count; i++) hooks[i].fn(hooks[i].arg);
  }
  return uv_run(uv, block ? UV_RUN_ONCE : UV_RUN_NOWAIT) != 0;
}

double loop_now(void) { return (double)uv_hrtime() / 1e9; }

static void timer_free(uv_handle_t *h) { free(h->data); }

double loop_settle(double due) {
  double late = loop_now() - due;
  return late < LATE ? 0 : late / 10 < SETTLE ? late / 10 : SETTLE;
}

static void timer_fire(uv_timer_t *h) {
  struct loop_timer *t = h->data;
  double settle = t->waited ? 0 : loop_settle(t->due);
  if (settle > 0) {
    t->waited = true;
    uv_timer_start(h, timer_fire, (uint64_t)(settle * 1000), 0);
    return;
  }
  loop_fn fn = t->fn;
  void *arg = t->arg;
  uv_close((uv_handle_t *)h, timer_free);
  fn(arg);
}

struct loop_timer *loop_timer_start(double seconds, loop_fn fn, void *arg) {
  struct loop_timer *t = reserve_calloc(1, sizeof *t);
  t->fn = fn;
  t->arg = arg;
  t->uv.data = t;
  uv_loop_t *uv = loop_uv();
  uv_timer_init(uv, &t->uv);
  uv_update_time(uv); /* a long piece of Lua may lie between the last turn and now */
  double ms = seconds * 1000;
  uint64_t wait = !(ms > 0) ? 0 : ms > 4e15 ? (uint64_t)4e15 : (uint64_t)ms;
  if ((double)wait < ms) wait++;
  t->due = loop_now() + (double)wait / 1000;
  t->waited = wait == 0;
  uv_timer_start(&t->uv, timer_fire, wait, 0);
  return t;
}

void loop_timer_stop(struct loop_timer *t) {
  if (t && !uv_is_closing((uv_handle_t *)&t->uv)) uv_close((uv_handle_t *)&t->uv, timer_free);
}

void loop_before_wait(loop_fn fn, void *arg) {
  if (hook_count == MAX_HOOKS) abort(); /* a fixed number of modules registers at start */
  hooks[hook_count].fn = fn;
  hooks[hook_count++].arg = arg;
}

static void close_timer(uv_handle_t *h, void *arg) {
  (void)arg;
  if (h->type == UV_TIMER && h->data && ((uv_timer_t *)h)->timer_cb == timer_fire) loop_timer_stop(h->data);
}

void loop_close(void) {
  if (!made) return;
  /* Owners of other handles close them before this; what they forgot keeps the loop's memory, not the process. */
  uv_walk(&loop, close_timer, NULL);
  uv_run(&loop, UV_RUN_NOWAIT);
  if (uv_loop_close(&loop) == 0) made = false;
}
