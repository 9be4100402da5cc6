/* `sys.secret`: handles on secrets. The value never becomes a Lua string again; everything that would show it raises. */
#include "../core/secret.h"

#include <stdlib.h>

#include "bind.h"

struct box {
  struct secret *secret;
};

static const char *const class_name = "sys.secret.Secret";

struct secret *bind_test_secret(lua_State *L, int index) {
  struct box *b = luaL_testudata(L, index, class_name);
  return b ? b->secret : NULL;
}

static struct box *check_box(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (!b->secret) luaL_error(L, "this secret is already wiped");
  return b;
}

/* Reads the list at index into an array of strings that lives as long as the list and the userdata pushed for it. */
static const char **check_origins(lua_State *L, int index, size_t *count) {
  luaL_checktype(L, index, LUA_TTABLE);
  *count = lua_rawlen(L, index);
  const char **list = lua_newuserdatauv(L, (*count + 1) * sizeof *list, 0);
  for (size_t i = 0; i < *count; i++) {
    if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING) luaL_argerror(L, index, "origins must be strings");
    list[i] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  return list;
}

static int give(lua_State *L, struct box *b, struct secret *s, const struct err *e) {
  b->secret = s;
  return s ? 1 : bind_fail(L, e);
}

/* new(name, value, origins) */
static int l_secret_new(lua_State *L) {
  size_t len, count;
  struct err e;
  const char *name = luaL_checkstring(L, 1), *value = luaL_checklstring(L, 2, &len);
  const char **origins = check_origins(L, 3, &count);
  struct box *b = bind_new(L, sizeof *b, class_name);
  return give(L, b, secret_new(name, value, len, origins, count, &e), &e);
}

/* env(name, variable, origins): the value goes from the environment to the registry without passing through Lua */
static int l_secret_env(lua_State *L) {
  size_t count;
  struct err e;
  const char *name = luaL_checkstring(L, 1), *value = getenv(luaL_checkstring(L, 2));
  const char **origins = check_origins(L, 3, &count);
  if (!value || !*value) return 0;
  struct box *b = bind_new(L, sizeof *b, class_name);
  size_t len = 0;
  while (value[len]) len++;
  return give(L, b, secret_new(name, value, len, origins, count, &e), &e);
}

static int l_secret_redact(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  struct buf *out = bind_new(L, sizeof *out, "sys.secret.buf"); /* a box, so that it is freed if pushing fails */
  if (!secret_redact(text, n, out)) {
    lua_pushvalue(L, 1);
    return 1;
  }
  lua_pushlstring(L, out->len ? out->data : "", out->len);
  buf_free(out);
  return 1;
}

static int buf_gc(lua_State *L) {
  buf_free(lua_touserdata(L, 1));
  return 0;
}

static int l_secret_name(lua_State *L) {
  lua_pushstring(L, secret_name(check_box(L)->secret));
  return 1;
}

static int l_secret_hint(lua_State *L) {
  char hint[SECRET_HINT_SIZE];
  secret_hint(check_box(L)->secret, hint);
  lua_pushstring(L, hint);
  return 1;
}

static int l_secret_origins(lua_State *L) {
  struct box *b = check_box(L);
  lua_newtable(L);
  for (size_t i = 0; i < secret_origin_count(b->secret); i++) {
    lua_pushstring(L, secret_origin(b->secret, i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int l_secret_bind(lua_State *L) {
  size_t count;
  struct err e;
  struct box *b = check_box(L);
  const char **origins = check_origins(L, 2, &count);
  struct box *bound = bind_new(L, sizeof *bound, class_name);
  return give(L, bound, secret_bind(b->secret, origins, count, &e), &e);
}

static int secret_gc(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  secret_free(b->secret);
  b->secret = NULL;
  return 0;
}

static int secret_tostring(lua_State *L) {
  lua_pushfstring(L, "<secret %s>", secret_name(check_box(L)->secret));
  return 1;
}

static int refuse(lua_State *L) {
  return luaL_error(L, "a secret cannot be %s: put it into a header as a list, as in {\"Bearer \", secret}, or show its :hint()",
                    lua_tostring(L, lua_upvalueindex(1)));
}

int open_secret(lua_State *L) {
  static const luaL_Reg functions[] = {{"new", l_secret_new}, {"env", l_secret_env}, {"redact", l_secret_redact}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"name", l_secret_name}, {"hint", l_secret_hint}, {"origins", l_secret_origins}, {"bind", l_secret_bind}, {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}};
  static const char *const refused[][2] = {{"__concat", "joined to text"}, {"__len", "measured"}, {"__eq", "compared"},
                                           {"__lt", "compared"},           {"__le", "compared"}};
  bind_class(L, "sys.secret.buf", none, buf_gc);
  bind_class(L, class_name, methods, secret_gc);
  luaL_getmetatable(L, class_name);
  lua_pushcfunction(L, secret_tostring);
  lua_setfield(L, -2, "__tostring");
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    lua_pushstring(L, refused[i][1]);
    lua_pushcclosure(L, refuse, 1);
    lua_setfield(L, -2, refused[i][0]);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
