/* See json_keys.h. Names are sorted in a userdata by their bytes. */
#include "json_keys.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "../core/utf8.h"

static int compare(const void *a, const void *b) {
  const struct json_key *x = a, *y = b;
  size_t n = x->len < y->len ? x->len : y->len;
  int order = memcmp(x->text, y->text, n);
  return order ? order : (x->len > y->len) - (x->len < y->len);
}

bool json_keys_again(lua_State *L, int index, struct json_key *keys, size_t count) {
  size_t i = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), i++) {
    if (i == count || lua_type(L, -2) != LUA_TSTRING) {
      lua_pop(L, 2);
      return false;
    }
    keys[i].text = lua_tolstring(L, -2, &keys[i].len);
  }
  if (i < count) return false;
  qsort(keys, count, sizeof *keys, compare);
  return true;
}

struct json_key *json_keys_read(lua_State *L, int index, size_t *count) {
  *count = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1), ++*count) {
    if (lua_type(L, -2) == LUA_TSTRING) continue;
    const char *type = luaL_typename(L, -2);
    lua_pushfstring(L, "an object has a key of type %s (%s) and only texts can be keys", type, luaL_tolstring(L, -2, NULL));
    return NULL;
  }
  struct json_key *keys = lua_newuserdatauv(L, (*count + 1) * sizeof *keys, 0);
  if (!json_keys_again(L, index, keys, *count)) luaL_error(L, "json: a table changed while it was written");
  return keys;
}

static bool is_valid(const struct json_key *key) {
  for (size_t i = 0, len; i < key->len; i += len) {
    len = (unsigned char)key->text[i] < 0x80 ? 1 : utf8_valid(key->text + i, key->len - i);
    if (len == 0) return false;
  }
  return true;
}

/* Pushes the repaired name, which the table on top does not have. */
static void push_name(lua_State *L, const struct json_key *key) {
  luaL_Buffer b;
  int table = lua_gettop(L);
  luaL_buffinit(L, &b);
  for (size_t i = 0, len; i < key->len; i += len) {
    len = utf8_valid(key->text + i, key->len - i);
    if (len) luaL_addlstring(&b, key->text + i, len);
    else luaL_addstring(&b, "\xef\xbf\xbd"), len = utf8_bad(key->text + i, key->len - i);
  }
  luaL_pushresult(&b);
  for (;;) {
    lua_pushvalue(L, -1);
    if (lua_rawget(L, table) == LUA_TNIL) break;
    lua_pop(L, 1);
    lua_pushliteral(L, "\xef\xbf\xbd");
    lua_concat(L, 2);
  }
  lua_pop(L, 1);
}

bool json_keys_repair(lua_State *L, int index, const struct json_key *keys, size_t count) {
  size_t bad = 0;
  for (size_t i = 0; i < count; i++) bad += !is_valid(&keys[i]);
  if (!bad) return false;
  lua_createtable(L, 0, (int)count);
  for (int valid = 1; valid >= 0; valid--) /* those that are valid keep their names */
    for (size_t i = 0; i < count; i++) {
      if (is_valid(&keys[i]) != valid) continue;
      push_name(L, &keys[i]);
      lua_pushlstring(L, keys[i].text, keys[i].len);
      lua_rawget(L, index);
      lua_rawset(L, -3);
    }
  return true;
}
