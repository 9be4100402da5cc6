/* What must still be at a name before it gets new content; the lock around the look and the change. */
#include "fs_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "hash.h"

enum { LOCK_TRIES = 50 }; /* one a millisecond; who holds it compares and renames; a longer wait is the caller's, on the loop */

double fs_mtime(const struct stat *st) { return (double)st->st_mtim.tv_sec + (double)st->st_mtim.tv_nsec / 1e9; }

/* 0, or EAGAIN. Where the file system has no locks, the look alone must do. */
static int lock(int folder) {
  for (int i = 0; i < LOCK_TRIES; i++) {
    if (flock(folder, LOCK_EX | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR)) return 0;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  return EAGAIN;
}

static int compare_content(int folder, const char *name, const struct fs_plan *plan) {
  int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno;
  struct buf b = {0};
  struct err e;
  unsigned char digest[32];
  char hash[65];
  if (!fs_read_fd(fd, name, SSIZE_MAX, &b, NULL, &e)) return buf_free(&b), EIO;
  hash_sha256(b.data ? b.data : "", b.len, digest);
  hash_hex(digest, sizeof digest, hash);
  buf_free(&b);
  return strcmp(hash, plan->hash) == 0 ? 0 : ESTALE;
}

static int look(int folder, const char *name, const struct fs_plan *plan) {
  bool known = plan->same || plan->sized || plan->timed || plan->hashed;
  struct stat st;
  if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return errno != ENOENT ? errno : known ? ENOENT : 0;
  if (plan->fresh) return EEXIST;
  if (known && !S_ISREG(st.st_mode)) return ESTALE;
  if (plan->same && (st.st_dev != plan->dev || st.st_ino != plan->ino)) return ESTALE;
  if (plan->sized && st.st_size != plan->size) return ESTALE;
  if (plan->timed && fs_mtime(&st) != plan->mtime) return ESTALE;
  return plan->hashed ? compare_content(folder, name, plan) : 0;
}

int fs_plan_begin(int folder, const char *name, const struct fs_plan *plan) {
  if (!plan) return 0;
  int number = lock(folder);
  if (number) return number;
  number = look(folder, name, plan);
  if (number) fs_plan_end(folder, plan);
  return number;
}

void fs_plan_end(int folder, const struct fs_plan *plan) {
  if (plan) flock(folder, LOCK_UN);
}
