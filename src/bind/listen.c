/* `sys.listen`: see the class of that name in lua/meta/sys.lua. */
#include "../core/http_listen.h"

#include "bind.h"

enum { PORTS_MAX = 64 };

struct box {
  struct http_listen *l; /* NULL once closed */
  struct waiter waiting;
};

static const char *const class_name = "sys.listen.Listener";

static struct box *check(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (!b->l) luaL_error(L, "the listener is closed");
  return b;
}

static int listener_gc(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  http_listen_close(b->l);
  b->l = NULL;
  waiter_wake(&b->waiting);
  return 0;
}

static int l_listener_port(lua_State *L) {
  lua_pushinteger(L, http_listen_port(check(L)->l));
  return 1;
}

static int next_k(lua_State *L, int status, lua_KContext ctx) {
  struct box *b = (struct box *)ctx;
  const char *query;
  size_t n;
  (void)status;
  bool found = b->l && http_listen_next(b->l, &query, &n);
  if (!found && b->l && !task_expired()) return task_wait(L, &b->waiting, ctx, next_k);
  task_deadline_clear();
  if (!found) return 0;
  lua_pushlstring(L, query, n);
  return 1;
}

static int l_listener_next(lua_State *L) {
  struct box *b = check(L);
  double seconds = luaL_checknumber(L, 2);
  task_deadline(L, seconds);
  return next_k(L, LUA_OK, (lua_KContext)b);
}

static int l_listener_answer(lua_State *L) {
  size_t n;
  struct box *b = check(L);
  lua_Integer status = luaL_checkinteger(L, 2);
  const char *page = luaL_checklstring(L, 3, &n);
  luaL_argcheck(L, status >= 200 && status < 600, 2, "not a status");
  luaL_argcheck(L, n <= 16384, 3, "the page is too long");
  http_listen_answer(b->l, (int)status, page, n);
  return 0;
}

/* open{ports, path} */
static int l_listen_open(lua_State *L) {
  uint16_t ports[PORTS_MAX];
  size_t count = 0;
  struct err e;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_argcheck(L, lua_getfield(L, 1, "ports") == LUA_TTABLE, 1, "field 'ports' must be a list");
  for (; count < PORTS_MAX && lua_rawgeti(L, 2, (lua_Integer)count + 1) != LUA_TNIL; count++) {
    int whole;
    lua_Integer port = lua_tointegerx(L, -1, &whole);
    luaL_argcheck(L, whole && port >= 0 && port <= 65535, 1, "a port is a number up to 65535");
    ports[count] = (uint16_t)port;
    lua_settop(L, 2);
  }
  lua_settop(L, 2);
  luaL_argcheck(L, lua_getfield(L, 1, "path") == LUA_TSTRING && lua_rawlen(L, 3) < 128, 1, "field 'path' must be a short string");
  struct box *b = bind_new(L, sizeof *b, class_name);
  b->l = http_listen_open(ports, count, lua_tostring(L, 3), waiter_wake_arg, &b->waiting, &e);
  return b->l ? 1 : bind_fail(L, &e);
}

static int l_listen_taken(lua_State *L) {
  lua_Integer port = luaL_checkinteger(L, 1);
  lua_pushboolean(L, port > 0 && port <= UINT16_MAX && http_listen_taken((uint16_t)port));
  return 1;
}

int open_listen(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_listen_open}, {"taken", l_listen_taken}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"port", l_listener_port}, {"next", l_listener_next}, {"answer", l_listener_answer}, {"close", listener_gc}, {NULL, NULL}};
  bind_class(L, class_name, methods, listener_gc);
  luaL_newlib(L, functions);
  return 1;
}
