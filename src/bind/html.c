/* `sys.html`: a page as a tree that is walked step by step. */
#include "../core/html.h"

#include <string.h>

#include "bind.h"

static const char *const class_name = "sys.html.HtmlTree";

static struct html **check(lua_State *L) { return luaL_checkudata(L, 1, class_name); }

static int tree_gc(lua_State *L) {
  struct html **h = check(L);
  html_free(*h);
  *h = NULL;
  return 0;
}

static struct html *open_tree(lua_State *L) {
  struct html **h = check(L);
  if (!*h) luaL_error(L, "the tree was closed");
  return *h;
}

static int l_html_parse(lua_State *L) {
  size_t n;
  struct err e;
  const char *text = luaL_checklstring(L, 1, &n);
  struct html **h = bind_new(L, sizeof(struct html *), class_name);
  *h = html_parse(text, n, &e);
  return *h ? 1 : bind_fail(L, &e);
}

static int l_tree_next(lua_State *L) {
  const char *what = "";
  switch (html_next(open_tree(L), &what)) {
    case HTML_END: return 0;
    case HTML_NO_MEMORY: return luaL_error(L, "not enough memory");
    case HTML_OPEN: lua_pushliteral(L, "open"); break;
    case HTML_CLOSE: lua_pushliteral(L, "close"); break;
    case HTML_TEXT: lua_pushliteral(L, "text"); break;
  }
  lua_pushstring(L, what);
  return 2;
}

static int l_tree_skip(lua_State *L) {
  html_skip(open_tree(L));
  return 0;
}

static int l_tree_attribute(lua_State *L) {
  lua_pushstring(L, html_attribute(open_tree(L), luaL_checkstring(L, 2)));
  return 1;
}

static int l_tree_holds(lua_State *L) {
  bool found;
  enum html_step end = html_holds(open_tree(L), luaL_checkstring(L, 2), &found);
  if (end == HTML_NO_MEMORY) return luaL_error(L, "not enough memory");
  lua_pushboolean(L, found);
  return 1;
}

int open_html(lua_State *L) {
  static const luaL_Reg functions[] = {{"parse", l_html_parse}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"next", l_tree_next}, {"skip", l_tree_skip}, {"attribute", l_tree_attribute},
      {"holds", l_tree_holds}, {NULL, NULL}};
  bind_class(L, class_name, methods, tree_gc);
  luaL_newlib(L, functions);
  return 1;
}
