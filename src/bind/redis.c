/* `sys.redis`: a connection to a Redis server and its commands. A call waits on the loop for its reply, with a short limit of time. */
#include "../core/redis.h"

#include <string.h>

#include "../core/secret.h"
#include "bind.h"
#include "task.h"

static const char *const class_name = "sys.redis.Redis", *const call_class = "sys.redis.call";

struct box {
  struct redis *redis; /* NULL once closed */
  struct waiter waiting;
  double timeout;
};

static int l_redis_close(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  redis_close(b->redis);
  b->redis = NULL;
  waiter_wake(&b->waiting);
  return 0;
}

static int call_gc(lua_State *L) {
  redis_drop(luaL_checkudata(L, 1, call_class));
  return 0;
}

static const char *opt_path(lua_State *L, const char *field) {
  return lua_getfield(L, 3, field) == LUA_TNIL ? NULL : luaL_checkstring(L, -1); /* stays on the stack, and so good */
}

static int open_k(lua_State *L, int status, lua_KContext ctx) {
  struct box *b = (struct box *)ctx;
  struct err e;
  (void)status;
  err_set(&e, ERR_NETWORK, "Redis: the connection was closed");
  enum redis_state state = b->redis ? redis_state(b->redis, &e) : REDIS_FAILED;
  if (state == REDIS_CONNECTING) return task_wait(L, &b->waiting, ctx, open_k);
  if (state == REDIS_OPEN) return 1;
  redis_close(b->redis);
  b->redis = NULL;
  return bind_fail(L, &e);
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
  task_check_running(L);
  struct box *b = bind_new(L, sizeof *b, class_name);
  b->timeout = place.timeout;
  b->redis = redis_open(&place, waiter_wake_arg, &b->waiting, &e);
  return b->redis ? open_k(L, LUA_OK, (lua_KContext)b) : bind_fail(L, &e);
}

static void push_word(lua_State *L, const redisReply *r) {
  if (r->type == REDIS_REPLY_INTEGER) lua_pushinteger(L, r->integer);
  else if (r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS) lua_pushlstring(L, r->str, (size_t)r->len);
  else lua_pushboolean(L, 0);
}

static int push_reply(lua_State *L, const redisReply *r) {
  if (r->type == REDIS_REPLY_ERROR) {
    struct err e;
    err_set(&e, ERR_BROKEN, "Redis: %s", r->str);
    snprintf(e.code, sizeof e.code, "%.*s", (int)strcspn(r->str, " "), r->str);
    return bind_fail(L, &e);
  }
  if (r->type != REDIS_REPLY_ARRAY) return push_word(L, r), 1;
  lua_createtable(L, (int)r->elements, 0);
  for (size_t i = 0; i < r->elements; i++) {
    push_word(L, r->element[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* The stack holds the connection first, the call last. */
static int call_k(lua_State *L, int status, lua_KContext ctx) {
  struct redis_call *call = (struct redis_call *)ctx;
  struct box *b = lua_touserdata(L, 1);
  struct err e;
  (void)status;
  int got = redis_poll(call, &e);
  if (got == 0 && !task_expired()) return task_wait(L, &b->waiting, ctx, call_k);
  task_deadline_clear();
  if (got == 0) err_set(&e, ERR_TIMEOUT, "Redis: no answer in %g s", b->timeout);
  int results = got > 0 ? push_reply(L, call->reply) : bind_fail(L, &e);
  redis_drop(call);
  return results;
}

/* Reads the command from the stack, texts, numbers, and secrets that are not shown, and sends it. */
static bool send_words(lua_State *L, struct box *b, struct redis_call *call, int count, struct err *e) {
  const char **words = lua_newuserdatauv(L, (size_t)count * sizeof *words, 0);
  size_t *sizes = lua_newuserdatauv(L, (size_t)count * sizeof *sizes, 0);
  for (int i = 0; i < count; i++) {
    const struct secret *s = bind_test_secret(L, i + 2);
    words[i] = s ? secret_value(s, &sizes[i]) : luaL_checklstring(L, i + 2, &sizes[i]);
  }
  if (call) task_deadline(L, b->timeout); /* after what may raise */
  bool ok = redis_send(b->redis, count, words, sizes, call, e);
  if (call && !ok) task_deadline_clear();
  lua_pop(L, 2);
  return ok;
}

static struct box *check(lua_State *L, int *count) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  *count = lua_gettop(L) - 1;
  luaL_argcheck(L, *count > 0, 2, "a command is needed");
  if (!b->redis) luaL_error(L, "the connection is closed");
  return b;
}

/* call(command, argument...) */
static int l_redis_call(lua_State *L) {
  struct err e;
  int count;
  struct box *b = check(L, &count);
  task_check_running(L);
  struct redis_call *call = bind_new(L, sizeof *call, call_class);
  if (!send_words(L, b, call, count, &e)) return bind_fail(L, &e);
  return call_k(L, LUA_OK, (lua_KContext)call);
}

/* post(command, argument...) */
static int l_redis_post(lua_State *L) {
  struct err e;
  int count;
  struct box *b = check(L, &count);
  if (!send_words(L, b, NULL, count, &e)) return bind_fail(L, &e);
  lua_pushboolean(L, 1);
  return 1;
}

int open_redis(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_redis_open}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"call", l_redis_call}, {"post", l_redis_post}, {"close", l_redis_close}, {NULL, NULL}};
  bind_class(L, class_name, methods, l_redis_close);
  bind_class(L, call_class, (luaL_Reg[]){{NULL, NULL}}, call_gc);
  luaL_newlib(L, functions);
  return 1;
}
