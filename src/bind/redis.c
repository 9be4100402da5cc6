/* `sys.redis`: a connection to a Redis server and its commands. Each call blocks for one round trip, with a short limit of time. */
#include "../core/redis.h"

#include <string.h>

#include "../core/secret.h"
#include "bind.h"

static const char *const class_name = "sys.redis.Redis";

struct box {
  const struct redis_api *api;
  redisContext *context; /* NULL once closed */
  redisReply *reply;     /* while Lua may raise */
};

static struct timeval span(double seconds) {
  return (struct timeval){.tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
}

static int redis_close(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (b->reply) b->api->free_reply(b->reply);
  if (b->context) b->api->Free(b->context);
  b->reply = NULL;
  b->context = NULL;
  return 0;
}

static void network(struct err *e, const redisContext *c, const char *what) {
  err_set(e, ERR_NETWORK, "%s: %s", what, c && c->errstr[0] ? c->errstr : "no memory for a connection");
}

/* open(host, port, timeout) */
static int l_redis_open(lua_State *L) {
  struct err e;
  size_t n;
  const char *host = luaL_checklstring(L, 1, &n);
  lua_Integer port = luaL_checkinteger(L, 2);
  double timeout = luaL_optnumber(L, 3, 2);
  luaL_argcheck(L, strlen(host) == n && n > 0, 1, "a host is text without zero bytes");
  luaL_argcheck(L, port > 0 && port < 65536, 2, "a port is 1 to 65535");
  luaL_argcheck(L, timeout > 0 && timeout < 1e6, 3, "a time above 0");
  struct box *b = bind_new(L, sizeof *b, class_name);
  b->api = redis_load(&e);
  if (!b->api) return bind_fail(L, &e);
  b->context = b->api->ConnectWithTimeout(host, (int)port, span(timeout));
  if (!b->context || b->context->err) {
    network(&e, b->context, "connect to Redis");
    return bind_fail(L, &e);
  }
  b->api->SetTimeout(b->context, span(timeout));
  return 1;
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
  b->api->free_reply(b->reply);
  b->reply = NULL;
  return 1;
}

/* call(command, argument...): texts, numbers, and secrets that are not shown */
static int l_redis_call(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  struct err e;
  int count = lua_gettop(L) - 1;
  luaL_argcheck(L, count > 0, 2, "a command is needed");
  if (!b->context) return luaL_error(L, "the connection is closed");
  const char **words = lua_newuserdatauv(L, (size_t)count * sizeof *words, 0);
  size_t *sizes = lua_newuserdatauv(L, (size_t)count * sizeof *sizes, 0);
  for (int i = 0; i < count; i++) {
    const struct secret *s = bind_test_secret(L, i + 2);
    words[i] = s ? secret_value(s, &sizes[i]) : luaL_checklstring(L, i + 2, &sizes[i]);
  }
  b->reply = b->api->CommandArgv(b->context, count, words, sizes);
  if (!b->reply) {
    network(&e, b->context, "Redis");
    return bind_fail(L, &e);
  }
  if (b->reply->type != REDIS_REPLY_ERROR) return push_reply(L, b);
  err_set(&e, ERR_BROKEN, "Redis: %s", b->reply->str);
  snprintf(e.code, sizeof e.code, "%.*s", (int)strcspn(b->reply->str, " "), b->reply->str);
  b->api->free_reply(b->reply);
  b->reply = NULL;
  return bind_fail(L, &e);
}

int open_redis(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_redis_open}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"call", l_redis_call}, {"close", redis_close}, {NULL, NULL}};
  bind_class(L, class_name, methods, redis_close);
  luaL_newlib(L, functions);
  return 1;
}
