/* A shim for LD_PRELOAD: the FAIL_CALL (pread, pwrite, write, fsync, fdatasync, rename) on a path with FAIL_PATH in it that numbers FAIL_AT (0) among
 * those fails with FAIL_ERRNO, and all after it up to FAIL_FOR; with FAIL_KILL the process is killed there instead. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *call, *part;
static int error;
static bool kills;
static long from, past = LONG_MAX;
static atomic_long count;

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? strtol(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
  call = getenv("FAIL_CALL");
  part = getenv("FAIL_PATH");
  error = (int)number("FAIL_ERRNO", EIO);
  kills = number("FAIL_KILL", 0) == 1;
  from = number("FAIL_AT", 0);
  long span = number("FAIL_FOR", LONG_MAX);
  if (span < LONG_MAX - from) past = from + span;
  unsetenv("LD_PRELOAD"); /* not for what the program runs */
}

static bool fails(const char *name, const char *path) {
  if (!call || !part || strcmp(call, name) != 0 || !strstr(path, part)) return false;
  long n = atomic_fetch_add(&count, 1);
  if (n < from || n >= past) return false;
  if (kills) kill(getpid(), SIGKILL);
  errno = error;
  return true;
}

static bool fails_at(const char *name, int fd) {
  char link[40], path[PATH_MAX];
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  errno = before;
  if (n < 0) return false;
  path[n] = '\0';
  return fails(name, path);
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t pread(int fd, void *bytes, size_t n, off_t from_byte) {
  REAL(pread);
  return fails_at("pread", fd) ? -1 : real(fd, bytes, n, from_byte);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
  REAL(pwrite);
  return fails_at("pwrite", fd) ? -1 : real(fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
  REAL(pwrite64);
  return fails_at("pwrite", fd) ? -1 : real(fd, bytes, n, at);
}

ssize_t write(int fd, const void *bytes, size_t n) {
  REAL(write);
  return fails_at("write", fd) ? -1 : real(fd, bytes, n);
}

int fsync(int fd) {
  REAL(fsync);
  return fails_at("fsync", fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  return fails_at("fdatasync", fd) ? -1 : real(fd);
}

int renameat(int old, const char *from_name, int new, const char *name) {
  REAL(renameat);
  return fails("rename", name) ? -1 : real(old, from_name, new, name);
}

int renameat2(int old, const char *from_name, int new, const char *name, unsigned flags) {
  REAL(renameat2);
  return fails("rename", name) ? -1 : real(old, from_name, new, name, flags);
}

int rename(const char *from_name, const char *name) {
  REAL(rename);
  return fails("rename", name) ? -1 : real(from_name, name);
}
