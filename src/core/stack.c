/* See stack.h. Lua counts C calls per coroutine, and begins anew where a coroutine is closed: so depth is measured, not counted. */
#include "stack.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

enum { LEAST = 512 << 10, USUAL = 8 << 20 };

static uintptr_t top;
static size_t size = USUAL; /* where the limit is none, no more than this is used either */

static uintptr_t here(void) { return (uintptr_t)__builtin_frame_address(0); }

/* The stack may grow to what its limit is when it grows. */
bool stack_begin(void) {
  struct rlimit limit;
  top = here();
  if (getrlimit(RLIMIT_STACK, &limit) != 0) return true;
  if (limit.rlim_cur < LEAST) {
    limit.rlim_cur = limit.rlim_max < USUAL ? limit.rlim_max : USUAL;
    if (setrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur < LEAST) return false;
  }
  if (limit.rlim_cur < size) size = limit.rlim_cur;
  return true;
}

bool stack_low(void) { return top - here() > size / 2; }
