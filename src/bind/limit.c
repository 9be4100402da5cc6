/* `sys.limit`: the limiter and the usage ledger as handles. A call waits while another process holds the file, then it is done at once:
 * arguments are read first (that may raise), the core works under the lock, results are pushed last. */
#include "../core/limit.h"

#include <stdlib.h>
#include <string.h>

#include "../core/loop.h"
#include "bind.h"

enum { LOCK_TIMEOUT = 10, KEYS = 256 };
static const double LOCK_RETRY = 0.008;

static const char *const class_name = "sys.limit.Limiter";

struct box {
  struct limit *limit; /* NULL once closed */
  struct waiter waiting; /* for the lock */
  struct loop_timer *timer;
};

enum op { TAKE, LEAVE, SETTLE, SENT, UNDO, SHUT, TIGHTEN, DATE, SEED, USAGE, KEYS_OF, FORGET };

/* Arguments and results of one call. What is pointed to lies on the Lua stack. */
struct call {
  enum op op;
  const char *key;
  struct limit_window windows[LIMIT_WINDOWS];
  struct limit_ask ask;
  struct limit_answer answer;
  struct limit_use use[LIMIT_WINDOWS];
  int64_t number;
  double value, seconds;
  double *ages, *weights;
  struct limit_key *keys;
  size_t count;
};

/* -- arguments ------------------------------------------------------------------------------------------------------- */

static void read_window(lua_State *L, int index, struct limit_window *w) {
  luaL_checktype(L, index, LUA_TTABLE);
  w->n = bind_opt_number(L, index, "n", 0);
  w->per = bind_opt_number(L, index, "per", 0);
  w->margin = bind_opt_number(L, index, "margin", 0);
  w->weighted = bind_opt_bool(L, index, "weighted", 0);
  w->day = bind_opt_bool(L, index, "day", 0);
  if (!(w->n >= 1 && w->n < 1e15) || !(w->per > 0 && w->per < 1e9) || !(w->margin >= 0 && w->margin < 1e9))
    luaL_error(L, "a window needs n of 1 or more, per above 0 and no negative margin");
}

static int read_windows(lua_State *L, int index, struct limit_window out[LIMIT_WINDOWS]) {
  luaL_checktype(L, index, LUA_TTABLE);
  lua_Unsigned n = lua_rawlen(L, index);
  if (n > LIMIT_WINDOWS) luaL_error(L, "more than %d windows", LIMIT_WINDOWS);
  for (lua_Unsigned i = 0; i < n; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    read_window(L, lua_gettop(L), &out[i]);
    lua_pop(L, 1);
  }
  return (int)n;
}

static const char *read_key(lua_State *L, int index) {
  size_t n;
  const char *key = luaL_checklstring(L, index, &n);
  luaL_argcheck(L, n > 0 && n < 256 && strlen(key) == n, index, "a key has 1 to 255 bytes, none of them zero");
  return key;
}

static double opt_field(lua_State *L, int index, const char *field) {
  double value = bind_opt_number(L, index, field, 0);
  return value > 0 ? (value < 1e12 ? value : 1e12) : 0; /* a date is made of it */
}

static void read_seed(lua_State *L, int index, struct call *c) {
  luaL_checktype(L, index, LUA_TTABLE);
  c->count = lua_rawlen(L, index);
  c->ages = lua_newuserdatauv(L, (c->count + 1) * sizeof *c->ages, 0);
  c->weights = lua_newuserdatauv(L, (c->count + 1) * sizeof *c->weights, 0);
  for (size_t i = 0; i < c->count; i++) {
    lua_rawgeti(L, index, (lua_Integer)i + 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    c->ages[i] = opt_field(L, lua_gettop(L), "age");
    c->weights[i] = opt_field(L, lua_gettop(L), "weight");
    lua_pop(L, 1);
  }
}

static void read_call(lua_State *L, enum op op, struct call *c) {
  *c = (struct call){.op = op};
  if (op == LEAVE) c->number = luaL_checkinteger(L, 2);
  if (op == DATE) c->value = luaL_checknumber(L, 2);
  if (op == KEYS_OF) c->keys = lua_newuserdatauv(L, KEYS * sizeof *c->keys, 0);
  if (op == LEAVE || op == DATE || op == KEYS_OF) return;
  c->key = read_key(L, 2);
  switch (op) {
    case TAKE: {
      size_t n;
      c->ask = (struct limit_ask){.key = c->key, .windows = c->windows, .count = read_windows(L, 3, c->windows), .weight = luaL_optnumber(L, 4, 0),
                                  .ticket = luaL_optinteger(L, 5, 0), .spec = luaL_optlstring(L, 6, "", &n), .background = lua_toboolean(L, 7),
                                  .pause = lua_isnoneornil(L, 8) ? NULL : read_key(L, 8)};
      if (!(c->ask.weight >= 0 && c->ask.weight < 1e15)) luaL_argerror(L, 4, "a weight is not negative");
      break;
    }
    case SETTLE: c->number = luaL_checkinteger(L, 3), c->value = luaL_checknumber(L, 4); break;
    case SENT: c->number = luaL_checkinteger(L, 3), c->seconds = luaL_checknumber(L, 4); break;
    case UNDO: c->number = luaL_checkinteger(L, 3); break;
    case SHUT: c->seconds = luaL_optnumber(L, 3, -1); break;
    case TIGHTEN:
      c->number = luaL_checkinteger(L, 3);
      read_window(L, 4, c->windows);
      c->value = luaL_checknumber(L, 5);
      c->seconds = luaL_checknumber(L, 6);
      break;
    case SEED: read_seed(L, 3, c); break;
    case USAGE: c->count = (size_t)read_windows(L, 3, c->windows); break;
    default: break;
  }
}

/* -- the work, and what comes of it ---------------------------------------------------------------------------------- */

static bool run_call(struct limit *l, struct call *c, struct err *e) {
  switch (c->op) {
    case TAKE: return limit_take(l, &c->ask, &c->answer, e);
    case LEAVE: return limit_leave(l, c->number, e);
    case SETTLE: return limit_settle(l, c->key, c->number, c->value, e);
    case SENT: return limit_sent(l, c->key, c->number, c->seconds, e);
    case UNDO: return limit_undo(l, c->key, c->number, e);
    case SHUT: return limit_shut(l, c->key, c->seconds, &c->value, e);
    case TIGHTEN: return limit_tighten(l, c->key, c->number, c->windows, c->value, c->seconds, e);
    case DATE: return limit_date(l, c->value, e);
    case SEED: return limit_seed(l, c->key, c->ages, c->weights, c->count, e);
    case USAGE: return limit_usage(l, c->key, c->windows, (int)c->count, c->use, e);
    case KEYS_OF: return limit_keys(l, c->keys, KEYS, &c->count, e);
    case FORGET: return limit_forget(l, c->key, e);
  }
  return false;
}

static void set_number(lua_State *L, const char *field, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, field);
}

static void set_integer(lua_State *L, const char *field, int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, field);
}

static int push_answer(lua_State *L, const struct limit_answer *a) {
  lua_createtable(L, 0, 8);
  if (a->leapt) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "leapt");
  }
  if (a->unsure) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "unsure");
  }
  if (a->first) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "first");
  } else if (a->grant) {
    set_integer(L, "grant", a->grant);
  } else {
    if (a->ticket) set_integer(L, "ticket", a->ticket);
    set_number(L, "wait", a->wait);
    set_number(L, "again", a->again);
    set_integer(L, "ahead", a->ahead);
    if (a->window >= 0) set_integer(L, "window", a->window + 1);
    lua_pushstring(L, a->window >= 0 ? "window" : a->window == -1 ? "pause" : "server");
    lua_setfield(L, -2, "why");
  }
  return 1;
}

static int push_call(lua_State *L, const struct call *c) {
  if (c->op == TAKE) return push_answer(L, &c->answer);
  if (c->op == SHUT) return lua_pushnumber(L, c->value), 1;
  if (c->op != USAGE && c->op != KEYS_OF) return lua_pushboolean(L, 1), 1;
  lua_createtable(L, (int)c->count, 0);
  for (size_t i = 0; i < c->count; i++) {
    lua_createtable(L, 0, 4);
    if (c->op == USAGE) {
      set_number(L, "used", c->use[i].used);
      set_number(L, "next", c->use[i].next);
      set_number(L, "all", c->use[i].all);
    } else {
      lua_pushstring(L, c->keys[i].name);
      lua_setfield(L, -2, "name");
      lua_pushstring(L, c->keys[i].spec);
      lua_setfield(L, -2, "spec");
      set_number(L, "shut", c->keys[i].shut);
      set_integer(L, "waiting", c->keys[i].waiting);
      set_integer(L, "background", c->keys[i].background);
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* -- waiting for the lock -------------------------------------------------------------------------------------------- */

static void retry(void *arg) {
  struct box *b = arg;
  b->timer = NULL;
  waiter_wake(&b->waiting);
}

static int call_k(lua_State *L, int status, lua_KContext op) {
  struct box *b = lua_touserdata(L, 1);
  struct call c;
  struct err e;
  read_call(L, (enum op)op, &c);
  if (!b->limit) return luaL_error(L, "the limiter is closed");
  int got = limit_lock(b->limit, &e);
  if (got == 0 && !task_expired()) {
    if (status == LUA_OK) task_deadline(L, LOCK_TIMEOUT);
    if (!b->timer) b->timer = loop_timer_start(LOCK_RETRY, retry, b);
    lua_settop(L, 8);
    return task_wait(L, &b->waiting, op, call_k);
  }
  if (status != LUA_OK) task_deadline_clear();
  if (got == 0) err_set(&e, ERR_TIMEOUT, "the limiter's file is held by another process for %d s", LOCK_TIMEOUT);
  if (got <= 0 || !run_call(b->limit, &c, &e)) return bind_fail(L, &e);
  return push_call(L, &c);
}

static int start(lua_State *L, enum op op) {
  luaL_checkudata(L, 1, class_name);
  return call_k(L, LUA_OK, (lua_KContext)op);
}

#define METHOD(name, op) \
  static int l_limiter_##name(lua_State *L) { return start(L, op); }
METHOD(take, TAKE)
METHOD(leave, LEAVE)
METHOD(settle, SETTLE)
METHOD(sent, SENT)
METHOD(undo, UNDO)
METHOD(shut, SHUT)
METHOD(tighten, TIGHTEN)
METHOD(date, DATE)
METHOD(seed, SEED)
METHOD(usage, USAGE)
METHOD(keys, KEYS_OF)
METHOD(forget, FORGET)

static int l_limiter_aside(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (!b->limit || !*limit_aside(b->limit)) return 0;
  lua_pushstring(L, limit_aside(b->limit));
  return 1;
}

static int limiter_close(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (b->timer) loop_timer_stop(b->timer);
  b->timer = NULL;
  limit_close(b->limit);
  b->limit = NULL;
  waiter_wake(&b->waiting);
  return 0;
}

/* open(path) */
static int l_limit_open(lua_State *L) {
  struct err e;
  size_t n;
  const char *path = luaL_checklstring(L, 1, &n);
  luaL_argcheck(L, strlen(path) == n, 1, "a path holds a zero byte");
  struct box *b = bind_new(L, sizeof *b, class_name);
  b->limit = limit_open(path, NULL, &e);
  return b->limit ? 1 : bind_fail(L, &e);
}

int open_limit(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_limit_open}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"take", l_limiter_take},   {"leave", l_limiter_leave},     {"settle", l_limiter_settle}, {"undo", l_limiter_undo},
                                     {"sent", l_limiter_sent},
                                     {"shut", l_limiter_shut},   {"tighten", l_limiter_tighten}, {"date", l_limiter_date},     {"seed", l_limiter_seed},
                                     {"usage", l_limiter_usage}, {"keys", l_limiter_keys},       {"forget", l_limiter_forget}, {"aside", l_limiter_aside},
                                     {"close", limiter_close},   {NULL, NULL}};
  bind_class(L, class_name, methods, limiter_close);
  luaL_newlib(L, functions);
  return 1;
}
