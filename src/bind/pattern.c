/* The functions of `string` that one call could keep busy for ever, because nothing stops C. A search by a pattern in a user's file
 * has a budget of CPU time: the rest of its guard, else a second and something for each byte. It raises when that is used up.
 * Searches that cannot take long, and those of shipped files outside of a guard, go to the standard function. Plain text is found in
 * linear time, and nothing is repeated in none. */
#include <string.h>

#include "../core/pattern.h"
#include "bind.h"
#include "guard.h"
#include "open.h"

enum kind { FIND, MATCH, GMATCH, GSUB };

static const double FREE_SECONDS = 1, FREE_PER_BYTE = 1e-7, OF_WHAT_IS_LEFT = 0.9;

/* Whether the innermost script did not ship with the program. */
static bool is_users(lua_State *L) {
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "S", &ar);
    if (*ar.what == 'C') continue;
    return strncmp(ar.short_src, "lua/", 4) != 0 && strncmp(ar.short_src, "commands/", 9) != 0;
  }
  return false;
}

/* Of what is left of a guard, and for a person's own script at most its free time. */
static double budget(lua_State *L, size_t text_len) {
  int left = guard_left_ms();
  double most = FREE_SECONDS + FREE_PER_BYTE * (double)text_len;
  double share = left * OF_WHAT_IS_LEFT / 1000.0; /* it tells more than the guard, so it ends first */
  return left < 0 || (share > most && is_users(L)) ? most : share;
}

/* False: it is there and no integer. */
static bool opt_integer(lua_State *L, int arg, lua_Integer *value) {
  int ok = 1;
  if (!lua_isnoneornil(L, arg)) *value = lua_tointegerx(L, arg, &ok);
  return ok;
}

/* Where a search begins; false when the standard function is to answer or to complain. */
static bool read_start(lua_State *L, int arg, size_t len, size_t *start) {
  lua_Integer at = 1;
  if (!opt_integer(L, arg, &at)) return false;
  if (at > 0) *start = (size_t)at - 1;
  else *start = at == 0 || at < -(lua_Integer)len ? 0 : len - (size_t)-at;
  return *start <= len;
}

/* Fills s from the arguments; false when the standard function is to be called. */
static bool needs_budget(lua_State *L, enum kind kind, struct pattern_search *s) {
  if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING) return false; /* a number is short */
  memset(s, 0, offsetof(struct pattern_search, captures));
  s->anchors = kind != GMATCH;
  s->stop = guard_stopping;
  s->text = lua_tolstring(L, 1, &s->text_len);
  s->pattern = lua_tolstring(L, 2, &s->pattern_len);
  if (kind != GSUB && !read_start(L, 3, s->text_len, &s->at)) return false;
  if (pattern_harmless(s) || !(guard_active() || is_users(L))) return false;
  s->budget = budget(L, s->text_len);
  return true;
}

/* The next match, or false; what is wrong with a search is raised. */
static bool next(lua_State *L, struct pattern_search *s) {
  enum pattern_result result = pattern_next(s);
  if (result == PATTERN_BROKEN) luaL_error(L, "%s", s->problem);
  if (result == PATTERN_SPENT)
    luaL_error(L,
               "this pattern takes too long on a text of %d bytes; have fewer of * + - ? in it, begin it with ^, or find plain "
               "text: find(text, 1, true)",
               (int)s->text_len);
  return result == PATTERN_FOUND;
}

static void push_capture(lua_State *L, const struct pattern_search *s, int i) {
  const struct pattern_capture *c = &s->captures[i];
  if (c->kind == PATTERN_OPEN) luaL_error(L, "unfinished capture");
  if (c->kind == PATTERN_POSITION) lua_pushinteger(L, (lua_Integer)c->at + 1);
  else lua_pushlstring(L, s->text + c->at, c->len);
}

static void push_whole(lua_State *L, const struct pattern_search *s) { lua_pushlstring(L, s->text + s->from, s->to - s->from); }

static int push_captures(lua_State *L, const struct pattern_search *s) {
  luaL_checkstack(L, s->count, "too many captures");
  for (int i = 0; i < s->count; i++) push_capture(L, s, i);
  return s->count;
}

/* The captures, or the whole match when there are none. */
static int push_match(lua_State *L, const struct pattern_search *s) {
  if (s->count > 0) return push_captures(L, s);
  push_whole(L, s);
  return 1;
}

static int find(lua_State *L, struct pattern_search *s) {
  if (!next(L, s)) return lua_pushnil(L), 1;
  lua_pushinteger(L, (lua_Integer)s->from + 1);
  lua_pushinteger(L, (lua_Integer)s->to);
  return 2 + push_captures(L, s);
}

/* Upvalues: the search, the text and the pattern it points into. */
static int gmatch_next(lua_State *L) {
  struct pattern_search *s = lua_touserdata(L, lua_upvalueindex(1));
  pattern_renew(s, budget(L, s->text_len));
  return next(L, s) ? push_match(L, s) : 0;
}

static int gmatch(lua_State *L, const struct pattern_search *s) {
  memcpy(lua_newuserdatauv(L, sizeof *s, 0), s, sizeof *s);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, gmatch_next, 3);
  return 1;
}

/* -- gsub ----------------------------------------------------------------------------------------------------------- */

/* A text with %0 to %9 and %%. */
static void add_text(lua_State *L, luaL_Buffer *b, const struct pattern_search *s) {
  size_t n;
  const char *at = lua_tolstring(L, 3, &n), *end = at + n;
  for (const char *sign; (sign = memchr(at, '%', (size_t)(end - at))); at = sign + 2) {
    luaL_addlstring(b, at, (size_t)(sign - at));
    int c = sign + 1 < end ? (unsigned char)sign[1] : 0, i = c - '1';
    if (c == '%') {
      luaL_addchar(b, '%');
    } else if (c < '0' || c > '9') {
      luaL_error(L, "invalid use of '%%' in replacement string");
    } else if (c == '0' || (i == 0 && s->count == 0)) {
      luaL_addlstring(b, s->text + s->from, s->to - s->from);
    } else {
      if (i >= s->count) luaL_error(L, "invalid capture index %%%d in replacement string", i + 1);
      push_capture(L, s, i);
      luaL_addvalue(b);
    }
  }
  luaL_addlstring(b, at, (size_t)(end - at));
}

/* What a function or a table has for the match; nil and false leave it as it is. */
static void add_value(lua_State *L, luaL_Buffer *b, struct pattern_search *s) {
  if (lua_type(L, 3) == LUA_TFUNCTION) {
    lua_pushvalue(L, 3);
    lua_call(L, push_match(L, s), 1);
  } else {
    if (s->count > 0) push_capture(L, s, 0);
    else push_whole(L, s);
    lua_gettable(L, 3);
  }
  pattern_renew(s, budget(L, s->text_len));
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    push_whole(L, s);
  } else if (!lua_isstring(L, -1)) {
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  }
  luaL_addvalue(b);
}

static int gsub(lua_State *L, struct pattern_search *s, lua_Integer most) {
  bool by_text = lua_type(L, 3) == LUA_TSTRING || lua_type(L, 3) == LUA_TNUMBER;
  lua_Integer count = 0;
  size_t done = 0;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  while (count < most && next(L, s)) {
    size_t before = luaL_bufflen(&b);
    luaL_addlstring(&b, s->text + done, s->from - done);
    if (by_text) add_text(L, &b, s);
    else add_value(L, &b, s);
    pattern_spend(s, luaL_bufflen(&b) - before);
    done = s->to;
    count++;
  }
  luaL_addlstring(&b, s->text + done, s->text_len - done);
  luaL_pushresult(&b);
  lua_pushinteger(L, count);
  return 2;
}

/* -- the functions ---------------------------------------------------------------------------------------------------- */

/* Text without a sign of patterns: the standard function compares again at each place where it may begin. */
static bool find_plain(lua_State *L) {
  size_t text_len, what_len, start;
  if (lua_type(L, 1) != LUA_TSTRING || lua_type(L, 2) != LUA_TSTRING) return false;
  const char *text = lua_tolstring(L, 1, &text_len), *what = lua_tolstring(L, 2, &what_len);
  if (!lua_toboolean(L, 4) && strcspn(what, "^$*+?.([%-") < what_len) return false; /* a NUL ends the look: then it is searched for */
  if (!read_start(L, 3, text_len, &start)) return false;
  const char *at = memmem(text + start, text_len - start, what, what_len);
  if (!at) {
    lua_pushnil(L);
    return true;
  }
  lua_pushinteger(L, at - text + 1);
  lua_pushinteger(L, at - text + (lua_Integer)what_len);
  return true;
}

/* Upvalue of each: the standard function. */
static int standard(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

static int l_find(lua_State *L) {
  struct pattern_search s;
  if (find_plain(L)) return lua_isnil(L, -1) ? 1 : 2;
  return needs_budget(L, FIND, &s) ? find(L, &s) : standard(L);
}

static int l_match(lua_State *L) {
  struct pattern_search s;
  if (!needs_budget(L, MATCH, &s)) return standard(L);
  if (next(L, &s)) return push_match(L, &s);
  lua_pushnil(L);
  return 1;
}

static int l_gmatch(lua_State *L) {
  struct pattern_search s;
  return needs_budget(L, GMATCH, &s) ? gmatch(L, &s) : standard(L);
}

static int l_gsub(lua_State *L) {
  struct pattern_search s;
  lua_Integer most = LUA_MAXINTEGER;
  int type = lua_type(L, 3);
  bool usual = type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TTABLE || type == LUA_TFUNCTION;
  if (!usual || !opt_integer(L, 4, &most) || !needs_budget(L, GSUB, &s)) return standard(L);
  return gsub(L, &s, most);
}

static bool is_empty(lua_State *L, int arg) { return lua_type(L, arg) == LUA_TSTRING && lua_rawlen(L, arg) == 0; }

static int l_rep(lua_State *L) {
  if (!is_empty(L, 1) || !(lua_isnoneornil(L, 3) || is_empty(L, 3))) return standard(L);
  luaL_checkinteger(L, 2);
  lua_pushliteral(L, "");
  return 1;
}

void pattern_open(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"find", l_find}, {"match", l_match}, {"gmatch", l_gmatch}, {"gsub", l_gsub}, {"rep", l_rep}};
  lua_getglobal(L, "string");
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    lua_getfield(L, -1, functions[i].name);
    lua_pushcclosure(L, functions[i].func, 1);
    lua_setfield(L, -2, functions[i].name);
  }
  lua_pop(L, 1);
}
