/* The Lua state: libraries, module search, the main task, and the words for a program error. Knows no binding by name. */
#include "host.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/open.h"
#include "core/loop.h"
#include "core/alloc.h"
#include "core/term_out.h"

enum {
  EXIT_BUG = 70,
  START_KB = 2048 /* may be taken before the collector begins its first round: a run that answers one prompt is over by then */
};

static int code = EXIT_BUG;

static int panic(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "qwen: out of control: %s\n", message ? message : "(error without text)");
  exit(EXIT_BUG);
}

/* The finalizer that is called last, because its object was made first: everything that has an end has ended, and what is left is memory,
 * which the system takes back faster than we could. */
static int leave(lua_State *L) {
  (void)L;
#ifndef __SANITIZE_ADDRESS__ /* its leak check wants to see all of it freed */
  fflush(NULL); /* what a script wrote through io */
  quick_exit(code);
#endif
  return 0;
}

/* os.exit(code, close): the usual one knows neither our output nor the way out. */
static int l_os_exit(lua_State *L) {
  code = lua_isboolean(L, 1) ? !lua_toboolean(L, 1) : (int)luaL_optinteger(L, 1, 0);
  term_out_flush(NULL);
  if (lua_toboolean(L, 2)) lua_close(L);
  exit(code);
}

static void leave_last(lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, leave);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &code);
}

/* Only our own searchers: nothing is ever loaded by a path that the environment or the working directory decides. */
static void set_searchers(lua_State *L) {
  lua_getglobal(L, "package");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "path");
  lua_pushliteral(L, "");
  lua_setfield(L, -2, "cpath");
  lua_getfield(L, -1, "searchers");
  lua_pushcfunction(L, embed_searcher);
  lua_rawseti(L, -2, 2);
  for (int i = 4; i >= 3; i--) {
    lua_pushnil(L);
    lua_rawseti(L, -2, i);
  }
  lua_pop(L, 2);
}

/* The value after a --runtime flag must be known before the first module is loaded. */
static const char *runtime_argument(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strcmp(argv[i], "--runtime") == 0 && i + 1 < argc) return argv[i + 1];
    if (strncmp(argv[i], "--runtime=", 10) == 0) return argv[i] + 10;
  }
  return NULL;
}

/* Prepares the state under protection: argc and argv come as light userdata; leaves the main function on the stack. */
static int prepare(lua_State *L) {
  int argc = (int)lua_tointeger(L, 1);
  char **argv = lua_touserdata(L, 2);
  leave_last(L);
  luaL_openlibs(L);
  lua_getglobal(L, "os");
  lua_pushcfunction(L, l_os_exit);
  lua_setfield(L, -2, "exit");
  pattern_open(L);
  bounds_open(L);
  open_modules(L);
  set_searchers(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "qwen.main");
  lua_call(L, 1, 1);
  lua_createtable(L, argc, 0);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
  return 2;
}

static int to_text(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

/* Says why the main task failed, by the error on top of the stack. Want of memory is no bug. */
static int complain(lua_State *L) {
  lua_pushcfunction(L, to_text);
  lua_insert(L, -2);
  const char *message = lua_pcall(L, 1, 1, 0) == LUA_OK || lua_isstring(L, -1) ? lua_tostring(L, -1) : "an error that cannot be shown";
  if (strstr(message, "not enough memory")) {
    fputs("qwen: not enough memory\n", stderr);
    return EXIT_FAILURE;
  }
  fprintf(stderr, "qwen: internal error, please report it\n%s\n", message);
  return EXIT_BUG;
}

int host_run(int argc, char **argv) {
  term_out_init();
  lua_State *L = lua_newstate(alloc_block, NULL);
  if (!L) {
    fputs("qwen: not enough memory to start\n", stderr);
    return EXIT_FAILURE;
  }
  lua_atpanic(L, panic);
  embed_runtime(runtime_argument(argc, argv));
  lua_gc(L, LUA_GCSTOP);
  lua_pushcfunction(L, prepare);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  bool ok = lua_pcall(L, 2, 2, 0) == LUA_OK;
  if (ok) {
    lua_gc(L, LUA_GCRESTART);
    lua_gc(L, LUA_GCSTEP, -START_KB);
    lua_pushcfunction(L, task_run_main);
    lua_insert(L, -3);
    ok = lua_pcall(L, 2, 1, 0) == LUA_OK;
  }
  term_out_flush(NULL);
  code = ok ? (int)lua_tointeger(L, -1) : complain(L);
  lua_close(L);
  loop_close();
  return code;
}
