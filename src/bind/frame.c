/* `sys.json.frame`: reads the one text that changes in a run of JSON events that are otherwise the same, without decoding each.
 * The frame around the text is learnt from an event that was decoded in full; an event with the same bytes before and after, and no quote,
 * backslash or control character between, is the same object with another text. */
#include <string.h>

#include "bind.h"

static const char *const class_name = "sys.json.frame";

/* The two texts are user values 1 and 2, which keep these pointers good. */
struct frame {
  const char *prefix, *suffix;
  size_t prefix_len, suffix_len;
};

static bool is_plain(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\' || text[i] == 0x7f) return false;
  return true;
}

/* read(data): the text; nothing when the event must be decoded */
static int l_frame_read(lua_State *L) {
  struct frame *f = luaL_checkudata(L, 1, class_name);
  size_t n;
  const char *data = luaL_checklstring(L, 2, &n);
  if (!f->prefix || n <= f->prefix_len + f->suffix_len) return 0;
  size_t len = n - f->prefix_len - f->suffix_len;
  const char *text = data + f->prefix_len;
  if (memcmp(data, f->prefix, f->prefix_len) != 0 || memcmp(text + len, f->suffix, f->suffix_len) != 0 || !is_plain(text, len)) return 0;
  lua_pushlstring(L, text, len);
  return 1;
}

/* learn(data, key, text): an event that was decoded and held nothing but this text under this key */
static int l_frame_learn(lua_State *L) {
  struct frame *f = luaL_checkudata(L, 1, class_name);
  size_t n, lead_len, len;
  const char *data = luaL_checklstring(L, 2, &n), *text = luaL_checklstring(L, 4, &len);
  luaL_checkstring(L, 3);
  lua_settop(L, 4);
  f->prefix = NULL;
  const char *lead = lua_pushfstring(L, "\"%s\":\"", lua_tostring(L, 3)); /* as services write it; others are decoded each time */
  lead_len = strlen(lead);
  const char *at = memmem(data, n, lead, lead_len);
  if (!at || !is_plain(text, len)) return 0;
  size_t before = (size_t)(at - data) + lead_len;
  if (memmem(data + before, n - before, lead, lead_len) || n - before <= len || memcmp(data + before, text, len) != 0 ||
      data[before + len] != '"')
    return 0;
  f->prefix_len = before;
  f->suffix_len = n - before - len;
  const char *prefix = lua_pushlstring(L, data, before);
  lua_setiuservalue(L, 1, 1);
  f->suffix = lua_pushlstring(L, data + before + len, f->suffix_len);
  lua_setiuservalue(L, 1, 2);
  f->prefix = prefix;
  return 0;
}

int frame_new(lua_State *L) {
  static const luaL_Reg methods[] = {{"read", l_frame_read}, {"learn", l_frame_learn}, {NULL, NULL}};
  bind_class(L, class_name, methods, NULL);
  bind_new(L, sizeof(struct frame), class_name);
  return 1;
}
