/* Takes memory as reserve.h says: a block set aside early is given free for a second try, then the program ends. */
#include "reserve.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "signals.h"

enum { RESERVE = 256 * 1024 };

static void *reserve;

void reserve_end(const char *why) {
  char words[160];
  int n = snprintf(words, sizeof words, "qwen: %s\n", why);
  signals_leave();
  if (write(STDERR_FILENO, words, (size_t)n) < 0) _exit(2);
  _exit(1);
}

/* Whether a second try can help. */
static bool open_reserve(void) {
  bool had = reserve != NULL;
  free(reserve);
  reserve = NULL;
  return had;
}

static void set_aside(void) {
  static bool tried;
  if (!tried) reserve = malloc(RESERVE);
  tried = true;
}

void *reserve_realloc(void *block, size_t size) {
  set_aside();
  void *p = realloc(block, size);
  if (!p && size > 0 && open_reserve()) p = realloc(block, size);
  if (!p && size > 0) reserve_end("not enough memory");
  return p;
}

void *reserve_malloc(size_t size) { return reserve_realloc(NULL, size ? size : 1); }

void *reserve_calloc(size_t count, size_t size) {
  set_aside();
  void *p = calloc(count, size);
  if (!p && open_reserve()) p = calloc(count, size);
  if (!p && count && size) reserve_end("not enough memory");
  return p;
}
