/* `sys.embed`: the scripts inside the binary. Their index is sorted by name (src/embed.lua makes it). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind.h"
#include "open.h"

struct embed_file { /* name, code and source by their distance from embed_bytes */
  uint32_t name, code, code_size, source, source_size;
};

extern const char embed_bytes[];
extern const struct embed_file embed_files[];
extern const uint32_t embed_count;

static const char *runtime_folder;

void embed_runtime(const char *folder) { runtime_folder = folder; }

static const char *name_of(const struct embed_file *f) { return embed_bytes + f->name; }

static int compare(const void *key, const void *file) { return strcmp(key, name_of(file)); }

static const struct embed_file *find(const char *name) {
  return bsearch(name, embed_files, embed_count, sizeof *embed_files, compare);
}

/* Pushes the compiled chunk and gives true, or pushes nothing (missing) or a message (broken: *failed). */
static bool load_chunk(lua_State *L, const char *name, bool *failed) {
  *failed = false;
  if (runtime_folder) {
    const char *path = lua_pushfstring(L, "%s/%s", runtime_folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
      lua_pop(L, 1);
      return false;
    }
    fclose(f);
    int status = luaL_loadfilex(L, path, "t");
    lua_remove(L, -2);
    *failed = status != LUA_OK;
    return status == LUA_OK;
  }
  const struct embed_file *f = find(name);
  if (!f) return false;
  *failed = luaL_loadbufferx(L, embed_bytes + f->code, f->code_size, name, "b") != LUA_OK;
  return !*failed;
}

int embed_searcher(lua_State *L) {
  const char *module = luaL_checkstring(L, 1);
  char name[256];
  if (snprintf(name, sizeof name, "lua/%s.lua", module) >= (int)sizeof name) return 0;
  for (char *p = name; p < name + strlen(name) - 4; p++)
    if (*p == '.') *p = '/';
  bool failed;
  if (load_chunk(L, name, &failed)) {
    lua_pushstring(L, name);
    return 2;
  }
  if (failed) return lua_error(L);
  lua_pushfstring(L, "no shipped file '%s'", name);
  return 1;
}

/* load(name): compiled chunk, or nil and words */
static int l_embed_load(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  bool failed;
  if (load_chunk(L, name, &failed)) return 1;
  if (!failed) lua_pushfstring(L, "no shipped file '%s'", name);
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

static int l_embed_source(lua_State *L) {
  const struct embed_file *f = find(luaL_checkstring(L, 1));
  if (!f) return 0;
  lua_pushlstring(L, embed_bytes + f->source, f->source_size);
  return 1;
}

/* names(folder): all names, or those that begin with it */
static int l_embed_names(lua_State *L) {
  size_t length;
  const char *folder = luaL_optlstring(L, 1, "", &length);
  lua_Integer count = 0;
  lua_newtable(L);
  for (uint32_t i = 0; i < embed_count; i++) {
    int order = strncmp(name_of(&embed_files[i]), folder, length);
    if (order > 0) break;
    if (order < 0) continue;
    lua_pushstring(L, name_of(&embed_files[i]));
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

int open_embed(lua_State *L) {
  static const luaL_Reg functions[] = {{"names", l_embed_names}, {"source", l_embed_source}, {"load", l_embed_load}, {NULL, NULL}};
  luaL_newlib(L, functions);
  lua_pushstring(L, QWEN_VERSION);
  lua_setfield(L, -2, "version");
  if (runtime_folder) {
    lua_pushstring(L, runtime_folder);
    lua_setfield(L, -2, "runtime");
  }
  return 1;
}
