/* `sys.task.on_error`: errors of tasks that nobody joins. An error is anything, and telling it must never fail. */
#include "bind.h"
#include "task.h"

static int to_text(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

/* Stack: the error. Tells the handler set by on_error, with the words of the error. */
static int tell_handler(lua_State *L) {
  lua_settop(L, 1);
  lua_pushcfunction(L, to_text);
  lua_pushvalue(L, 1);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    lua_settop(L, 1);
    lua_pushfstring(L, "an error (a %s) that cannot be shown", luaL_typename(L, 1));
  }
  if (lua_getfield(L, LUA_REGISTRYINDEX, "sys.task.on_error") != LUA_TFUNCTION) {
    lua_writestringerror("qwen: a task failed: %s\n", lua_tostring(L, 2));
    return 0;
  }
  lua_insert(L, 1);
  lua_call(L, 2, 0);
  return 0;
}

/* Takes the error on top, which nobody joins. What fails on the way is left out: it would be told in the same way. */
void task_report(lua_State *L) {
  lua_pushcfunction(L, tell_handler);
  lua_insert(L, -2);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) lua_pop(L, 1);
}

int l_task_on_error(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, "sys.task.on_error");
  return 0;
}
