/* `sys.json.template`: reads the one text that changes in a run of JSON events that are otherwise the same, without decoding each.
 * The template is learnt from an event that was decoded in full. An event fits when it has the same bytes but for that text
 * (without quote, backslash, control character or a byte that was excluded), numbers, white space before closing braces, and a string
 * called "obfuscation": services count their events and pad them. Learning from an event says that its numbers do not matter, but for
 * those whose names end in "index": they say what the text belongs to. */
#include <string.h>

#include "bind.h"

static const char *const class_name = "sys.json.template";

enum { STEPS_MAX = 48 };

/* A longer text is no usual piece of an answer: whoever reads looks at its event himself. So what was taken need not be asked for each time. */
static const size_t PIECE_MAX = 16 << 10;

/* What follows the bytes of a step. */
enum gap { GAP_END, GAP_TEXT, GAP_STRING, GAP_NUMBER, GAP_SPACE };

/* Bytes that must be there, and what follows them. The learnt event is user value 1, which keeps the pointers good. */
struct step {
  const char *bytes;
  size_t len;
  enum gap gap;
};

struct json_template {
  const char *class; /* class_name, once more for a quick look */
  int count;
  size_t taken;     /* bytes of the texts that bind_push_by_template gave */
  const char *name; /* of the learnt event, user value 2; NULL when that had none */
  size_t name_len;
  bool special[256]; /* bytes that a text that fits does not have */
  struct step steps[STEPS_MAX];
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_space(char c) { return c == ' ' || c == '\t'; }

/* The quote that ends a plain string; NULL when it is not plain. */
static const char *string_end(const bool special[256], const char *at, const char *end) {
  while (at < end && !special[(unsigned char)*at]) at++;
  return at < end && *at == '"' ? at : NULL;
}

/* The bytes that no plain string has, and the quote that ends it. */
static void set_special(bool special[256]) {
  memset(special, 0, 256 * sizeof *special);
  memset(special, 1, 0x20 * sizeof *special);
  special['"'] = special['\\'] = special[0x7f] = true;
}

static const char *skip_gap(const bool special[256], enum gap gap, const char *at, const char *end) {
  if (gap == GAP_TEXT || gap == GAP_STRING) return string_end(special, at, end);
  if (gap == GAP_NUMBER && (at == end || !is_digit(*at))) return NULL;
  while (at < end && (gap == GAP_NUMBER ? is_digit(*at) : is_space(*at))) at++;
  return at;
}

/* The text of an event that has the template, of *len bytes; NULL when the event must be decoded. */
static const char *text_of(const struct json_template *t, const char *at, size_t n, size_t *len) {
  const char *end = at + n, *text = NULL;
  *len = 0;
  for (int i = 0; i < t->count; i++) {
    const struct step *s = &t->steps[i];
    if ((size_t)(end - at) < s->len || memcmp(at, s->bytes, s->len) != 0) return NULL;
    at += s->len;
    if (s->gap == GAP_END) break;
    const char *after = skip_gap(t->special, s->gap, at, end);
    if (!after) return NULL;
    if (s->gap == GAP_TEXT) text = at, *len = (size_t)(after - at);
    at = after;
  }
  return *len > 0 && at == end ? text : NULL;
}

/* read(data): the text; nothing when the event must be decoded */
static int l_template_read(lua_State *L) {
  struct json_template *t = luaL_checkudata(L, 1, class_name);
  size_t n, len;
  const char *data = luaL_checklstring(L, 2, &n), *text = text_of(t, data, n, &len);
  if (!text) return 0;
  lua_pushlstring(L, text, len);
  return 1;
}

bool bind_test_template(lua_State *L, int index) {
  const struct json_template *t = lua_touserdata(L, index);
  return t && lua_rawlen(L, index) == sizeof *t && t->class == class_name;
}

/* taken(): the bytes of the texts that streams read by this template */
static int l_template_taken(lua_State *L) {
  const struct json_template *t = luaL_checkudata(L, 1, class_name);
  lua_pushinteger(L, (lua_Integer)t->taken);
  return 1;
}

bool bind_push_by_template(lua_State *L, int index, const char *name, size_t name_len, const char *data, size_t n) {
  struct json_template *t = lua_touserdata(L, index);
  size_t len;
  if (t->name_len != name_len || !t->name || memcmp(t->name, name, name_len) != 0) return false;
  const char *text = text_of(t, data, n, &len);
  if (!text || len > PIECE_MAX) return false;
  lua_pushlstring(L, text, len);
  t->taken += len;
  return true;
}

/* Where the value of a string under a name begins; NULL when there is none, or more than one. */
static const char *value_of(const char *data, const char *end, const char *name, size_t name_len) {
  const char *found = NULL;
  for (const char *at = data; (at = memmem(at, (size_t)(end - at), name, name_len)); at++) {
    const char *value = at + name_len;
    if (at == data || at[-1] != '"' || value >= end || *value != '"') continue;
    for (value++; value < end && is_space(*value); value++) {}
    if (value == end || *value++ != ':') continue;
    while (value < end && is_space(*value)) value++;
    if (value == end || *value != '"') continue;
    if (found) return NULL;
    found = value + 1;
  }
  return found;
}

/* Whether what stands before is the name of an index. */
static bool after_index(const char *data, const char *at) {
  static const char name[] = "index\"";
  enum { LENGTH = sizeof name - 1 };
  while (at > data && is_space(at[-1])) at--;
  if (at == data || *--at != ':') return false;
  while (at > data && is_space(at[-1])) at--;
  return at - data >= LENGTH && memcmp(at - LENGTH, name, LENGTH) == 0;
}

/* The gap that begins here outside of strings, if one does. */
static enum gap gap_at(const char *data, const char *at, const char *end) {
  if (is_digit(*at)) return is_digit(at[-(at > data)]) || after_index(data, at) ? GAP_END : GAP_NUMBER;
  const char *brace = at;
  while (brace < end && is_space(*brace)) brace++;
  return brace < end && *brace == '}' ? GAP_SPACE : GAP_END;
}

/* Cuts an event into steps; false when there are too many. */
static bool cut(struct json_template *t, const bool special[256], const char *data, const char *end, const char *text, const char *padding) {
  const char *from = data, *at = data;
  bool inside = false;
  int count = 0;
  while (at < end) {
    enum gap gap = at == text ? GAP_TEXT : at == padding ? GAP_STRING : inside ? GAP_END : gap_at(data, at, end);
    if (gap == GAP_END) {
      if (inside && *at == '\\') at++;
      else if (*at == '"') inside = !inside;
      at++;
      continue;
    }
    if (count == STEPS_MAX - 1) return false;
    t->steps[count++] = (struct step){from, (size_t)(at - from), gap};
    from = skip_gap(special, gap, at, end);
    if (!from) return false;
    at = from;
    if (gap == GAP_SPACE) at++; /* over the brace */
  }
  t->steps[count++] = (struct step){from, (size_t)(end - from), GAP_END};
  t->count = count;
  return true;
}

/* learn(data, key, text, name, without): an event that was decoded and held nothing but this text under this key; bytes that the texts
 * of others may not have */
static int l_template_learn(lua_State *L) {
  struct json_template *t = luaL_checkudata(L, 1, class_name);
  size_t n, key_len, len, without_len;
  bool special[256];
  const char *without = luaL_optlstring(L, 6, "", &without_len);
  const char *data = luaL_checklstring(L, 2, &n), *key = luaL_checklstring(L, 3, &key_len), *text = luaL_checklstring(L, 4, &len);
  luaL_optlstring(L, 5, NULL, NULL);
  t->count = 0;
  t->name = NULL;
  t->name_len = 0;
  const char *end = data + n, *at = value_of(data, end, key, key_len);
  set_special(special);
  set_special(t->special);
  for (size_t i = 0; i < without_len; i++) t->special[(unsigned char)without[i]] = true;
  const char *after = at ? string_end(special, at, end) : NULL;
  if (!after || (size_t)(after - at) != len || memcmp(at, text, len) != 0) return 0;
  static const char padding[] = "obfuscation";
  if (cut(t, special, data, end, at, value_of(data, end, padding, sizeof padding - 1))) {
    t->name = lua_tolstring(L, 5, &t->name_len);
    lua_settop(L, 5);
    lua_setiuservalue(L, 1, 2);
    lua_settop(L, 2);
    lua_setiuservalue(L, 1, 1);
  }
  return 0;
}

int json_template_new(lua_State *L) {
  static const luaL_Reg methods[] = {{"read", l_template_read}, {"learn", l_template_learn}, {"taken", l_template_taken}, {NULL, NULL}};
  bind_class(L, class_name, methods, NULL);
  struct json_template *t = bind_new(L, sizeof *t, class_name);
  t->class = class_name;
  return 1;
}
