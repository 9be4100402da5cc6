/* `sys.err`: error values. The same small table is made here for failures of C and by lua/qwen/util/err.lua for those of Lua. */
#include <string.h>

#include "bind.h"

static const char *const class_name = "qwen.err";

static int err_tostring(lua_State *L) {
  lua_getfield(L, 1, "message");
  if (!lua_isstring(L, -1)) lua_pushliteral(L, "error without a message");
  return 1;
}

void bind_push_err(lua_State *L, const struct err *e) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, err_kind_name(e->kind));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, e->message);
  lua_setfield(L, -2, "message");
  if (e->status) {
    lua_pushinteger(L, e->status);
    lua_setfield(L, -2, "status");
  }
  if (e->retry_after > 0) {
    lua_pushnumber(L, e->retry_after);
    lua_setfield(L, -2, "retry_after");
  }
  if (e->code[0]) {
    lua_pushstring(L, e->code);
    lua_setfield(L, -2, "code");
  }
  if (e->path[0]) {
    lua_pushstring(L, e->path);
    lua_setfield(L, -2, "path");
  }
  luaL_setmetatable(L, class_name);
}

int bind_fail(lua_State *L, const struct err *e) {
  lua_pushnil(L);
  bind_push_err(L, e);
  return 2;
}

/* new(kind, message, fields?) */
static int l_err_new(lua_State *L) {
  const char *kind = luaL_checkstring(L, 1);
  enum err_kind k = ERR_USAGE;
  while (k <= ERR_BROKEN && strcmp(err_kind_name(k), kind) != 0) k++;
  if (k > ERR_BROKEN) return luaL_error(L, "unknown error kind '%s'", kind);
  luaL_checkstring(L, 2);
  lua_newtable(L);
  if (lua_istable(L, 3)) {
    lua_pushnil(L);
    while (lua_next(L, 3)) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_settable(L, -4);
    }
  }
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "kind");
  lua_pushvalue(L, 2);
  lua_setfield(L, -2, "message");
  luaL_setmetatable(L, class_name);
  return 1;
}

/* is(value): true for error values */
static int l_err_is(lua_State *L) {
  int same = lua_getmetatable(L, 1) && luaL_getmetatable(L, class_name) == LUA_TTABLE && lua_rawequal(L, -1, -2);
  lua_pushboolean(L, same);
  return 1;
}

int open_err(lua_State *L) {
  static const luaL_Reg functions[] = {{"new", l_err_new}, {"is", l_err_is}, {NULL, NULL}};
  luaL_newmetatable(L, class_name);
  lua_pushcfunction(L, err_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, "Err");
  lua_setfield(L, -2, "__name");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
