/* `sys.http`: requests as tables, answers as streams that wait, a framer without a connection, addresses as curl reads them. */
#include "../core/http.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../core/http_route.h"
#include "../core/http_url.h"
#include "bind.h"

struct stream {
  struct http *http; /* NULL once closed */
  struct waiter readers;
  bool opening_done; /* the close that ends l_http_open must leave the stream to its new owner */
};

struct framer {
  struct http_sse sse;
  struct buf bytes;
};

static const char *const class_name = "sys.http.HttpStream";
static const char *const framer_class = "sys.http.framer";
static const char *const url_class = "sys.http.url";

/* -- from the request table to struct http_request ------------------------------------------------------------------ */
/* Everything pointed to stays reachable: strings are on the stack, or in tables that nobody changes before http_open returns. */

static const char *opt_string(lua_State *L, const char *field) {
  int type = lua_getfield(L, 1, field);
  if (type == LUA_TNIL) return NULL;
  if (type != LUA_TSTRING) luaL_error(L, "request field '%s' must be a string", field);
  size_t n;
  const char *text = lua_tolstring(L, -1, &n);
  if (strlen(text) != n) luaL_error(L, "request field '%s' holds a zero byte", field);
  return text;
}

static bool read_piece(lua_State *L, int index, struct http_piece *p) {
  *p = (struct http_piece){.secret = bind_test_secret(L, index)};
  if (p->secret) return true;
  if (lua_type(L, index) != LUA_TSTRING) return false;
  p->text = lua_tolstring(L, index, &p->len);
  return true;
}

/* The value on top, a string, a secret or a list of them, as pieces in a userdata that takes its place below the value. */
static const struct http_piece *read_pieces(lua_State *L, size_t *count, const char *what) {
  bool list = lua_istable(L, -1);
  *count = list ? lua_rawlen(L, -1) : 1;
  struct http_piece *pieces = lua_newuserdatauv(L, (*count + 1) * sizeof *pieces, 0);
  lua_insert(L, -2);
  for (size_t i = 0; i < *count; i++) {
    if (list) lua_rawgeti(L, -1, (lua_Integer)i + 1);
    if (!read_piece(L, -1, &pieces[i])) luaL_error(L, "%s must be text, or a list of texts and secrets", what);
    if (list) lua_pop(L, 1);
  }
  return pieces;
}

/* The table on top, or nil. */
static void read_headers(lua_State *L, struct http_request *r) {
  int table = lua_gettop(L);
  if (lua_isnil(L, table)) return;
  luaL_argcheck(L, lua_istable(L, table), 1, "request field 'headers' must be a table");
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) r->header_count++;
  struct http_header *headers = lua_newuserdatauv(L, (r->header_count + 1) * sizeof *headers, 0);
  r->headers = headers;
  luaL_checkstack(L, (int)r->header_count + 8, "too many headers");
  for (lua_pushnil(L); lua_next(L, table); headers++) { /* each round leaves its pieces on the stack, below the key */
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "the names of headers must be strings");
    headers->name = lua_tostring(L, -2);
    char what[80];
    snprintf(what, sizeof what, "header '%.60s'", headers->name);
    headers->pieces = read_pieces(L, &headers->count, what);
    lua_pop(L, 1);
    lua_insert(L, -2);
  }
}

static void read_request(lua_State *L, struct http_request *r) {
  luaL_checktype(L, 1, LUA_TTABLE);
  *r = (struct http_request){.url = opt_string(L, "url"), .method = opt_string(L, "method"), .proxy = opt_string(L, "proxy"), .ca = opt_string(L, "ca"),
                              .pem = opt_string(L, "ca_pem"), .cert = opt_string(L, "client_cert"), .key = opt_string(L, "client_key"),
                              .password = opt_string(L, "client_password")};
  if (!r->url) luaL_error(L, "a request needs the field 'url'");
  r->insecure = bind_opt_bool(L, 1, "insecure", 0);
  r->follow = bind_opt_bool(L, 1, "follow", 0);
  r->outside = bind_opt_bool(L, 1, "outside", 0);
  r->connect_timeout = bind_opt_number(L, 1, "connect_timeout", 10);
  r->first_timeout = bind_opt_number(L, 1, "first_timeout", -1);
  r->idle_timeout = bind_opt_number(L, 1, "idle_timeout", 120);
  r->total_timeout = bind_opt_number(L, 1, "total_timeout", 0);
  double max = bind_opt_number(L, 1, "max_body", 256 << 20);
  r->max_body = max >= 0 && max < 9e15 ? (int64_t)max : INT64_MAX;
  r->has_body = lua_getfield(L, 1, "body") != LUA_TNIL;
  int body = lua_gettop(L);
  lua_getfield(L, 1, "headers"); /* the last time that Lua of the caller may run */
  read_headers(L, r);
  if (!r->has_body) return;
  luaL_checkstack(L, 8, "too many headers");
  lua_pushvalue(L, body);
  r->body = read_pieces(L, &r->body_count, "body");
}

/* -- HttpStream ----------------------------------------------------------------------------------------------------- */

static void stream_close(struct stream *s) {
  http_close(s->http);
  s->http = NULL;
  waiter_wake(&s->readers);
}

static int stream_gc(lua_State *L) {
  struct stream *s = luaL_checkudata(L, 1, class_name);
  if (s->opening_done) s->opening_done = false;
  else stream_close(s);
  return 0;
}

/* close(over) */
static int l_stream_close(lua_State *L) {
  struct stream *s = luaL_checkudata(L, 1, class_name);
  if (lua_isboolean(L, 2) && lua_toboolean(L, 2)) { /* as __close it gets an error or nil here */
    http_finish(s->http);
    s->http = NULL;
  }
  stream_close(s);
  return 0;
}

static int closed(lua_State *L) {
  struct err e;
  err_set(&e, ERR_CANCELLED, "the stream was closed");
  return bind_fail(L, &e);
}

static int read_k(lua_State *L, int status, lua_KContext ctx) {
  struct stream *s = (struct stream *)ctx;
  struct err e;
  const char *bytes;
  size_t n;
  (void)status;
  if (!s->http) return closed(L);
  switch (http_read(s->http, &bytes, &n, &e)) {
    case HTTP_WAIT: return task_wait(L, &s->readers, ctx, read_k);
    case HTTP_FAILED: return bind_fail(L, &e);
    case HTTP_END: return 0;
    case HTTP_DATA: break;
  }
  lua_pushlstring(L, bytes, n);
  return 1;
}

static int l_stream_read(lua_State *L) { return read_k(L, LUA_OK, (lua_KContext)luaL_checkudata(L, 1, class_name)); }

static int all_k(lua_State *L, int status, lua_KContext ctx) {
  struct stream *s = (struct stream *)ctx;
  struct err e;
  const char *bytes;
  size_t n;
  (void)status;
  if (!s->http) return closed(L);
  switch (http_all(s->http, (size_t)lua_tointeger(L, 2), &bytes, &n, &e)) {
    case HTTP_WAIT: return task_wait(L, &s->readers, ctx, all_k);
    case HTTP_FAILED: return bind_fail(L, &e);
    case HTTP_END: case HTTP_DATA: break;
  }
  lua_pushlstring(L, bytes, n);
  return 1;
}

static int l_stream_all(lua_State *L) {
  struct stream *s = luaL_checkudata(L, 1, class_name);
  lua_Integer limit = luaL_optinteger(L, 2, HTTP_ALL_MAX);
  luaL_argcheck(L, limit >= 0, 2, "a limit cannot be negative");
  lua_settop(L, 1);
  lua_pushinteger(L, limit);
  return all_k(L, LUA_OK, (lua_KContext)s);
}

/* sealed(names, name, origins, limit): the stack holds these */
static int sealed_k(lua_State *L, int status, lua_KContext ctx) {
  struct stream *s = (struct stream *)ctx;
  struct err e;
  const char *bytes;
  size_t n;
  (void)status;
  if (!s->http) return closed(L);
  switch (http_all(s->http, (size_t)lua_tointeger(L, 5), &bytes, &n, &e)) {
    case HTTP_WAIT: return task_wait(L, &s->readers, ctx, sealed_k);
    case HTTP_FAILED: return bind_fail(L, &e);
    case HTTP_END: case HTTP_DATA: break;
  }
  int results = bind_seal(L, bytes, n, 2);
  if (s->http) http_wipe(s->http); /* a function for the origins may have closed it */
  return results;
}

static int l_stream_sealed(lua_State *L) {
  struct stream *s = luaL_checkudata(L, 1, class_name);
  bind_check_seal(L, 2);
  lua_Integer limit = luaL_optinteger(L, 5, 1 << 20);
  luaL_argcheck(L, limit >= 0, 5, "a limit cannot be negative");
  lua_settop(L, 4);
  lua_pushinteger(L, limit);
  return sealed_k(L, LUA_OK, (lua_KContext)s);
}

static void push_text(lua_State *L, const char *text, size_t len) { text ? (void)lua_pushlstring(L, text, len) : lua_pushnil(L); }

/* At the end there is neither data nor name, but where it was. */
static int push_event(lua_State *L, const struct http_sse_event *ev) {
  push_text(L, ev->data, ev->data_len);
  push_text(L, ev->name, ev->name_len);
  push_text(L, ev->id_len ? ev->id : NULL, ev->id_len);
  if (ev->retry >= 0) return lua_pushinteger(L, ev->retry), 4;
  return lua_pushnil(L), 4;
}

static int event_k(lua_State *L, int status, lua_KContext ctx) {
  struct stream *s = (struct stream *)ctx;
  struct err e;
  struct http_sse_event ev = {.retry = -1};
  (void)status;
  if (!s->http) return closed(L);
  switch (http_event(s->http, &ev, &e)) {
    case HTTP_WAIT: return task_wait(L, &s->readers, ctx, event_k);
    case HTTP_FAILED: return bind_fail(L, &e);
    case HTTP_END: ev.data = ev.name = NULL; return push_event(L, &ev);
    case HTTP_DATA: break;
  }
  if (!lua_isnil(L, 2) && bind_push_by_template(L, 2, ev.name, ev.name_len, ev.data, ev.data_len)) {
    lua_pushvalue(L, 2);
    return 2;
  }
  return push_event(L, &ev);
}

/* event(template) */
static int l_stream_event(lua_State *L) {
  struct stream *s = luaL_checkudata(L, 1, class_name);
  lua_settop(L, 2);
  if (!bind_test_template(L, 2)) {
    luaL_argcheck(L, !lua_toboolean(L, 2), 2, "a template expected");
    lua_pushnil(L);
    lua_replace(L, 2);
  }
  return event_k(L, LUA_OK, (lua_KContext)s);
}

/* Methods (upvalue 1) first, then the fields in the user value. */
static int stream_index(lua_State *L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  if (lua_getiuservalue(L, 1, 1) != LUA_TTABLE) return 0;
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

static void push_headers(lua_State *L, const struct http *h) {
  size_t at = 0;
  struct http_field f;
  lua_newtable(L);
  while (http_next_header(h, &at, &f)) {
    lua_pushlstring(L, f.name, f.name_len);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
      lua_pop(L, 1);
      lua_pushlstring(L, f.value, f.value_len);
    } else {
      lua_pushliteral(L, ", ");
      lua_pushlstring(L, f.value, f.value_len);
      lua_concat(L, 3);
    }
    lua_rawset(L, -3);
  }
}

/* -- the module ----------------------------------------------------------------------------------------------------- */

static int open_k(lua_State *L, int status, lua_KContext ctx) {
  struct stream *s = (struct stream *)ctx;
  struct err e;
  (void)status;
  switch (http_head(s->http, &e)) {
    case HTTP_WAIT: return task_wait(L, &s->readers, ctx, open_k);
    case HTTP_END: case HTTP_FAILED:
      bind_fail(L, &e);
      lua_pushboolean(L, http_sent(s->http) > 0);
      lua_setfield(L, -2, "sent");
      return 2;
    case HTTP_DATA: break;
  }
  lua_createtable(L, 0, 4);
  lua_pushnumber(L, http_sent(s->http));
  lua_setfield(L, -2, "sent");
  lua_pushinteger(L, http_status(s->http));
  lua_setfield(L, -2, "status");
  lua_pushstring(L, http_final_url(s->http));
  lua_setfield(L, -2, "url");
  push_headers(L, s->http);
  lua_setfield(L, -2, "headers");
  lua_setiuservalue(L, 1, 1);
  lua_pushvalue(L, 1);
  s->opening_done = true;
  return 1;
}

/* The stream is to-be-closed while it opens, so that cancelling the task stops the transfer at once. */
static int l_http_open(lua_State *L) {
  struct http_request r;
  struct err e;
  lua_settop(L, 1);
  read_request(L, &r);
  struct stream *s = bind_new(L, sizeof *s, class_name);
  s->http = http_open(&r, waiter_wake_arg, &s->readers, &e);
  if (!s->http) return bind_fail(L, &e);
  lua_replace(L, 1); /* the request may be collected while we wait */
  lua_settop(L, 1);
  lua_toclose(L, 1);
  return open_k(L, LUA_OK, (lua_KContext)s);
}

static int l_http_warm(lua_State *L) {
  struct http_request r;
  lua_settop(L, 1);
  read_request(L, &r);
  http_warm(&r);
  return 0;
}

/* A copy of a field of the table on top, NULL where it is missing. Raises nothing once something was copied: a wrong type is none. */
static char *copy_field(lua_State *L, const char *field) {
  char *copy = lua_getfield(L, -1, field) == LUA_TSTRING ? strdup(lua_tostring(L, -1)) : NULL;
  lua_pop(L, 1);
  return copy;
}

static bool bool_field(lua_State *L, const char *field) {
  lua_getfield(L, -1, field);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

/* Pushes a table of the table at 1 and counts its entries whose names are texts. */
static size_t count_named(lua_State *L, const char *field) {
  size_t n = 0;
  if (lua_getfield(L, 1, field) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
  }
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) n += lua_type(L, -2) == LUA_TSTRING;
  return n;
}

/* use(route) */
static int l_http_use(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  struct http_route route = {.proxy = copy_field(L, "proxy"), .ca = copy_field(L, "ca"), .pem = copy_field(L, "ca_pem"),
                             .insecure = bool_field(L, "insecure"), .forced = bool_field(L, "forced")};
  size_t n = count_named(L, "variables");
  route.variables = calloc(n + 1, sizeof *route.variables);
  for (lua_pushnil(L); route.variables && lua_next(L, -2); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) continue;
    route.variables[route.variable_count++] = (struct http_variable){strdup(lua_tostring(L, -2)), strdup(lua_tostring(L, -1))};
  }
  n = count_named(L, "rules");
  route.rules = calloc(n + 1, sizeof *route.rules);
  for (lua_pushnil(L); route.rules && lua_next(L, -2); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1)) continue;
    route.rules[route.rule_count++] =
        (struct http_rule){strdup(lua_tostring(L, -2)), copy_field(L, "client_cert"), copy_field(L, "client_key"),
                           copy_field(L, "client_password"), bool_field(L, "plain")};
  }
  http_route_use(&route);
  return 0;
}

static int framer_feed(lua_State *L) {
  struct framer *f = lua_touserdata(L, lua_upvalueindex(1));
  bool end = lua_isnoneornil(L, 1);
  size_t n = 0, pos = 0, used;
  const char *bytes = end ? "" : luaL_checklstring(L, 1, &n);
  struct http_sse_event ev;
  struct err e;
  enum http_sse_result r;
  if (!buf_add(&f->bytes, bytes, n)) return luaL_error(L, "not enough memory");
  lua_newtable(L);
  for (lua_Integer i = 1;; i++) {
    r = http_sse_next(&f->sse, f->bytes.data ? f->bytes.data + pos : "", f->bytes.len - pos, end, &used, &ev);
    pos += used;
    if (r != HTTP_SSE_EVENT) break;
    lua_createtable(L, 0, 4);
    push_event(L, &ev);
    lua_setfield(L, -5, "retry");
    lua_setfield(L, -4, "id");
    lua_setfield(L, -3, "event");
    lua_setfield(L, -2, "data");
    lua_rawseti(L, -2, i);
  }
  buf_drop(&f->bytes, pos);
  if (r == HTTP_SSE_MORE) return 1;
  err_set(&e, r == HTTP_SSE_NO_MEMORY ? ERR_BROKEN : ERR_PROTOCOL, "%s",
          r == HTTP_SSE_LINE_TOO_LONG ? "a line of the event stream is too long" : r == HTTP_SSE_EVENT_TOO_LONG ? "an event is too long" : "out of memory");
  return bind_fail(L, &e);
}

static int framer_gc(lua_State *L) {
  struct framer *f = luaL_checkudata(L, 1, framer_class);
  http_sse_free(&f->sse);
  buf_free(&f->bytes);
  return 0;
}

static int l_http_sse(lua_State *L) {
  bind_new(L, sizeof(struct framer), framer_class);
  lua_pushcclosure(L, framer_feed, 1);
  return 1;
}

static int l_http_is_private(lua_State *L) {
  lua_pushboolean(L, http_name_is_private(luaL_checkstring(L, 1)));
  return 1;
}

static int url_gc(lua_State *L) {
  http_url_free(luaL_checkudata(L, 1, url_class));
  return 0;
}

static int l_http_parse_url(lua_State *L) {
  struct err e;
  const char *text = luaL_checkstring(L, 1);
  struct http_url *u = bind_new(L, sizeof *u, url_class);
  if (!http_url_parse(text, u, &e)) return bind_fail(L, &e);
  lua_createtable(L, 0, 9);
  lua_pushstring(L, u->scheme);
  lua_setfield(L, -2, "scheme");
  lua_pushstring(L, u->host);
  lua_setfield(L, -2, "host");
  lua_pushinteger(L, u->port);
  lua_setfield(L, -2, "port");
  lua_pushstring(L, u->path);
  lua_setfield(L, -2, "path");
  lua_pushstring(L, u->origin);
  lua_setfield(L, -2, "origin");
  lua_pushboolean(L, u->loopback);
  lua_setfield(L, -2, "loopback");
  lua_pushboolean(L, u->private);
  lua_setfield(L, -2, "private");
  lua_pushboolean(L, u->public);
  lua_setfield(L, -2, "public");
  lua_pushboolean(L, http_route_is_exposed(u, http_route_proxy(u, NULL)));
  lua_setfield(L, -2, "exposed");
  return 1;
}

/* join(base, link) */
static int l_http_join(lua_State *L) {
  char joined[HTTP_URL_JOINED_MAX];
  const char *base = luaL_checkstring(L, 1), *link = luaL_checkstring(L, 2);
  lua_pushstring(L, http_url_join(base, link, joined) ? joined : NULL); /* nil for NULL */
  return 1;
}

/* Collected last, because it is made before every stream: then the kept connections can be closed. */
static int shutdown_gc(lua_State *L) {
  (void)L;
  http_shutdown();
  return 0;
}

int open_http(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_http_open},
                                       {"sse", l_http_sse}, {"warm", l_http_warm}, {"use", l_http_use}, {"is_private", l_http_is_private},
                                       {"parse_url", l_http_parse_url}, {"join", l_http_join}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"read", l_stream_read}, {"all", l_stream_all}, {"sealed", l_stream_sealed}, {"event", l_stream_event}, {"close", l_stream_close},
      {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}};
  bind_class(L, "sys.http.shutdown", none, shutdown_gc);
  bind_class(L, framer_class, none, framer_gc);
  bind_class(L, url_class, none, url_gc);
  bind_class(L, class_name, methods, stream_gc);
  luaL_getmetatable(L, class_name);
  lua_getfield(L, -1, "__index");
  lua_pushcclosure(L, stream_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  bind_new(L, 1, "sys.http.shutdown");
  lua_setfield(L, LUA_REGISTRYINDEX, "sys.http.shutdown.guard");
  luaL_newlib(L, functions);
  return 1;
}
