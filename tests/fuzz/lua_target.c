/* Fuzzes Lua: gives each input to the function that tests/fuzz/TARGET.lua returns, all in one state. What it raises is a find. Lines that
 * ran count for libFuzzer as coverage of C does. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bind/open.h"
#include "core/alloc.h"

enum { COUNTERS = 1 << 15 };

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static lua_State *L;

static void on_line(lua_State *running, lua_Debug *ar) {
  lua_getinfo(running, "S", ar);
  uintptr_t place = ((uintptr_t)ar->source >> 4) * 31 + (uintptr_t)ar->currentline;
  counters[place * 2654435761u % COUNTERS]++;
}

static int on_error(lua_State *S) {
  luaL_traceback(S, S, luaL_tolstring(S, 1, NULL), 1);
  return 1;
}

static void fail(void) {
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  abort();
}

static int prepare(lua_State *S) {
  luaL_openlibs(S);
  pattern_open(S);
  bounds_open(S);
  open_modules(S);
  lua_getglobal(S, "package");
  lua_getfield(S, -1, "searchers");
  lua_pushcfunction(S, embed_searcher);
  lua_rawseti(S, -2, 2);
  if (luaL_loadfile(S, "tests/fuzz/" TARGET ".lua") != LUA_OK) return lua_error(S);
  lua_call(S, 0, 1);
  return 1;
}

static void begin(void) {
  L = lua_newstate(alloc_block, NULL);
  lua_pushcfunction(L, on_error);
  lua_pushcfunction(L, prepare);
  if (lua_pcall(L, 0, 1, 1) != LUA_OK) fail();
  lua_sethook(L, on_line, LUA_MASKLINE, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!L) begin();
  lua_pushvalue(L, 2);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, 0, 1) != LUA_OK) fail();
  return 0;
}
