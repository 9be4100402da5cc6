/* `sys.redis`: a connection to a Redis server and its commands. Each call blocks for one round trip, with a short limit of time. */
#include "../core/redis.h"

#include <string.h>

#include "../core/secret.h"
#include "bind.h"

static const char *const class_name = "sys.redis.Redis";

struct box {
  struct redis redis;
  redisReply *reply; /* while Lua may raise */
};

static int l_redis_close(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (b->reply) b->redis.api->free_reply(b->reply);
  b->reply = NULL;
  redis_close(&b->redis);
  return 0;
}

static const char *opt_path(lua_State *L, const char *field) {
  return lua_getfield(L, 3, field) == LUA_TNIL ? NULL : luaL_checkstring(L, -1); /* stays on the stack, and so good */
}

/* open(host, port, options) */
static int l_redis_open(lua_State *L) {
  struct err e;
  size_t n;
  struct redis_place place = {.host = luaL_checklstring(L, 1, &n)};
  lua_Integer port = luaL_checkinteger(L, 2);
  if (lua_isnoneornil(L, 3)) {
    lua_settop(L, 2);
    lua_newtable(L);
  }
  luaL_checktype(L, 3, LUA_TTABLE);
  place.timeout = bind_opt_number(L, 3, "timeout", 2);
  place.tls = bind_opt_bool(L, 3, "tls", 0);
  place.certs = (struct http_tls){.ca = opt_path(L, "ca"), .pem = opt_path(L, "ca_pem"), .insecure = bind_opt_bool(L, 3, "insecure", 0)};
  luaL_argcheck(L, n > 0 && n <= 250 && strcspn(place.host, "/?#@ \\[]") == n, 1, "that is no host");
  luaL_argcheck(L, port > 0 && port < 65536, 2, "a port is 1 to 65535");
  luaL_argcheck(L, place.timeout > 0 && place.timeout < 1e6, 3, "a time above 0");
  place.port = (int)port;
  struct box *b = bind_new(L, sizeof *b, class_name);
  return redis_open(&b->redis, &place, &e) ? 1 : bind_fail(L, &e);
}

static int push_reply(lua_State *L, struct box *b) {
  const redisReply *r = b->reply;
  if (r->type == REDIS_REPLY_INTEGER) lua_pushinteger(L, r->integer);
  else if (r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS) lua_pushlstring(L, r->str, (size_t)r->len);
  else if (r->type == REDIS_REPLY_ARRAY) {
    lua_createtable(L, (int)r->elements, 0);
    for (size_t i = 0; i < r->elements; i++) {
      const redisReply *item = r->element[i];
      if (item->type == REDIS_REPLY_INTEGER) lua_pushinteger(L, item->integer);
      else if (item->type == REDIS_REPLY_STRING || item->type == REDIS_REPLY_STATUS) lua_pushlstring(L, item->str, (size_t)item->len);
      else lua_pushboolean(L, 0);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
  } else {
    lua_pushboolean(L, 0);
  }
  b->redis.api->free_reply(b->reply);
  b->reply = NULL;
  return 1;
}

/* call(command, argument...): texts, numbers, and secrets that are not shown */
static int l_redis_call(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  struct err e;
  int count = lua_gettop(L) - 1;
  luaL_argcheck(L, count > 0, 2, "a command is needed");
  if (!b->redis.easy) return luaL_error(L, "the connection is closed");
  const char **words = lua_newuserdatauv(L, (size_t)count * sizeof *words, 0);
  size_t *sizes = lua_newuserdatauv(L, (size_t)count * sizeof *sizes, 0);
  for (int i = 0; i < count; i++) {
    const struct secret *s = bind_test_secret(L, i + 2);
    words[i] = s ? secret_value(s, &sizes[i]) : luaL_checklstring(L, i + 2, &sizes[i]);
  }
  b->reply = redis_call(&b->redis, count, words, sizes, &e);
  if (!b->reply) return bind_fail(L, &e);
  if (b->reply->type != REDIS_REPLY_ERROR) return push_reply(L, b);
  err_set(&e, ERR_BROKEN, "Redis: %s", b->reply->str);
  snprintf(e.code, sizeof e.code, "%.*s", (int)strcspn(b->reply->str, " "), b->reply->str);
  b->redis.api->free_reply(b->reply);
  b->reply = NULL;
  return bind_fail(L, &e);
}

int open_redis(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_redis_open}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"call", l_redis_call}, {"close", l_redis_close}, {NULL, NULL}};
  bind_class(L, class_name, methods, l_redis_close);
  luaL_newlib(L, functions);
  return 1;
}
