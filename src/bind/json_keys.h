/* The names of a table as the JSON encoder writes them: sorted, valid UTF-8, none twice. */
#ifndef QWEN_JSON_KEYS_H
#define QWEN_JSON_KEYS_H
#include <lua.h>
#include <stdbool.h>

struct json_key {
  const char *text; /* lives in the table */
  size_t len;
};

/* Pushes a userdata with the names of the table at index, sorted; NULL and words on top: one is no text. */
struct json_key *json_keys_read(lua_State *L, int index, size_t *count);
/* Reads them again after Lua ran, which may have taken some away; false: there are more or fewer now. */
bool json_keys_again(lua_State *L, int index, struct json_key *keys, size_t count);
/* Pushes a copy of the table with U+FFFD for what is no UTF-8 in its names, and more of it where two would be the same. Pushes nothing
 * and gives false when all are valid. */
bool json_keys_repair(lua_State *L, int index, const struct json_key *keys, size_t count);
#endif
