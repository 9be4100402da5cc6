/* The scheduler of `sys.task`: tasks are coroutines that C resumes; waiting yields with a continuation. Queues are in task_queue.c,
 * signals in task_signals.c, errors that nobody joins in task_report.c; what stops a task that does not wait is in guard.c.
 * A task is a userdata: the registry holds it while it is live, its second user value holds the error it ended with.
 * Children end with their parent; a cancelled coroutine is closed, so that no pcall swallows it and `<close>` runs. */
#include <time.h>

#include "../core/loop.h"
#include "../core/stack.h"
#include "bind.h"
#include "guard.h"
#include "open.h"
#include "task.h"

enum task_state { TASK_LIVE, TASK_DONE, TASK_FAILED, TASK_REPORTED };

struct task {
  lua_State *L; /* its coroutine, kept alive by user value 1 */
  struct task *parent, *child, *prev, *next;
  struct task *below; /* the task that was current when this one became it */
  struct waiter *on;
  struct task *wait_prev, *wait_next, *ready_prev, *ready_next;
  bool ready, cancelled, expired;
  enum task_state state;
  int args, results;
  unsigned turn; /* of the scheduler, when it became ready */
  struct waiter joiners;
  struct loop_timer *timer;
  struct guard *guard, root; /* innermost one while it waits; root: of a task that guarded code started */
};

static const char *const class_name = "sys.task.Task";

static struct {
  lua_State *L; /* main state; NULL once the main task has ended */
  struct task *current, *ready_first, *ready_last;
  unsigned turn;
} sched;

/* -- ready queue and waiting ---------------------------------------------------------------------------------------- */

static void make_ready(struct task *t) {
  if (t->ready || t->state != TASK_LIVE) return;
  t->ready = true;
  t->turn = sched.turn;
  t->ready_next = NULL;
  t->ready_prev = sched.ready_last;
  *(sched.ready_last ? &sched.ready_last->ready_next : &sched.ready_first) = t;
  sched.ready_last = t;
}

static void leave_ready(struct task *t) {
  if (!t->ready) return;
  *(t->ready_prev ? &t->ready_prev->ready_next : &sched.ready_first) = t->ready_next;
  *(t->ready_next ? &t->ready_next->ready_prev : &sched.ready_last) = t->ready_prev;
  t->ready = false;
}

static void stop_waiting(struct task *t) {
  if (!t->on) return;
  *(t->wait_prev ? &t->wait_prev->wait_next : &t->on->first) = t->wait_next;
  *(t->wait_next ? &t->wait_next->wait_prev : &t->on->last) = t->wait_prev;
  t->on = NULL;
}

void waiter_wake(struct waiter *w) {
  struct task *t = w->first;
  w->first = w->last = NULL;
  while (t) {
    struct task *next = t->wait_next;
    t->on = NULL;
    make_ready(t);
    t = next;
  }
}

void waiter_wake_arg(void *w) { waiter_wake(w); }

/* Raises where the running code cannot wait. */
static void check_can_wait(lua_State *L) {
  struct task *t = sched.current;
  if (!t || t->state != TASK_LIVE) luaL_error(L, "cannot wait while a task is being closed: do it before the end, or spawn a task for it");
  if (L != t->L)
    luaL_error(L, "cannot wait inside a coroutine of your own (coroutine.wrap, coroutine.create): run it as a task with qwen.task.spawn");
  if (!lua_isyieldable(L))
    luaL_error(L, "cannot wait here: a C function (require, table.sort, string.gsub ...) stands between this call and the task; "
                  "move the call out of it, into a function that runs later");
}

void task_check_running(lua_State *L) {
  if (!sched.current) luaL_error(L, "cannot wait outside a task");
}

lua_State *task_main(void) { return sched.L; }

bool bind_in_task(lua_State *L) { return sched.current && sched.current->L == L; }

int task_wait(lua_State *L, struct waiter *w, lua_KContext ctx, lua_KFunction k) {
  check_can_wait(L);
  struct task *t = sched.current;
  t->wait_prev = w->last;
  t->wait_next = NULL;
  *(w->last ? &w->last->wait_next : &w->first) = t;
  w->last = t;
  t->on = w;
  return lua_yieldk(L, 0, ctx, k);
}

static void on_deadline(void *arg) {
  struct task *t = arg;
  t->timer = NULL;
  t->expired = true;
  stop_waiting(t);
  make_ready(t);
}

void task_deadline_clear(void) {
  struct task *t = sched.current;
  if (!t) return; /* outside of tasks nothing waits */
  if (t->timer) loop_timer_stop(t->timer);
  t->timer = NULL;
  t->expired = false;
}

void task_deadline(lua_State *L, double seconds) {
  check_can_wait(L);
  task_deadline_clear();
  sched.current->timer = loop_timer_start(seconds < 0 ? 0 : seconds, on_deadline, sched.current);
}

bool task_expired(void) { return sched.current && sched.current->expired; }

/* -- life and end --------------------------------------------------------------------------------------------------- */

/* Pushes the userdata of a live task. */
static void push_task(lua_State *L, struct task *t) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, t);
}

static struct task *spawn(lua_State *L, int args) {
  struct task *t = bind_new(L, sizeof *t, class_name);
  t->L = lua_newthread(L);
  if (!lua_checkstack(t->L, args + 1)) luaL_error(L, "too many arguments for a task");
  lua_setiuservalue(L, -2, 1);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, t);
  lua_insert(L, -(args + 2));
  lua_xmove(L, t->L, args + 1);
  t->args = args;
  if (guard_active()) {
    guard_root(&t->root);
    t->guard = &t->root;
  }
  t->parent = sched.current;
  if (t->parent) {
    t->next = t->parent->child;
    if (t->next) t->next->prev = t;
    t->parent->child = t;
  }
  make_ready(t);
  return t;
}

static void unlink_child(struct task *t) {
  if (t->prev) t->prev->next = t->next;
  else if (t->parent) t->parent->child = t->next;
  if (t->next) t->next->prev = t->prev;
  t->parent = t->prev = t->next = NULL;
}

/* The scheduler itself stands outside of every protected call, and what raised there would end the program or leave a task half ended.
 * So whatever may raise for want of memory, or runs code of others, is called by this: fn with data as its one argument. */
static bool protect(lua_State *L, lua_CFunction fn, void *data) {
  lua_pushcfunction(L, fn);
  lua_pushlightuserdata(L, data);
  bool ok = lua_pcall(L, 1, 0, 0) == LUA_OK;
  if (!ok) lua_pop(L, 1);
  return ok;
}

/* Why a task ends: words of ours, that it was cancelled, or (neither) the error on top of its stack. */
struct ending {
  struct task *t;
  const char *words, *cancelled;
};

static int set_error(lua_State *L) {
  struct ending *end = lua_touserdata(L, 1);
  push_task(L, end->t);
  if (end->cancelled) {
    struct err e;
    err_set(&e, ERR_CANCELLED, "%s", end->cancelled);
    bind_push_err(L, &e);
  } else {
    if (end->words) lua_pushstring(L, end->words);
    else if (!lua_checkstack(end->t->L, 1)) lua_pushliteral(L, "stack overflow");
    else lua_pushvalue(end->t->L, -1), lua_xmove(end->t->L, L, 1);
    const char *text = lua_tostring(L, -1);
    if (text) luaL_traceback(L, end->t->L, text, 0);
  }
  lua_setiuservalue(L, 2, 2);
  return 0;
}

static void keep(lua_State *L, struct ending end) {
  if (protect(L, set_error, &end)) return;
  push_task(L, end.t);
  lua_pushliteral(L, "not enough memory"); /* Lua has this text ready */
  lua_setiuservalue(L, -2, 2);
  lua_pop(L, 1);
}

static void keep_error(lua_State *L, struct task *t, const char *words) { keep(L, (struct ending){.t = t, .words = words}); }

static void keep_cancelled(lua_State *L, struct task *t, const char *why) { keep(L, (struct ending){.t = t, .cancelled = why}); }

/* Ends t, which has no children: its own `<close>` variables, then whoever joins it. */
static void end(lua_State *L, struct task *t, enum task_state state) {
  stop_waiting(t);
  leave_ready(t);
  if (t->timer) loop_timer_stop(t->timer);
  t->timer = NULL;
  t->state = state;
  if (state != TASK_DONE) {
    struct task *current = sched.current;
    lua_State *before = guard_enter(t->L);
    t->below = current;
    sched.current = t;
    lua_sethook(t->L, NULL, 0, 0);
    bool limited = t->root.limit > 0 && !guard_active(); /* its `<close>` may compute for ever, too */
    if (limited) guard_take(&t->root);
    const void *known = lua_status(t->L) > LUA_YIELD ? lua_topointer(t->L, -1) : NULL; /* what ended it is told already */
    if (lua_resetthread(t->L) != LUA_OK && lua_gettop(t->L) > 0 && state == TASK_REPORTED &&
        lua_topointer(t->L, -1) != known) {
      lua_xmove(t->L, L, 1);
      task_report(L);
    }
    if (limited) guard_drop(), guard_stopped(&t->root), lua_sethook(t->L, NULL, 0, 0);
    sched.current = current;
    guard_leave(before);
  }
  unlink_child(t);
  waiter_wake(&t->joiners);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, t);
}

/* Ends t after its children and theirs, the last one first. Walks, because a chain of tasks may be longer than the stack is deep; what
 * runs meanwhile can neither spawn here nor end an ancestor. */
static void finish(lua_State *L, struct task *t, enum task_state state) {
  struct task *c = t;
  while (t->child) {
    while (c->child) c = c->child;
    struct task *parent = c->parent;
    keep_cancelled(L, c, "cancelled");
    end(L, c, TASK_REPORTED);
    c = parent;
  }
  end(L, t, state);
}

static void resume(lua_State *L, struct task *t) {
  int results = 0;
  t->below = NULL;
  sched.current = t;
  guard_enter(t->L);
  guard_take(t->guard);
  int status = lua_resume(t->L, L, t->args, &results);
  t->args = 0;
  t->guard = guard_drop();
  guard_leave(NULL);
  const char *interrupted = guard_interrupted();
  const char *stopped = guard_stopped(&t->root);
  if (interrupted || stopped) lua_sethook(t->L, NULL, 0, 0);
  if (t->cancelled && status == LUA_YIELD) {
    keep_cancelled(L, t, "cancelled");
    finish(L, t, TASK_REPORTED);
  } else if (status == LUA_YIELD) {
    lua_pop(t->L, results);
    if (!t->on && !t->ready) { /* coroutine.yield in a task: nobody would ever resume it */
      keep_error(L, t, "coroutine.yield called outside a coroutine; to wait, call a function that waits");
      finish(L, t, TASK_FAILED);
    }
  } else if (status == LUA_OK) {
    t->results = results;
    finish(L, t, TASK_DONE);
  } else if (interrupted) {
    keep_cancelled(L, t, interrupted);
    finish(L, t, TASK_REPORTED);
  } else if (stopped) {
    keep_error(L, t, stopped);
    finish(L, t, TASK_FAILED);
  } else {
    keep_error(L, t, NULL);
    finish(L, t, TASK_FAILED);
  }
  sched.current = NULL;
}

static int task_gc(lua_State *L) {
  struct task *t = luaL_checkudata(L, 1, class_name);
  if (t->state != TASK_FAILED) return 0;
  t->state = TASK_REPORTED;
  lua_getiuservalue(L, 1, 2);
  task_report(L);
  return 0;
}

/* -- Task methods --------------------------------------------------------------------------------------------------- */

static int join_k(lua_State *L, int status, lua_KContext ctx) {
  struct task *t = (struct task *)ctx;
  (void)status;
  if (t->state == TASK_LIVE) {
    if (task_expired()) {
      struct err e;
      task_deadline_clear();
      err_set(&e, ERR_TIMEOUT, "the task did not end in time");
      lua_pushboolean(L, 0);
      bind_push_err(L, &e);
      return 2;
    }
    return task_wait(L, &t->joiners, ctx, join_k);
  }
  task_deadline_clear();
  lua_pushboolean(L, t->state == TASK_DONE);
  if (t->state == TASK_DONE) {
    luaL_checkstack(L, t->results, "too many results");
    if (!lua_checkstack(t->L, 1)) return luaL_error(L, "too many results");
    int first = lua_gettop(t->L) - t->results + 1;
    for (int i = 0; i < t->results; i++) { /* one by one: others may join as well, and there may be no room for all twice */
      lua_pushvalue(t->L, first + i);
      lua_xmove(t->L, L, 1);
    }
    return 1 + t->results;
  }
  t->state = TASK_REPORTED;
  lua_getiuservalue(L, 1, 2);
  return 2;
}

static int l_task_join(lua_State *L) {
  struct task *t = luaL_checkudata(L, 1, class_name);
  if (t == sched.current) return luaL_error(L, "a task cannot join itself");
  task_check_running(L);
  if (t->state == TASK_LIVE && !lua_isnoneornil(L, 2)) task_deadline(L, luaL_checknumber(L, 2));
  lua_settop(L, 1);
  return join_k(L, LUA_OK, (lua_KContext)t);
}

/* Whether t is running, also below a `<close>` that runs, or an ancestor of one that is. */
static bool is_above(const struct task *t) {
  for (struct task *c = sched.current; c; c = c->below)
    for (struct task *a = c; a; a = a->parent)
      if (a == t) return true;
  return false;
}

static int l_task_cancel(lua_State *L) {
  struct task *t = luaL_checkudata(L, 1, class_name);
  if (t->state != TASK_LIVE) return 0;
  t->cancelled = true;
  if (is_above(t) || stack_low()) { /* closed when control is back in the scheduler */
    stop_waiting(t);
    make_ready(t);
    return 0;
  }
  keep_cancelled(L, t, "cancelled");
  finish(L, t, TASK_REPORTED);
  return 0;
}

static int l_task_done(lua_State *L) {
  struct task *t = luaL_checkudata(L, 1, class_name);
  lua_pushboolean(L, t->state != TASK_LIVE);
  return 1;
}

/* -- module functions ----------------------------------------------------------------------------------------------- */

static int l_task_spawn(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  if (!sched.current || sched.current->state != TASK_LIVE) return luaL_error(L, "cannot spawn: the task that would own it is being closed");
  struct task *t = spawn(L, lua_gettop(L) - 1);
  push_task(L, t);
  return 1;
}

static int l_task_current(lua_State *L) {
  if (!sched.current || sched.current->state != TASK_LIVE) return 0;
  push_task(L, sched.current);
  return 1;
}

static int sleep_k(lua_State *L, int status, lua_KContext ctx) {
  static struct waiter nowhere;
  (void)status;
  if (!task_expired()) return task_wait(L, &nowhere, ctx, sleep_k);
  task_deadline_clear();
  return 0;
}

static int l_task_sleep(lua_State *L) {
  lua_Number seconds = luaL_checknumber(L, 1);
  task_check_running(L);
  task_deadline(L, seconds);
  return sleep_k(L, LUA_OK, 0);
}

static int l_task_now(lua_State *L) {
  lua_pushnumber(L, loop_now());
  return 1;
}

static int l_task_time(lua_State *L) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  lua_pushnumber(L, (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
  return 1;
}

/* -- the main task -------------------------------------------------------------------------------------------------- */

static void run_ready(lua_State *L) {
  unsigned turn = sched.turn++; /* those made ready meanwhile wait for one turn of the loop */
  while (sched.ready_first && sched.ready_first->turn == turn) {
    struct task *t = sched.ready_first;
    leave_ready(t);
    if (t->cancelled) {
      keep_cancelled(L, t, "cancelled");
      finish(L, t, TASK_REPORTED);
    } else {
      resume(L, t);
    }
  }
}

int task_run_main(lua_State *L) {
  sched.L = L;
  luaL_requiref(L, "sys.err", open_err, 0); /* both make the metatables that the scheduler itself uses */
  luaL_requiref(L, "sys.task", open_task, 0);
  lua_pop(L, 2);
  struct task *t = spawn(L, lua_gettop(L) - 1);
  push_task(L, t); /* keeps it beyond its end */
  bool alive = true;
  while (t->state == TASK_LIVE && alive) {
    run_ready(L);
    if (t->state == TASK_LIVE) alive = loop_run(!sched.ready_first) || sched.ready_first;
  }
  sched.L = NULL;
  if (!alive) return luaL_error(L, "every task waits for something that can no longer happen");
  if (t->state == TASK_DONE) {
    lua_settop(t->L, t->results ? 1 + lua_gettop(t->L) - t->results : 0);
    if (!t->results) return 0;
    lua_xmove(t->L, L, 1);
    return 1;
  }
  t->state = TASK_REPORTED;
  lua_getiuservalue(L, -1, 2);
  return lua_error(L);
}

int open_task(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"join", l_task_join}, {"cancel", l_task_cancel}, {"done", l_task_done}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"spawn", l_task_spawn},
                                       {"current", l_task_current},
                                       {"sleep", l_task_sleep},
                                       {"queue", l_task_queue},
                                       {"signals", l_task_signals},
                                       {"now", l_task_now},
                                       {"time", l_task_time},
                                       {"on_error", l_task_on_error},
                                       {"limited", l_task_limited},
                                       {"on_raise", l_task_on_raise},
                                       {NULL, NULL}};
  task_queue_open(L);
  bind_class(L, class_name, methods, task_gc);
  luaL_getmetatable(L, class_name);
  lua_pushcfunction(L, l_task_cancel);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  guard_open(L);
  luaL_newlib(L, functions);
  return 1;
}
