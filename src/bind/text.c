/* `sys.text`: UTF-8 repair and the sanitiser before every terminal sink. Text that needs nothing comes back as the same string. */
#include <errno.h>
#include <string.h>

#include "../core/buf.h"
#include "../core/charset.h"
#include "../core/term_plain.h"
#include "../core/term_sanitize.h"
#include "../core/fuzzy.h"
#include "../core/utf8.h"
#include "bind.h"

enum { RANK_MAX = 100 };

static const char *const class_name = "sys.text.cleaner";

/* The result grows in the userdata, so that an error raised on the way leaves nothing behind. */
struct cleaner {
  struct term_sanitize clean;
  struct buf out;
};

static int cleaner_gc(lua_State *L) {
  struct cleaner *c = luaL_checkudata(L, 1, class_name);
  buf_free(&c->out);
  return 0;
}

/* Pushes what has gathered; a big buffer is not kept for the next time. */
static int push_result(lua_State *L, struct cleaner *c, bool ok) {
  if (!ok) return luaL_error(L, "not enough memory to clean a text");
  lua_pushlstring(L, c->out.data ? c->out.data : "", c->out.len);
  c->out.len = 0;
  if (c->out.cap > 64 * 1024) buf_free(&c->out);
  return 1;
}

static int clean_whole(lua_State *L, bool visible) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  lua_settop(L, 1);
  if (term_sanitize_is_plain(s, n)) return 1;
  struct cleaner *c = bind_new(L, sizeof *c, class_name);
  c->clean.visible = visible;
  push_result(L, c, term_sanitize_feed(&c->clean, &c->out, s, n) && term_sanitize_end(&c->clean, &c->out));
  buf_free(&c->out);
  return 1;
}

static int l_text_clean(lua_State *L) { return clean_whole(L, false); }

static int l_text_visible(lua_State *L) { return clean_whole(L, true); }

/* normal(text, "NFC" or "NFD"): the same letters, composed or in parts; what is no UTF-8 stays */
static int l_text_normal(lua_State *L) {
  static const char *const forms[] = {"NFC", "NFD", NULL};
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  bool compose = luaL_checkoption(L, 2, NULL, forms) == 0;
  lua_settop(L, 1);
  if (utf8_ascii(s, n) == n) return 1;
  struct cleaner *c = bind_new(L, sizeof *c, class_name);
  int number = utf8_normal(&c->out, s, n, compose);
  if (number < 0) return push_result(L, c, false);
  if (number > 0) push_result(L, c, true);
  else lua_pushvalue(L, 1);
  buf_free(&c->out);
  return 1;
}

/* line_ends(text, from?, to?): how many stand in that part */
static int l_text_line_ends(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  lua_Integer from = luaL_optinteger(L, 2, 1), to = luaL_optinteger(L, 3, (lua_Integer)n), count = 0;
  if (from < 1) from = 1;
  if (to > (lua_Integer)n) to = (lua_Integer)n;
  if (from > to) to = from = 0;
  else from--;
  for (const char *at = s + from, *end = s + to; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++) count++;
  lua_pushinteger(L, count);
  return 1;
}

static int l_text_plain(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  lua_settop(L, 1);
  if (term_sanitize_is_plain(s, n)) return 1;
  struct cleaner *c = bind_new(L, sizeof *c, class_name);
  push_result(L, c, term_plain(&c->out, s, n));
  buf_free(&c->out);
  return 1;
}

/* convert(bytes, from, to): the text; nil and the place of the first byte that cannot be converted */
static int l_text_convert(lua_State *L) {
  size_t n, at = 0;
  const char *s = luaL_checklstring(L, 1, &n), *from = luaL_checkstring(L, 2), *to = luaL_checkstring(L, 3);
  lua_settop(L, 3);
  struct cleaner *c = bind_new(L, sizeof *c, class_name);
  int number = charset_convert(&c->out, s, n, from, to, &at);
  if (number == 0 || number == ENOMEM) {
    push_result(L, c, number == 0);
    buf_free(&c->out);
    return 1;
  }
  buf_free(&c->out);
  lua_pushnil(L);
  lua_pushinteger(L, number == EILSEQ ? (lua_Integer)at + 1 : 0);
  return 2;
}

static int feed(lua_State *L) {
  struct cleaner *c = lua_touserdata(L, lua_upvalueindex(1));
  if (lua_isnoneornil(L, 1)) return push_result(L, c, term_sanitize_end(&c->clean, &c->out));
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  return push_result(L, c, term_sanitize_feed(&c->clean, &c->out, s, n));
}

static int l_text_cleaner(lua_State *L) {
  bind_new(L, sizeof(struct cleaner), class_name);
  lua_pushcclosure(L, feed, 1);
  return 1;
}

static int l_text_utf8(lua_State *L) {
  size_t n, i = 0, len;
  const char *s = luaL_checklstring(L, 1, &n);
  lua_settop(L, 1);
  for (;;) {
    i += utf8_ascii(s + i, n - i);
    if (i == n) return 1;
    if ((len = utf8_valid(s + i, n - i)) == 0) break;
    i += len;
  }
  struct cleaner *c = bind_new(L, sizeof *c, class_name);
  push_result(L, c, utf8_scrub(&c->out, s, n) == 0);
  buf_free(&c->out);
  return 1;
}

static int l_text_rank(lua_State *L) {
  struct fuzzy_match best[RANK_MAX];
  size_t n, word_len;
  const char *list = luaL_checklstring(L, 1, &n), *word = luaL_checklstring(L, 2, &word_len);
  lua_Integer limit = luaL_checkinteger(L, 3);
  size_t count = fuzzy_rank(list, n, word, word_len, best, limit < 0 ? 0 : limit > RANK_MAX ? RANK_MAX : (size_t)limit);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushlstring(L, best[i].name, best[i].len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

int open_text(lua_State *L) {
  static const luaL_Reg functions[] = {{"clean", l_text_clean},     {"visible", l_text_visible}, {"cleaner", l_text_cleaner},
                                       {"utf8", l_text_utf8},       {"rank", l_text_rank},       {"plain", l_text_plain},
                                       {"convert", l_text_convert}, {"line_ends", l_text_line_ends},
                                       {"normal", l_text_normal}, {NULL, NULL}};
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  bind_class(L, class_name, no_methods, cleaner_gc);
  luaL_newlib(L, functions);
  return 1;
}
