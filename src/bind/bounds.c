/* Standard functions that a few arguments keep busy for ever: nothing stops a loop inside of C, not even Ctrl-C. Counts that no real
 * table has are errors. Searches are bounded in pattern.c. And no finalizers in Lua: they would run wherever memory is asked for, in the
 * middle of any binding, whose buffers they could change, and outside of every budget. */
#include "bind.h"
#include "open.h"

enum { MOST_MOVED = 100 * 1000 * 1000, LONGEST_FORMAT = 4096 };

/* Upvalue of each: the standard function. */
static int standard(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

/* insert and remove go from the place to the length, which a __len may make up. */
static int l_shift(lua_State *L) {
  if (luaL_getmetafield(L, 1, "__len") == LUA_TNIL) return standard(L);
  lua_pop(L, 1);
  if (luaL_len(L, 1) > MOST_MOVED) return luaL_error(L, "a table of more than %d places is too long", MOST_MOVED);
  return standard(L);
}

static int l_move(lua_State *L) {
  lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
  if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= MOST_MOVED) return luaL_argerror(L, 3, "too many values to move");
  return standard(L);
}

static int l_date(lua_State *L) {
  size_t n = 0;
  luaL_optlstring(L, 1, "", &n);
  luaL_argcheck(L, n <= LONGEST_FORMAT, 1, "the format is too long");
  return standard(L);
}

static int l_setmetatable(lua_State *L) {
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "__gc is withheld: nothing could stop it; use a <close> variable");
    lua_pop(L, 1);
  }
  return standard(L);
}

void bounds_open(lua_State *L) {
  static const struct { const char *library; luaL_Reg function; } bounded[] = {
      {"table", {"insert", l_shift}}, {"table", {"remove", l_shift}}, {"table", {"move", l_move}}, {"os", {"date", l_date}},
      {"_G", {"setmetatable", l_setmetatable}}, {"debug", {"setmetatable", l_setmetatable}}};
  for (size_t i = 0; i < sizeof bounded / sizeof *bounded; i++) {
    lua_getglobal(L, bounded[i].library);
    lua_getfield(L, -1, bounded[i].function.name);
    lua_pushcclosure(L, bounded[i].function.func, 1);
    lua_setfield(L, -2, bounded[i].function.name);
    lua_pop(L, 1);
  }
  luaL_getmetatable(L, LUA_FILEHANDLE); /* that of files is the one of C that Lua could reach */
  lua_pushliteral(L, "locked");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}
