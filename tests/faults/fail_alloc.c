/* A shim for LD_PRELOAD: the allocations of a program that number FAIL_AT and the FAIL_FOR - 1 after it get no memory. With FAIL_COUNT, a
 * file gets the number of allocations at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static atomic_long count;
static long from = -1, past = -1;

static void report(void) {
  const char *path = getenv("FAIL_COUNT");
  int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  if (fd < 0) return;
  dprintf(fd, "%ld", atomic_load(&count));
  close(fd);
}

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? strtol(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
  from = number("FAIL_AT", -1);
  if (from >= 0) past = from + number("FAIL_FOR", 1);
  unsetenv("LD_PRELOAD"); /* not for what the program runs */
  at_quick_exit(report); /* and the destructor for an exit */
  atomic_store(&count, 0);
}

__attribute__((destructor)) static void at_exit(void) { report(); }

static int fails(void) {
  long n = atomic_fetch_add(&count, 1);
  if (from < 0 || n < from || n >= past) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *block, size_t size) { return fails() ? NULL : __libc_realloc(block, size); }
