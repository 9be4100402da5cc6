/* The functions of `string` that one call could keep busy for ever, because nothing stops C. A search by a pattern that would not come to an
 * end in time raises instead, in what others wrote; ordinary ones are told from their length and go to the standard function. Plain text is
 * found in linear time, and nothing is repeated in none. */
#include <string.h>

#include "../core/pattern.h"
#include "bind.h"
#include "guard.h"
#include "open.h"

/* A step takes about 3 ns. What has no budget is stopped after some seconds. */
enum { STEPS_PER_MS = 100 * 1000, FREE_MS = 4 * 1000, STEPS_PER_BYTE = 16 };

enum kind { FIND, MATCH, GMATCH, GSUB };

/* Whether the innermost script did not ship with the program. */
static bool theirs(lua_State *L) {
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "S", &ar);
    if (*ar.what == 'C') continue;
    return strncmp(ar.short_src, "lua/", 4) != 0 && strncmp(ar.short_src, "commands/", 9) != 0;
  }
  return false;
}

static size_t start_of(lua_State *L, int arg, size_t len) {
  lua_Integer at = lua_isnumber(L, arg) ? lua_tointeger(L, arg) : 1;
  if (at > 0) return (size_t)at - 1;
  return at == 0 || at < -(lua_Integer)len ? 0 : len - (size_t)-at;
}

static void look(lua_State *L, enum kind kind) {
  if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING) return; /* the standard function says so; a number is short */
  struct pattern_text t = {.most = kind <= MATCH ? 1 : SIZE_MAX, .anchors = kind != GMATCH};
  t.text = lua_tolstring(L, 1, &t.text_len);
  t.pattern = lua_tolstring(L, 2, &t.pattern_len);
  t.start = kind == GSUB ? 0 : start_of(L, 3, t.text_len);
  if (kind == GSUB && lua_isnumber(L, 4)) t.most = lua_tointeger(L, 4) > 0 ? (size_t)lua_tointeger(L, 4) : 0;
  int left = guard_left_ms();
  t.steps = (long)(left < 0 ? FREE_MS : left) * STEPS_PER_MS + STEPS_PER_BYTE * (long)t.text_len;
  if (t.start > t.text_len || pattern_harmless(&t) || (left < 0 && !theirs(L))) return;
  if (pattern_try(&t) == PATTERN_SPENT)
    luaL_error(L, "this pattern takes too long on a text of %d bytes; have fewer of * + - ? in it, begin it with ^, or find plain text: find(text, 1, true)",
               (int)t.text_len);
}

/* find(text, what, start, true): the standard function compares again at each place where `what` may begin. */
static bool find_plain(lua_State *L) {
  size_t text_len, what_len;
  if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING || !(lua_isnoneornil(L, 3) || lua_isinteger(L, 3))) return false;
  const char *text = lua_tolstring(L, 1, &text_len), *what = lua_tolstring(L, 2, &what_len);
  size_t start = start_of(L, 3, text_len);
  if (start > text_len) return false;
  const char *at = memmem(text + start, text_len - start, what, what_len);
  if (!at) {
    lua_pushnil(L);
    return true;
  }
  lua_pushinteger(L, at - text + 1);
  lua_pushinteger(L, at - text + (lua_Integer)what_len);
  return true;
}

/* Upvalues: the standard function, the kind. */
static int checked(lua_State *L) {
  lua_CFunction standard = lua_tocfunction(L, lua_upvalueindex(1));
  enum kind kind = (enum kind)lua_tointeger(L, lua_upvalueindex(2));
  if (kind != FIND || !lua_toboolean(L, 4)) look(L, kind);
  else if (find_plain(L)) return lua_isnil(L, -1) ? 1 : 2;
  return standard(L);
}

static bool empty(lua_State *L, int arg) { return lua_type(L, arg) == LUA_TSTRING && lua_rawlen(L, arg) == 0; }

/* Upvalue: the standard function. */
static int rep(lua_State *L) {
  lua_CFunction standard = lua_tocfunction(L, lua_upvalueindex(1));
  if (!empty(L, 1) || !(lua_isnoneornil(L, 3) || empty(L, 3))) return standard(L);
  luaL_checkinteger(L, 2);
  lua_pushliteral(L, "");
  return 1;
}

void pattern_open(lua_State *L) {
  static const struct {
    const char *name;
    enum kind kind;
  } functions[] = {{"find", FIND}, {"match", MATCH}, {"gmatch", GMATCH}, {"gsub", GSUB}};
  lua_getglobal(L, "string");
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    lua_getfield(L, -1, functions[i].name);
    lua_pushinteger(L, functions[i].kind);
    lua_pushcclosure(L, checked, 2);
    lua_setfield(L, -2, functions[i].name);
  }
  lua_getfield(L, -1, "rep");
  lua_pushcclosure(L, rep, 1);
  lua_setfield(L, -2, "rep");
  lua_pop(L, 1);
}
