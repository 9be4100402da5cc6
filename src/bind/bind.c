/* Small helpers shared by all bindings: classes, boxes, optional fields. Waiting is in task.c, failing in err.c. */
#include "bind.h"

#include <string.h>

void *bind_new(lua_State *L, size_t size, const char *class_name) {
  void *box = lua_newuserdatauv(L, size, 2);
  memset(box, 0, size);
  luaL_setmetatable(L, class_name);
  return box;
}

void bind_class(lua_State *L, const char *class_name, const luaL_Reg *methods, lua_CFunction gc) {
  luaL_newmetatable(L, class_name);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  if (gc) {
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__close");
  }
  lua_pushliteral(L, "locked");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

double bind_opt_number(lua_State *L, int index, const char *field, double otherwise) {
  lua_getfield(L, index, field);
  double value = otherwise;
  if (!lua_isnil(L, -1)) {
    int ok;
    value = lua_tonumberx(L, -1, &ok);
    if (!ok) luaL_error(L, "field '%s' must be a number", field);
  }
  lua_pop(L, 1);
  return value;
}

int bind_opt_int(lua_State *L, int index, const char *field, int otherwise, int low, int high) {
  double value = bind_opt_number(L, index, field, otherwise);
  if (!(value >= low && value <= high) && value != otherwise) return luaL_error(L, "field '%s' must be a number from %d to %d", field, low, high);
  return (int)value;
}

int bind_opt_bool(lua_State *L, int index, const char *field, int otherwise) {
  lua_getfield(L, index, field);
  int value = lua_isnil(L, -1) ? otherwise : lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}
