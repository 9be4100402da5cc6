/* `sys.json`: lua-cjson decodes (own instance, strict limits), our encoder writes: sorted keys, exact integers, marked arrays,
 * valid UTF-8. Debian's cjson cannot write `[]`, loses digits beyond 14 and orders keys by hash: see docs/decisions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/buf.h"
#include "../core/utf8.h"
#include "bind.h"
#include "json_keys.h"

int luaopen_cjson_safe(lua_State *L);
int json_template_new(lua_State *L); /* json_template.c */

/* What was decoded is written again inside other values, so the writer goes deeper. */
enum { DECODE_DEPTH = 128, DEPTH_MAX = 192, TEXT_MAX = 256 * 1024 * 1024, STRING_MAX = 32 * 1024 * 1024 };
enum { TABLE_BYTES = 100, ITEM_BYTES = 32, FOREIGN_MAX = 24 * 1024 * 1024 };

static const char *const array_class = "sys.json.array";
static const char *const raw_class = "sys.json.raw";
static const char *const buffer_class = "sys.json.buffer";

/* One step of the way to the value that is being written: a name, or a position when name is NULL. Names live in their table. */
struct step {
  const char *name;
  size_t len;
  lua_Integer position;
};

/* The text grows in a userdata, so that an error raised on the way leaves nothing behind. */
struct writer {
  struct buf out;
  int indent, depth;
  unsigned ran; /* how often Lua of others ran, which may change any table */
  struct step path[DEPTH_MAX];
};

static struct writer *writer_new(lua_State *L) {
  struct writer *w = lua_newuserdatauv(L, sizeof *w, 0);
  memset(w, 0, offsetof(struct writer, path)); /* not the path, which is most of it */
  luaL_setmetatable(L, buffer_class);
  return w;
}

static int writer_gc(lua_State *L) {
  struct writer *w = luaL_checkudata(L, 1, buffer_class);
  buf_free(&w->out);
  return 0;
}

static void write_value(lua_State *L, struct writer *w, int index);

/* Raises "json: WORDS at .a.b[3]"; the words are on top of the stack. */
static _Noreturn void refuse(lua_State *L, const struct writer *w) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int i = 0; i < w->depth; i++) {
    const struct step *s = &w->path[i];
    if (i >= 8 && i < w->depth - 8) { /* a table that contains itself: the same names again and again */
      if (i == 8) luaL_addstring(&b, "...");
    } else if (s->name) {
      luaL_addchar(&b, '.');
      luaL_addlstring(&b, s->name, s->len < 40 ? s->len : 40);
    } else {
      lua_pushfstring(L, "[%I]", (LUAI_UACINT)s->position);
      luaL_addvalue(&b);
    }
  }
  luaL_pushresult(&b);
  luaL_error(L, "json: %s%s%s", lua_tostring(L, -2), w->depth ? " at " : "", lua_tostring(L, -1));
  __builtin_unreachable();
}

static void add(lua_State *L, struct writer *w, const char *bytes, size_t n) {
  if (w->out.len + n > TEXT_MAX) luaL_error(L, "json: the text would be larger than %d bytes", TEXT_MAX);
  if (!buf_add(&w->out, bytes, n)) luaL_error(L, "json: not enough memory");
}

static void newline(lua_State *L, struct writer *w) {
  static const char spaces[] = "                                ";
  if (w->indent < 0) return;
  add(L, w, "\n", 1);
  for (int left = w->indent * w->depth; left > 0; left -= 32) add(L, w, spaces, left < 32 ? (size_t)left : 32);
}

static void write_string(lua_State *L, struct writer *w, int index) {
  size_t n;
  const char *s = lua_tolstring(L, index, &n);
  if (n > STRING_MAX) {
    lua_pushfstring(L, "a text of %I bytes is too long", (LUAI_UACINT)n);
    refuse(L, w);
  }
  add(L, w, "\"", 1);
  size_t plain = 0, i = utf8_unescaped(s, n);
  while (i < n) {
    unsigned char c = (unsigned char)s[i];
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      i++;
      continue;
    }
    size_t len = c < 0x80 ? 0 : utf8_valid(s + i, n - i);
    if (len > 0) {
      i += len;
      continue;
    }
    add(L, w, s + plain, i - plain);
    char escape[8];
    if (c >= 0x80) memcpy(escape, "\xef\xbf\xbd", 4); /* U+FFFD */
    else if (c == '"') memcpy(escape, "\\\"", 3);
    else if (c == '\\') memcpy(escape, "\\\\", 3);
    else if (c == '\n') memcpy(escape, "\\n", 3);
    else if (c == '\t') memcpy(escape, "\\t", 3);
    else if (c == '\r') memcpy(escape, "\\r", 3);
    else snprintf(escape, sizeof escape, "\\u%04x", c);
    add(L, w, escape, strlen(escape));
    plain = i += c >= 0x80 ? utf8_bad(s + i, n - i) : 1;
    i += utf8_unescaped(s + i, n - i);
  }
  add(L, w, s + plain, n - plain);
  add(L, w, "\"", 1);
}

static void write_number(lua_State *L, struct writer *w, int index) {
  char text[40];
  double d = lua_tonumber(L, index);
  if (lua_isinteger(L, index)) snprintf(text, sizeof text, LUA_INTEGER_FMT, lua_tointeger(L, index));
  else if (!isfinite(d)) {
    lua_pushfstring(L, "%s is not a JSON number", isnan(d) ? "NaN" : "infinity");
    refuse(L, w);
  }
  else if (d == floor(d) && fabs(d) < 9007199254740992.0) snprintf(text, sizeof text, "%.0f", d);
  else {
    for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back as the same number */
      snprintf(text, sizeof text, "%.*g", digits, d);
      if (strtod(text, NULL) == d) break;
    }
  }
  add(L, w, text, strlen(text));
}

static bool has_class(lua_State *L, int index, const char *name) {
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, name);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

static void write_array(lua_State *L, struct writer *w, int index) {
  lua_Integer n = (lua_Integer)lua_rawlen(L, index), count = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
  if (count != n) { /* what is not in the sequence would be lost without a word */
    lua_pushliteral(L, "an array has holes, or names beside its positions");
    refuse(L, w);
  }
  add(L, w, "[", 1);
  struct step *step = &w->path[w->depth++];
  for (lua_Integer i = 1; i <= n; i++) {
    *step = (struct step){.position = i};
    if (i > 1) add(L, w, ",", 1);
    newline(L, w);
    lua_rawgeti(L, index, i);
    write_value(L, w, lua_gettop(L));
    lua_pop(L, 1);
  }
  w->depth--;
  if (n > 0) newline(L, w);
  add(L, w, "]", 1);
}

static void write_object(lua_State *L, struct writer *w, int index) {
  size_t count;
  struct json_key *keys = json_keys_read(L, index, &count);
  if (!keys) refuse(L, w);
  if (json_keys_repair(L, index, keys, count)) {
    write_object(L, w, lua_gettop(L));
    lua_pop(L, 2);
    return;
  }
  add(L, w, "{", 1);
  struct step *step = &w->path[w->depth++];
  for (size_t i = 0; i < count; i++) {
    if (i > 0) add(L, w, ",", 1);
    newline(L, w);
    const char *name = lua_pushlstring(L, keys[i].text, keys[i].len); /* stays: Lua that runs below may take it from the table */
    *step = (struct step){name, keys[i].len, 0};
    write_string(L, w, lua_gettop(L));
    add(L, w, w->indent < 0 ? ":" : ": ", w->indent < 0 ? 1 : 2);
    lua_pushvalue(L, -1);
    lua_rawget(L, index);
    unsigned ran = w->ran;
    write_value(L, w, lua_gettop(L));
    lua_pop(L, 2);
    if (w->ran != ran && !json_keys_again(L, index, keys, count)) luaL_error(L, "json: a table changed while it was written");
  }
  w->depth--;
  if (count > 0) newline(L, w);
  add(L, w, "}", 1);
  lua_pop(L, 1);
}

/* Raw text keeps its bytes, but one value stays on one line: line ends between tokens are left out. Valid JSON has none inside
 * its strings; decoders that let one pass get it back as the escape it should have been. */
static void write_raw(lua_State *L, struct writer *w, const char *text, size_t n) {
  bool inside = false;
  size_t plain = 0;
  for (size_t i = 0; i < n; i++) {
    char c = text[i];
    if (inside && c == '\\') i++;
    else if (c == '"') inside = !inside;
    if (c != '\n' && c != '\r') continue;
    add(L, w, text + plain, i - plain);
    if (inside) add(L, w, c == '\n' ? "\\n" : "\\r", 2);
    plain = i + 1;
  }
  add(L, w, text + plain, n - plain);
}

static void write_table(lua_State *L, struct writer *w, int index) {
  luaL_checkstack(L, 12, "json: too deep");
  if (w->depth >= DEPTH_MAX) {
    lua_pushfstring(L, "deeper than %d levels, or a table that contains itself", DEPTH_MAX);
    refuse(L, w);
  }
  if (luaL_getmetafield(L, index, "__json") != LUA_TNIL) { /* an object that stands for a text */
    w->ran++;
    luaL_tolstring(L, index, NULL);
    write_string(L, w, lua_gettop(L));
    lua_pop(L, 2);
    return;
  }
  if (has_class(L, index, raw_class)) {
    size_t n;
    lua_rawgeti(L, index, 1);
    const char *text = lua_tolstring(L, -1, &n);
    if (text) {
      write_raw(L, w, text, n);
    } else {
      lua_pushliteral(L, "a piece of raw JSON has lost its text");
      refuse(L, w);
    }
    lua_pop(L, 1);
  } else if (lua_rawlen(L, index) > 0 || has_class(L, index, array_class)) {
    write_array(L, w, index);
  } else {
    write_object(L, w, index);
  }
}

static void write_value(lua_State *L, struct writer *w, int index) {
  switch (lua_type(L, index)) {
    case LUA_TNIL: add(L, w, "null", 4); break;
    case LUA_TBOOLEAN: lua_toboolean(L, index) ? add(L, w, "true", 4) : add(L, w, "false", 5); break;
    case LUA_TNUMBER: write_number(L, w, index); break;
    case LUA_TSTRING: write_string(L, w, index); break;
    case LUA_TTABLE: write_table(L, w, index); break;
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(L, index) == NULL) {
        add(L, w, "null", 4);
        break;
      } /* fall through */
    default:
      lua_pushfstring(L, "cannot write a %s (%s)", luaL_typename(L, index), luaL_tolstring(L, index, NULL));
      refuse(L, w);
  }
}

/* encode(value, options?) */
static int l_json_encode(lua_State *L) {
  luaL_checkany(L, 1);
  int indent = lua_istable(L, 2) ? bind_opt_int(L, 2, "indent", -1, 0, 16) : -1;
  struct writer *w = writer_new(L);
  w->indent = indent;
  write_value(L, w, 1);
  lua_pushlstring(L, w->out.data ? w->out.data : "", w->out.len);
  buf_free(&w->out);
  return 1;
}

/* Whether a string in the text is longer than cjson is known to be safe with (CVE-2022-24834). */
static bool has_long_string(const char *text, size_t n) {
  size_t start = 0;
  bool inside = false;
  if (n <= STRING_MAX) return false;
  for (size_t i = 0; i < n; i++) {
    if (inside && text[i] == '\\') i++;
    else if (text[i] == '"') {
      if (inside && i - start > STRING_MAX) return true;
      inside = !inside;
      start = i;
    }
  }
  return inside && n - start > STRING_MAX;
}

/* The quote that ends the string whose text begins at `at`; NULL when there is none. */
static const char *string_end(const char *at, const char *end) {
  for (const char *quote; (quote = memchr(at, '"', (size_t)(end - at))); at = quote + 1) {
    const char *escape = quote;
    while (escape > at && escape[-1] == '\\') escape--;
    if ((quote - escape) % 2 == 0) return quote;
  }
  return NULL;
}

/* Whether a number outside strings is too large for a double: 1e999 would be read as infinity, which is no JSON. Gives its offset
 * and length, 0 when there is none. Only an exponent or 300 digits can be so large. */
static size_t huge_number(const char *text, size_t n, size_t *length) {
  static const char part[] = "0123456789+-.eE";
  const char *end = text + n;
  for (const char *at = text; at < end; at++) {
    if (*at == '"') {
      if (!(at = string_end(at + 1, end))) return 0;
    } else if ((unsigned)(*at - '0') < 10) {
      const char *first = at;
      while (at < end && (unsigned)(*at - '0') < 10) at++;
      if (at < end && *at && strchr(part, *at)) { /* a NUL is a part for strchr */
        while (at < end && *at && strchr(part, *at)) at++;
      } else if (at - first < 300) {
        at--;
        continue;
      }
      *length = (size_t)(at-- - first);
      if (isinf(strtod(first, NULL))) return (size_t)(first - text) + 1;
    }
  }
  return 0;
}

/* The code unit of an escape \uXXXX at p; -1 for anything else. */
static int unit_at(const char *p, const char *end) {
  int unit = 0;
  if (end - p < 6 || p[0] != '\\' || p[1] != 'u') return -1;
  for (int i = 2; i < 6; i++) {
    char c = p[i] | 0x20;
    int digit = p[i] >= '0' && p[i] <= '9' ? p[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

static bool is_high(int unit) { return unit >= 0xD800 && unit < 0xDC00; }

static bool is_low(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

/* The text with U+FFFD for each half of a character that stands alone: programs that cut text between two UTF-16 units send such
 * escapes, and cjson refuses them. With `keep` a half at the end or the beginning of a string stays, in the three bytes that UTF-8
 * would have for it: the other half may follow in the next text. */
static bool mend_halves(lua_State *L, const char *text, size_t n, bool keep) {
  struct writer *w = writer_new(L);
  const char *end = text + n, *from = text, *escaped = text; /* escaped: where the escape before ended */
  for (const char *at = text; (at = memchr(at, '\\', (size_t)(end - at)));) {
    int unit = unit_at(at, end);
    bool high = is_high(unit);
    if (!high && !is_low(unit)) {
      at = escaped = end - at < 2 ? end : at + 2;
      continue;
    }
    if (high && is_low(unit_at(at + 6, end))) {
      at = escaped = at + 12;
      continue;
    }
    bool first = at > text && at[-1] == '"' && at != escaped, last = at + 6 < end && at[6] == '"';
    char half[3] = {(char)0xED, (char)(0x80 | (unit >> 6 & 0x3F)), (char)(0x80 | (unit & 0x3F))};
    bool kept = keep && (high ? last : first);
    add(L, w, from, (size_t)(at - from));
    add(L, w, kept ? half : "\xef\xbf\xbd", 3);
    at = escaped = from = at + 6;
  }
  bool mended = from > text;
  if (mended) {
    add(L, w, from, (size_t)(end - from));
    lua_pushlstring(L, w->out.data, w->out.len);
  }
  buf_free(&w->out);
  return mended;
}

/* Calls cjson with the text at 1, the only thing on the stack: value and why not. */
static void decode(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_call(L, 1, 2);
}

/* Whether the tables and items of a text would take more than a stranger's may: `[],[],...` takes 25 times its size. They are made
 * before an end that is missing is found. */
static bool is_heavy(const char *text, size_t n) {
  size_t bytes = 0;
  const char *end = text + n;
  if (n <= FOREIGN_MAX / TABLE_BYTES) return false;
  for (const char *at = text; at < end && bytes <= FOREIGN_MAX; at++) {
    if (*at == '"' && !(at = string_end(at + 1, end))) break;
    bytes += *at == '[' || *at == '{' ? TABLE_BYTES : *at == ',' ? ITEM_BYTES : 0;
  }
  return bytes > FOREIGN_MAX;
}

/* decode(text, halves, foreign); upvalue: decode of the cjson instance */
static int l_json_decode(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  struct err e;
  if (n == 0) {
    err_set(&e, ERR_PROTOCOL, "not valid JSON: the text is empty");
    return bind_fail(L, &e);
  }
  const char *zero = memchr(text, '\0', n);
  if (zero) { /* cjson would take it for the end */
    err_set(&e, ERR_PROTOCOL, "not valid JSON: a zero byte at character %zu", (size_t)(zero - text) + 1);
    return bind_fail(L, &e);
  }
  if (n > TEXT_MAX || has_long_string(text, n)) {
    err_set(&e, ERR_TOO_LONG, "JSON text of %zu bytes is too long, or has a string of more than %d bytes", n, STRING_MAX);
    return bind_fail(L, &e);
  }
  size_t length, huge = huge_number(text, n, &length);
  if (huge) {
    err_set(&e, ERR_PROTOCOL, "not valid JSON: the number %.*s is too large", (int)(length < 40 ? length : 40), text + huge - 1);
    return bind_fail(L, &e);
  }
  void *room = malloc(n + 1); /* as cjson will: it ends the program where there is none */
  if (!room) {
    err_set(&e, ERR_BROKEN, "not enough memory for JSON text of %zu bytes", n);
    return bind_fail(L, &e);
  }
  free(room);
  bool halves = lua_toboolean(L, 2);
  if (lua_toboolean(L, 3) && is_heavy(text, n)) {
    err_set(&e, ERR_TOO_LONG, "JSON text of %zu bytes has so many values that they would take more than %d MB", n, FOREIGN_MAX >> 20);
    return bind_fail(L, &e);
  }
  lua_settop(L, 1);
  if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
    text = lua_pushlstring(L, text + 3, n -= 3);
    lua_replace(L, 1);
  }
  decode(L);
  if (lua_isnil(L, 2) && !lua_isnil(L, 3) && mend_halves(L, text, n, halves)) {
    lua_replace(L, 1);
    lua_settop(L, 1);
    decode(L);
  }
  if (!lua_isnil(L, 2) || lua_isnil(L, 3)) {
    lua_settop(L, 2);
    return 1;
  }
  const char *why = lua_tostring(L, 3);
  err_set(&e, ERR_PROTOCOL, "not valid JSON: %s", why ? why : "unknown reason");
  return bind_fail(L, &e);
}

static int l_json_array(lua_State *L) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) lua_newtable(L), lua_replace(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_setmetatable(L, array_class);
  return 1;
}

static int l_json_raw(lua_State *L) {
  const char *text = luaL_checkstring(L, 1);
  size_t mark = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* good before a whole text only */
  lua_createtable(L, 1, 0);
  lua_pushlstring(L, text + mark, lua_rawlen(L, 1) - mark);
  lua_rawseti(L, -2, 1);
  luaL_setmetatable(L, raw_class);
  return 1;
}

int open_json(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"encode", l_json_encode}, {"array", l_json_array}, {"raw", l_json_raw}, {"template", json_template_new}, {NULL, NULL}};
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  luaL_newmetatable(L, array_class);
  luaL_newmetatable(L, raw_class);
  bind_class(L, buffer_class, no_methods, writer_gc);
  lua_pop(L, 2);
  luaL_newlib(L, functions);
  lua_pushcfunction(L, luaopen_cjson_safe);
  lua_call(L, 0, 1); /* a fresh instance: its settings are ours alone */
  lua_getfield(L, -1, "decode_max_depth");
  lua_pushinteger(L, DECODE_DEPTH);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode_invalid_numbers");
  lua_pushboolean(L, 0);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "null");
  lua_setfield(L, -3, "null");
  lua_getfield(L, -1, "decode");
  lua_pushcclosure(L, l_json_decode, 1);
  lua_setfield(L, -3, "decode");
  lua_pop(L, 1);
  return 1;
}
