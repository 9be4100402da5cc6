/* `sys.secret`: handles on secrets. The value never becomes a Lua string again; everything that would show it raises. */
#include "../core/secret.h"

#include <stdlib.h>
#include <string.h>

#include "../core/hash.h"
#include "../core/secret_seal.h"
#include "bind.h"

struct box {
  struct secret *secret;
};

static const char *const class_name = "sys.secret.Secret";
static const char *const buf_class = "sys.secret.buf";
static const char *const sealed_class = "sys.secret.sealed";

struct secret *bind_test_secret(lua_State *L, int index) {
  struct box *b = luaL_testudata(L, index, class_name);
  return b ? b->secret : NULL;
}

static struct box *check_box(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (!b->secret) luaL_error(L, "this secret is already wiped");
  return b;
}

/* Reads the list at index into an array of strings, in a userdata left on the stack that keeps them: Lua may change the list meanwhile. */
static const char **check_list(lua_State *L, int index, size_t *count, const char *what) {
  luaL_checktype(L, index, LUA_TTABLE);
  *count = lua_rawlen(L, index);
  const char **list = lua_newuserdatauv(L, (*count + 1) * sizeof *list, 1);
  lua_newtable(L);
  for (size_t i = 0; i < *count; i++) {
    if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING) luaL_argerror(L, index, what);
    list[i] = lua_tostring(L, -1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setiuservalue(L, -2, 1);
  return list;
}

static const char **check_origins(lua_State *L, int index, size_t *count) { return check_list(L, index, count, "origins must be strings"); }

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
  struct buf *out = bind_new(L, sizeof *out, buf_class); /* a box, so that it is freed if pushing fails */
  if (!secret_redact(text, n, out)) {
    lua_pushvalue(L, 1);
    return 1;
  }
  lua_pushlstring(L, out->len ? out->data : "", out->len);
  buf_free(out);
  return 1;
}

static int buf_gc(lua_State *L) {
  buf_wipe(lua_touserdata(L, 1));
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

/* -- what is made of a secret --------------------------------------------------------------------------------------- */

static int l_secret_basic(lua_State *L) {
  size_t n;
  struct err e;
  struct box *b = check_box(L);
  const char *user = luaL_checklstring(L, 2, &n);
  luaL_argcheck(L, !memchr(user, ':', n), 2, "a user name in Basic cannot hold a colon");
  struct box *made = bind_new(L, sizeof *made, class_name);
  return give(L, made, secret_basic(b->secret, user, n, &e), &e);
}

/* encoded("form" | "json") */
static int l_secret_encoded(lua_State *L) {
  static const char *const forms[] = {"form", "json", NULL};
  struct err e;
  struct box *b = check_box(L);
  int form = luaL_checkoption(L, 2, NULL, forms);
  struct box *made = bind_new(L, sizeof *made, class_name);
  return give(L, made, form == 0 ? secret_in_form(b->secret, &e) : secret_in_json(b->secret, &e), &e);
}

/* hmac("sha256" | "sha1", text, "hex" | "base64"?) */
static int l_secret_hmac(lua_State *L) {
  static const char *const algorithms[] = {"sha256", "sha1", NULL}, *const forms[] = {"hex", "base64", NULL};
  static const struct hash_kind kinds[] = {{hash_sha256, 32}, {hash_sha1, 20}};
  unsigned char digest[HASH_MAX];
  char text[2 * HASH_MAX + 1];
  size_t n, len;
  const char *value = secret_value(check_box(L)->secret, &len);
  struct hash_kind kind = kinds[luaL_checkoption(L, 2, NULL, algorithms)];
  const char *message = luaL_checklstring(L, 3, &n);
  int base64 = luaL_checkoption(L, 4, "hex", forms);
  if (!hash_hmac(kind, value, len, message, n, digest)) return luaL_error(L, "not enough memory");
  if (base64) hash_base64(digest, kind.size, text);
  else hash_hex(digest, kind.size, text);
  lua_pushstring(L, text);
  return 1;
}

static void decode_json(lua_State *L) { /* the text on top becomes one value, or nil and an error */
  luaL_requiref(L, "sys.json", open_json, 0);
  lua_getfield(L, -1, "decode");
  lua_remove(L, -2);
  lua_insert(L, -2);
  lua_call(L, 1, 2);
}

static int no_token(lua_State *L, const char *name) {
  struct err e;
  err_set(&e, ERR_PROTOCOL, "the secret '%.64s' is no JSON web token: it has no claims to read", name);
  return bind_fail(L, &e);
}

/* jwt_claims{"sub", "exp"}: of the middle part, which is readable by design; the part that proves it stays where it is */
static int l_secret_jwt_claims(lua_State *L) {
  size_t n, count, len;
  struct box *b = check_box(L);
  const char *value = secret_value(b->secret, &n), *from = memchr(value, '.', n);
  const char *to = from ? memchr(from + 1, '.', n - (size_t)(from + 1 - value)) : NULL;
  const char **names = check_list(L, 2, &count, "claims must be strings");
  if (!to || to - from > 64 * 1024) return no_token(L, secret_name(b->secret));
  struct buf *claims = bind_new(L, sizeof *claims, buf_class);
  if (!buf_reserve(claims, (size_t)(to - from))) return luaL_error(L, "not enough memory");
  if (!hash_unbase64(from + 1, (size_t)(to - from) - 1, (unsigned char *)claims->data, &len)) return no_token(L, secret_name(b->secret));
  lua_pushlstring(L, claims->data, len);
  decode_json(L);
  lua_pop(L, 1);
  if (!lua_istable(L, -1)) return no_token(L, secret_name(b->secret));
  lua_createtable(L, 0, (int)count);
  for (size_t i = 0; i < count; i++) {
    int type = lua_getfield(L, -2, names[i]);
    if (type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN) lua_setfield(L, -2, names[i]);
    else lua_pop(L, 1);
  }
  return 1;
}

/* -- sealing -------------------------------------------------------------------------------------------------------- */

static int sealed_gc(lua_State *L) {
  secret_seal_free(lua_touserdata(L, 1));
  return 0;
}

void bind_check_seal(lua_State *L, int names) {
  size_t count;
  check_list(L, names, &count, "names of fields must be strings");
  lua_pop(L, 1);
  luaL_checkstring(L, names + 1);
  if (!lua_isfunction(L, names + 2)) luaL_checktype(L, names + 2, LUA_TTABLE);
}

struct unseal {
  const struct secret_seal *sealed;
  const char **names, **origins;
  const char *name;
  size_t count, origin_count;
};

/* Puts handles where secret_seal_json left positions, in the table on top and all below it. False with *e when a value cannot be a secret. */
static bool put_handles(lua_State *L, const struct unseal *u, struct err *e) {
  luaL_checkstack(L, 8, "JSON too deep");
  for (size_t i = 0; i < u->count; i++) {
    lua_pushstring(L, u->names[i]);
    if (lua_rawget(L, -2) == LUA_TSTRING && lua_rawlen(L, -1) > 0) {
      size_t at = (size_t)lua_tointeger(L, -1) - 1;
      if (at >= u->sealed->count) return err_set(e, ERR_PROTOCOL, "the JSON cannot be understood"), false;
      struct box *b = bind_new(L, sizeof *b, class_name);
      b->secret = secret_new(u->name, u->sealed->values[at].data, u->sealed->values[at].len, u->origins, u->origin_count, e);
      if (!b->secret) return false;
      lua_setfield(L, -3, u->names[i]);
    }
    lua_pop(L, 1);
  }
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
    if (lua_istable(L, -1) && !put_handles(L, u, e)) return false;
  return true;
}

/* JSON bytes as a table with handles in the named fields; names is the index of the names, the handles' name and the origins, a list or
 * a function that gives one for the table. */
int bind_seal(lua_State *L, const char *json, size_t n, int names) {
  struct err e;
  struct unseal u = {.name = lua_tostring(L, names + 1)};
  u.names = check_list(L, names, &u.count, "names of fields must be strings");
  struct secret_seal *sealed = bind_new(L, sizeof *sealed, sealed_class);
  u.sealed = sealed;
  if (!secret_seal_json(json, n, u.names, u.count, sealed, &e)) return bind_fail(L, &e);
  lua_pushlstring(L, sealed->text.data, sealed->text.len);
  decode_json(L);
  if (!lua_istable(L, -2)) {
    if (!lua_isnil(L, -2)) err_set(&e, ERR_PROTOCOL, "the JSON is no object");
    return lua_isnil(L, -2) ? 2 : bind_fail(L, &e);
  }
  lua_pop(L, 1);
  int table = lua_gettop(L);
  lua_pushvalue(L, names + 2);
  if (lua_isfunction(L, -1)) {
    lua_pushvalue(L, table);
    lua_call(L, 1, 1);
    if (!lua_istable(L, -1)) luaL_error(L, "the function for origins must give a list");
  }
  u.origins = check_origins(L, lua_gettop(L), &u.origin_count);
  lua_pushvalue(L, table);
  return put_handles(L, &u, &e) ? 1 : bind_fail(L, &e);
}

/* seal(json, names, name, origins) */
static int l_secret_seal(lua_State *L) {
  size_t n;
  const char *json = luaL_checklstring(L, 1, &n);
  bind_check_seal(L, 2);
  return bind_seal(L, json, n, 2);
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
  static const luaL_Reg functions[] = {{"new", l_secret_new}, {"env", l_secret_env}, {"redact", l_secret_redact},
                                       {"seal", l_secret_seal}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"name", l_secret_name}, {"hint", l_secret_hint}, {"origins", l_secret_origins}, {"bind", l_secret_bind}, {"basic", l_secret_basic},
      {"encoded", l_secret_encoded}, {"hmac", l_secret_hmac}, {"jwt_claims", l_secret_jwt_claims}, {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}};
  static const char *const refused[][2] = {{"__concat", "joined to text"}, {"__len", "measured"}, {"__eq", "compared"},
                                           {"__lt", "compared"},           {"__le", "compared"}};
  bind_class(L, buf_class, none, buf_gc);
  bind_class(L, sealed_class, none, sealed_gc);
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
