/* `sys.task.signals`: signals of the system as items of a queue. */
#include <signal.h>
#include <string.h>

#include "../core/signals.h"
#include "bind.h"
#include "task.h"

static const struct { const char *name; int number; } signal_names[] = {
    {"int", SIGINT}, {"term", SIGTERM}, {"hup", SIGHUP}, {"winch", SIGWINCH}, {"cont", SIGCONT}, {"tstp", SIGTSTP}, {NULL, 0}};

static int signal_number(lua_State *L, int index, const char **name) {
  *name = luaL_checkstring(L, index);
  for (int i = 0; signal_names[i].name; i++)
    if (strcmp(signal_names[i].name, *name) == 0) return signal_names[i].number;
  return luaL_argerror(L, index, "unknown signal");
}

/* registry["sys.task.signals"][number] is the queue that hears of it */
static void on_signal(int number) {
  lua_State *L = task_main();
  if (!L) return; /* the main task has ended */
  int top = lua_gettop(L);
  if (lua_getfield(L, LUA_REGISTRYINDEX, "sys.task.signals") == LUA_TTABLE && lua_rawgeti(L, -1, number) == LUA_TUSERDATA) {
    for (int i = 0; signal_names[i].name; i++)
      if (signal_names[i].number == number) lua_pushstring(L, signal_names[i].name);
    task_queue_push(L, top + 2, top + 3);
  }
  lua_settop(L, top);
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
