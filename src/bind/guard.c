/* See guard.h. A signal handler counts ticks of used CPU time and sets a Lua hook; the hook raises at every instruction until control
 * is back at the guard, so that no pcall swallows it. What runs inside a C function (a sort) is stopped when it comes back; a search
 * by a pattern asks guard_stopping and has a budget of its own (pattern.c). */
#include "guard.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../core/alloc.h"
#include "../core/signals.h"
#include "../core/stack.h"
#include "bind.h"

enum { TICKS_PER_SECOND = 1000 / SIGNALS_TICK_MS, ROOT_TICKS = 6, MEMORY_MB = 256 };

static struct {
  lua_State *running; /* innermost coroutine */
  bool interrupted;
  int ticks;
  struct guard *guard, *hit; /* innermost one of the running task; the one that is used up */
  char blame[256], place[200]; /* why it was stopped; where Ctrl-C found it */
} watch;

/* -- the hook ------------------------------------------------------------------------------------------------------- */

bool guard_stopping(void) { return watch.interrupted || watch.hit; }

/* Where the first script on the stack stands that did not ship with the program, else the first one: "FILE:LINE: ". */
static void find_place(lua_State *L, char *out, size_t room) {
  lua_Debug ar;
  out[0] = '\0';
  for (int level = 0; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline < 0) continue;
    bool shipped = strncmp(ar.short_src, "lua/", 4) == 0 || strncmp(ar.short_src, "commands/", 9) == 0;
    if (!shipped || !out[0]) snprintf(out, room, "%s:%d: ", ar.short_src, ar.currentline);
    if (!shipped) break;
  }
}

static void find_blame(lua_State *L) {
  char first[160];
  find_place(L, first, sizeof first);
  snprintf(watch.blame, sizeof watch.blame, "%sstopped after %d ms of computing without a pause", first,
           watch.hit->limit * SIGNALS_TICK_MS);
}

/* Sticky on purpose: it raises again after each pcall until control is where the hook is taken away. */
static void stop_hook(lua_State *L, lua_Debug *ar) {
  (void)ar;
  if (!guard_stopping()) { /* left over on a coroutine that was not running when it ended */
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  if (watch.interrupted && !watch.place[0]) find_place(L, watch.place, sizeof watch.place);
  if (watch.interrupted) luaL_error(L, "%sinterrupted", watch.place);
  if (!watch.blame[0]) find_blame(L);
  luaL_error(L, "%s", watch.blame);
}

static void set_hook(lua_State *L) { lua_sethook(L, stop_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1); }

static void on_interrupt(void) {
  if (!watch.running) return;
  watch.interrupted = true;
  set_hook(watch.running);
}

/* The innermost guard that is used up is the one to blame. */
static bool on_tick(void) {
  if (!watch.guard) return false;
  watch.ticks++;
  for (struct guard *g = watch.guard; g && !watch.hit; g = g->outer)
    if (watch.ticks - g->start >= g->limit && watch.running) {
      watch.blame[0] = '\0';
      watch.hit = g;
      set_hook(watch.running);
    }
  return true;
}

/* -- what runs ------------------------------------------------------------------------------------------------------ */

lua_State *guard_enter(lua_State *L) {
  lua_State *before = watch.running;
  watch.running = L;
  return before;
}

void guard_leave(lua_State *before) {
  watch.running = before;
  if (before && guard_stopping()) set_hook(before);
}

static void set_guard(struct guard *g) {
  if (!g) alloc_limit(0);
  else if (!watch.guard) alloc_limit((size_t)MEMORY_MB << 20);
  watch.guard = g;
  if (g) signals_ticks(on_tick);
}

void guard_take(struct guard *innermost) {
  for (struct guard *g = innermost; g; g = g->outer) g->start = watch.ticks;
  set_guard(innermost);
}

struct guard *guard_drop(void) {
  struct guard *g = watch.guard;
  set_guard(NULL);
  return g;
}

const char *guard_interrupted(void) {
  static char words[sizeof watch.place + 16];
  if (!watch.interrupted) return NULL;
  snprintf(words, sizeof words, "%sinterrupted", watch.place);
  watch.interrupted = false;
  watch.place[0] = '\0';
  return words;
}

const char *guard_stopped(struct guard *g) {
  if (!g || watch.hit != g) return NULL;
  watch.hit = NULL;
  return watch.blame[0] ? watch.blame : "stopped: it computed for too long";
}

void guard_root(struct guard *g) { *g = (struct guard){.limit = ROOT_TICKS}; }

bool guard_active(void) { return watch.guard != NULL; }

int guard_left_ms(void) {
  int left = watch.guard ? INT_MAX : -1;
  for (struct guard *g = watch.guard; g; g = g->outer) {
    int ticks = g->limit - (watch.ticks - g->start);
    int ms = (ticks > 0 ? ticks : 0) * SIGNALS_TICK_MS;
    if (ms < left) left = ms;
  }
  return left;
}

/* -- limited calls -------------------------------------------------------------------------------------------------- */

static const char on_raise_key = 0; /* its address: the words for what is raised, in the registry */

int l_task_on_raise(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &on_raise_key);
  return 0;
}

/* Message handler: while the stack is there, Lua may find better words. What is stopped has its own. */
static int on_raise(lua_State *L) {
  if (guard_stopping() || (lua_type(L, 1) != LUA_TSTRING && !lua_istable(L, 1)) || !lua_checkstack(L, 4)) return 1;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &on_raise_key) != LUA_TFUNCTION) return lua_settop(L, 1), 1;
  lua_pushvalue(L, 1);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) lua_settop(L, 1);
  return 1;
}

/* Stack: 1 the guard (nil in a coroutine of the user's own, where the outer guards hold), 2 the function, 3 the message handler,
 * 4 true, then results or an error. */
static int limited_k(lua_State *L, int status, lua_KContext ctx) {
  struct guard *g = (struct guard *)ctx;
  const char *words = NULL;
  if (g) {
    words = guard_stopped(g);
    if (words && !watch.interrupted) lua_sethook(L, NULL, 0, 0);
    if (g->outer && words) g->outer->start += watch.ticks - g->start; /* who called it is not to blame */
    set_guard(g->outer);
    if (status != LUA_OK && status != LUA_YIELD && !watch.blame[0]) words = NULL; /* it failed by itself before the hook came: that tells more */
  }
  bool failed = status != LUA_OK && status != LUA_YIELD;
  if (!failed && !words) return lua_gettop(L) - 3;
  if (!words && lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "not enough memory") == 0) {
    lua_Debug ar;
    lua_pushvalue(L, 2);
    lua_getinfo(L, ">S", &ar);
    snprintf(watch.blame, sizeof watch.blame, "%s:%d: it asked for more than %d MB of memory", ar.short_src, ar.linedefined, MEMORY_MB);
    words = watch.blame;
  }
  lua_pushboolean(L, 0);
  if (words) lua_pushstring(L, words);
  else lua_pushvalue(L, -2);
  return 2;
}

/* limited(seconds, fn, ...) -> true, results | false, error. Seconds of computing between two waits. */
int l_task_limited(lua_State *L) {
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  int args = lua_gettop(L) - 2;
  struct guard *g = NULL;
  if (bind_in_task(L)) {
    g = lua_newuserdatauv(L, sizeof *g, 0); /* Lua never sees it */
    double ticks = seconds * TICKS_PER_SECOND, most = 3600 * TICKS_PER_SECOND;
    g->limit = !(ticks >= 1) ? 1 : (int)(ticks < most ? ticks : most);
  } else {
    lua_pushnil(L);
  }
  lua_replace(L, 1);
  lua_pushcfunction(L, on_raise);
  lua_pushboolean(L, 1);
  lua_pushvalue(L, 2);
  lua_rotate(L, 3, 3);
  if (g) {
    g->outer = watch.guard;
    g->start = watch.ticks;
    set_guard(g);
  }
  return limited_k(L, lua_pcallk(L, args, LUA_MULTRET, 3, (lua_KContext)g, limited_k), (lua_KContext)g);
}

/* -- coroutines of the user: the standard functions again, so that it is known which one is running --------------------- */

static int co_resume(lua_State *L, lua_State *co, int args) {
  int results;
  if (!lua_checkstack(co, args)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, args);
  lua_State *before = guard_enter(co);
  int status = lua_resume(co, L, args, &results);
  guard_leave(before);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_xmove(co, L, 1);
    return -1;
  }
  if (!lua_checkstack(L, results + 1)) {
    lua_pop(co, results);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(co, L, results);
  return results;
}

static int l_coroutine_resume(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  if (lua_status(co) == LUA_OK && lua_gettop(co) == 0) {
    lua_pushboolean(L, 0);
    lua_pushliteral(L, "cannot resume dead coroutine");
    return 2;
  }
  int n = co_resume(L, co, lua_gettop(L) - 1);
  lua_pushboolean(L, n >= 0);
  lua_insert(L, n >= 0 ? -(n + 1) : -2);
  return n >= 0 ? n + 1 : 2;
}

static int wrap_call(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  if (lua_status(co) == LUA_OK && lua_gettop(co) == 0) return luaL_error(L, "cannot resume dead coroutine");
  int n = co_resume(L, co, lua_gettop(L));
  if (n >= 0) return n;
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_State *before = guard_enter(co); /* its `<close>` may be a busy loop too */
    if (lua_resetthread(co) != LUA_OK) lua_xmove(co, L, 1); /* the error of that time or of a `<close>`; what is left there would be called */
    guard_leave(before);
  }
  if (lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int l_coroutine_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, wrap_call, 1);
  return 1;
}

/* The standard function is the upvalue; its errors pass through. */
static int l_coroutine_close(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  if (stack_low()) return luaL_error(L, "stack overflow: coroutines that close each other");
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_State *before = guard_enter(co);
  int status = lua_pcall(L, 1, LUA_MULTRET, 0);
  guard_leave(before);
  return status == LUA_OK ? lua_gettop(L) : lua_error(L);
}

/* A task itself is resumed by nobody who would know of a yield. */
static int l_coroutine_yield(lua_State *L) {
  if (bind_in_task(L)) return luaL_error(L, "coroutine.yield called outside a coroutine; to wait, call a function that waits");
  return lua_yield(L, lua_gettop(L));
}

void guard_open(lua_State *L) {
  signals_alarm(on_interrupt);
  lua_getglobal(L, "coroutine");
  lua_pushcfunction(L, l_coroutine_resume);
  lua_setfield(L, -2, "resume");
  lua_pushcfunction(L, l_coroutine_wrap);
  lua_setfield(L, -2, "wrap");
  lua_pushcfunction(L, l_coroutine_yield);
  lua_setfield(L, -2, "yield");
  lua_getfield(L, -1, "close");
  lua_pushcclosure(L, l_coroutine_close, 1);
  lua_setfield(L, -2, "close");
  lua_pop(L, 1);
}
