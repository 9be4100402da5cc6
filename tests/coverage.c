/* Linked into the program in the build "coverage": which lines of the shipped Lua ran, as bytes in a file that all processes share; and the
 * counts of gcov are written at the end that calls no handlers of exit. */
#include <fcntl.h>
#include <lua.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LINES = 2048, CACHE = 1024 }; /* of a file; of names */

struct embed_file {
  uint32_t name, code, code_size, source, source_size;
};
extern const char embed_bytes[];
extern const struct embed_file embed_files[];
extern const uint32_t embed_count;

void __gcov_dump(void);
lua_State *__real_lua_newstate(lua_Alloc f, void *data);
lua_State *__wrap_lua_newstate(lua_Alloc f, void *data);

static unsigned char *ran;

static int compare(const void *name, const void *file) { return strcmp(name, embed_bytes + ((const struct embed_file *)file)->name); }

static void on_line(lua_State *L, lua_Debug *ar) {
  static struct { const char *source; const struct embed_file *file; } cache[CACHE];
  lua_getinfo(L, "S", ar);
  size_t at = ((uintptr_t)ar->source >> 4) % CACHE;
  if (cache[at].source != ar->source) {
    cache[at].source = ar->source;
    cache[at].file = bsearch(ar->source + strspn(ar->source, "@="), embed_files, embed_count, sizeof *embed_files, compare);
  }
  if (cache[at].file && ar->currentline > 0 && ar->currentline < LINES) ran[(cache[at].file - embed_files) * LINES + ar->currentline] = 1;
}

lua_State *__wrap_lua_newstate(lua_Alloc f, void *data) {
  lua_State *L = __real_lua_newstate(f, data);
  int fd = open(COVERAGE_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  size_t size = (size_t)embed_count * LINES;
  at_quick_exit(__gcov_dump);
  if (fd < 0) return L;
  void *map = ftruncate(fd, (off_t)size) == 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  close(fd);
  if (!L || map == MAP_FAILED) return L;
  ran = map;
  lua_sethook(L, on_line, LUA_MASKLINE, 0);
  return L;
}
