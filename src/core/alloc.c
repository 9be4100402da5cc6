/* Lua's memory: small blocks from slabs, without a header because Lua knows their size, the rest from malloc. Counts what is allocated, so
   that a user file that asks for too much is refused and not the program killed. One state, one thread; slabs are kept until the process ends. */
#include "alloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { GRAIN = 8, SMALL = 256, SLAB = 16 * 1024 };

#ifdef __SANITIZE_ADDRESS__
enum { PLAIN = 1 }; /* the sanitizer wants to see each block */
#else
enum { PLAIN = 0 };
#endif

struct block {
  struct block *next;
};

static struct block *unused[SMALL / GRAIN + 1]; /* by their size in grains */
static char *slab;
static size_t slab_left, used, most;

static size_t grains(size_t size) { return (size + GRAIN - 1) / GRAIN; }
static bool small(size_t size) { return !PLAIN && size <= SMALL; }

static void give(void *p, size_t size) {
  struct block *b = p;
  if (!small(size)) {
    free(p);
  } else if (size > 0) {
    b->next = unused[grains(size)];
    unused[grains(size)] = b;
  }
}

static void *take(size_t size) {
  if (!small(size)) return malloc(size);
  size_t n = grains(size);
  struct block *b = unused[n];
  if (b) {
    unused[n] = b->next;
    return b;
  }
  if (slab_left < n * GRAIN) {
    char *fresh = malloc(SLAB);
    if (!fresh) return NULL;
    give(slab, slab_left);
    slab = fresh;
    slab_left = SLAB;
  }
  void *p = slab;
  slab += n * GRAIN;
  slab_left -= n * GRAIN;
  return p;
}

/* A block that could not be moved to become smaller stays: whoever gets it later under its new size gets more than he asked for. */
static void *resize(void *block, size_t old_size, size_t new_size) {
  if (!small(old_size) && !small(new_size)) return realloc(block, new_size);
  if (small(old_size) && small(new_size) && grains(old_size) == grains(new_size)) return block;
  void *p = take(new_size);
  if (!p) return new_size < old_size ? block : NULL;
  memcpy(p, block, old_size < new_size ? old_size : new_size);
  give(block, old_size);
  return p;
}

void *alloc_block(void *nothing, void *block, size_t old_size, size_t new_size) {
  (void)nothing;
  if (!block) old_size = 0; /* then it is a hint about the kind */
  if (new_size == 0) {
    if (block) give(block, old_size);
    used -= old_size;
    return NULL;
  }
  if (most && new_size > old_size && (used >= most || new_size - old_size > most - used)) return NULL;
  void *p = block ? resize(block, old_size, new_size) : take(new_size);
  if (p) used += new_size - old_size;
  return p;
}

void alloc_limit(size_t more) { most = more ? used + more : 0; }

size_t alloc_used(void) { return used; }
