/* Entry points of the border for src/host.c: all modules, the scripts inside the binary, the scheduler. */
#ifndef QWEN_OPEN_H
#define QWEN_OPEN_H
#include <lua.h>
#include <stdbool.h>

void open_modules(lua_State *L);
void pattern_open(lua_State *L); /* the search functions of `string`, with a bound */
void bounds_open(lua_State *L);  /* the same for functions of `table` and `os` */
/* Searcher for package.searchers: "qwen.x" is lua/qwen/x.lua. */
int embed_searcher(lua_State *L);
void embed_runtime(const char *folder); /* scripts come from this folder instead; must outlive the state */
/* A function for lua_pcall: runs its first argument with the others as the main task until it ends; its first result, or its error. */
int task_run_main(lua_State *L);
#endif
