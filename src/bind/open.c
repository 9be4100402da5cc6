/* The one list of native modules. `require "sys.NAME"` finds them through package.preload, so an unused one costs nothing. */
#include "open.h"

#include "bind.h"

static const luaL_Reg modules[] = {
    {"sys.err", open_err},   {"sys.task", open_task}, {"sys.http", open_http},   {"sys.secret", open_secret},
    {"sys.proc", open_proc}, {"sys.fs", open_fs},     {"sys.os", open_os},       {"sys.term", open_term}, {"sys.side_out", open_side_out},
    {"sys.text", open_text}, {"sys.json", open_json}, {"sys.embed", open_embed}, {"sys.markdown", open_markdown},
    {"sys.html", open_html},
    {"sys.limit", open_limit}, {"sys.secret_store", open_secret_store}, {"sys.db", open_db}, {"sys.redis", open_redis},
    {"sys.listen", open_listen}, {"sys.probe", open_probe}, {NULL, NULL}};

void open_modules(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  for (const luaL_Reg *m = modules; m->name; m++) {
    lua_pushcfunction(L, m->func);
    lua_setfield(L, -2, m->name);
  }
  lua_pop(L, 1);
}
