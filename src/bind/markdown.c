/* `sys.markdown`: the events of a Markdown text as a flat list of names and details. */
#include <string.h>

#include "../core/buf.h"
#include "../core/markdown.h"
#include "bind.h"

static const char *const class_name = "sys.markdown.events";

static int events_gc(lua_State *L) {
  buf_free(luaL_checkudata(L, 1, class_name));
  return 0;
}

static int l_markdown_parse(lua_State *L) {
  size_t n;
  struct err e;
  const char *text = luaL_checklstring(L, 1, &n);
  struct buf *events = bind_new(L, sizeof *events, class_name);
  if (!markdown_parse(text, n, events, &e)) return bind_fail(L, &e);
  struct markdown_head head;
  lua_newtable(L);
  lua_Integer i = 1;
  for (size_t at = 0; at < events->len; at += sizeof head + head.length) {
    memcpy(&head, events->data + at, sizeof head);
    lua_pushstring(L, markdown_names[head.name]);
    lua_rawseti(L, -2, i++);
    lua_pushlstring(L, events->data + at + sizeof head, head.length);
    lua_rawseti(L, -2, i++);
  }
  buf_free(events);
  return 1;
}

int open_markdown(lua_State *L) {
  static const luaL_Reg functions[] = {{"parse", l_markdown_parse}, {NULL, NULL}};
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  bind_class(L, class_name, no_methods, events_gc);
  luaL_newlib(L, functions);
  return 1;
}
