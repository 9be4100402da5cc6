/* Counts what is allocated, so that a guest that asks for too much is refused and not the program killed. One state, one thread. */
#include "memory.h"

#include <stdlib.h>

static size_t used, most;

void *memory_alloc(void *unused, void *block, size_t old_size, size_t new_size) {
  (void)unused;
  if (!block) old_size = 0; /* then it is a hint about the kind */
  if (new_size == 0) {
    free(block);
    used -= old_size;
    return NULL;
  }
  if (most && new_size > old_size && (used >= most || new_size - old_size > most - used)) return NULL;
  void *p = realloc(block, new_size);
  if (p) used += new_size - old_size;
  return p;
}

void memory_limit(size_t more) { most = more ? used + more : 0; }

size_t memory_used(void) { return used; }
