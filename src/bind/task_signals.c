/* `sys.task.signals`: signals of the system as items of a queue. */
#include <signal.h>
#include <string.h>

#include "../core/signals.h"
#include "bind.h"
#include "task.h"

static const struct { const char *name; int number; } signal_names[] = {
    {"int", SIGINT}, {"term", SIGTERM}, {"hup", SIGHUP}, {"quit", SIGQUIT}, {"winch", SIGWINCH}, {"cont", SIGCONT}, {"tstp", SIGTSTP}, {NULL, 0}};

static int signal_number(lua_State *L, int index, const char **name) {
  *name = luaL_checkstring(L, index);
  for (int i = 0; signal_names[i].name; i++)
    if (strcmp(signal_names[i].name, *name) == 0) return signal_names[i].number;
  return luaL_argerror(L, index, "unknown signal");
}

/* registry["sys.task.signals"][number] is the queue that hears of it. Stack: number. */
static int put_signal(lua_State *L) {
  if (lua_getfield(L, LUA_REGISTRYINDEX, "sys.task.signals") != LUA_TTABLE) return 0;
  if (lua_rawgeti(L, 2, lua_tointeger(L, 1)) != LUA_TUSERDATA) return 0;
  int i = 0;
  while (signal_names[i].number != lua_tointeger(L, 1)) i++; /* only those of the list are watched */
  lua_pushstring(L, signal_names[i].name);
  task_queue_push(L, 3, 4);
  return 0;
}

/* The loop calls this, and nothing may be raised there: without memory the signal is not heard. */
static void on_signal(int number) {
  lua_State *L = task_main();
  if (!L) return; /* the main task has ended */
  lua_pushcfunction(L, put_signal);
  lua_pushinteger(L, number);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
}

int l_task_signals(lua_State *L) {
  int n = lua_gettop(L);
  task_queue_new(L, 0);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, "sys.task.signals");
  for (int i = 1; i <= n; i++) {
    const char *name;
    int number = signal_number(L, i, &name);
    lua_pushvalue(L, n + 1);
    lua_rawseti(L, n + 2, number);
    signals_watch(number, on_signal);
  }
  lua_settop(L, n + 1);
  return 1;
}
