/* Which way a file gets new content, and the way without a rename. */
#include "fs_put.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fs.h"

/* Attributes that a new file would not have; the system gives it those of security modules by itself. */
static bool has_attributes(int fd) {
  char names[4096];
  ssize_t n = flistxattr(fd, names, sizeof names);
  if (n < 0) return errno == ERANGE;
  for (char *name = names; name < names + n; name += strlen(name) + 1)
    if (strncmp(name, "security.", 9) != 0 || strcmp(name, "security.capability") == 0) return true;
  return false;
}

/* A copy of what is in fd, beside the file or where temporary files are; its path in saved. Gives errno or 0. */
static int save(int fd, int folder, const char *path, char saved[PATH_MAX]) {
  unsigned long long random;
  char name[40], part[64 * 1024];
  if (getrandom(&random, sizeof random, 0) != sizeof random) return EIO;
  snprintf(name, sizeof name, ".qwen-%016llx.save", random);
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, copy = openat(folder, name, flags, 0600);
  if (copy >= 0) {
    const char *slash = strrchr(path, '/');
    snprintf(saved, PATH_MAX, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, name);
  } else {
    const char *temp = getenv("TMPDIR");
    snprintf(saved, PATH_MAX, "%s/%s", temp && temp[0] == '/' ? temp : "/tmp", name);
    copy = open(saved, flags, 0600);
  }
  if (copy < 0) return errno;
  int number = 0;
  off_t at = 0;
  for (ssize_t got; !number && (got = pread(fd, part, sizeof part, at)) != 0; at += got) {
    if (got < 0) number = errno;
    else number = fs_write_all(copy, part, (size_t)got);
    if (number) break;
  }
  if (!number && fsync(copy) != 0) number = errno;
  if (close(copy) != 0 && !number) number = errno;
  if (number) unlink(saved);
  return number;
}

static int restore(int fd, const char *saved) {
  char part[64 * 1024];
  off_t size = 0;
  int copy = open(saved, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), number = copy < 0 ? errno : 0;
  if (!number && lseek(fd, 0, SEEK_SET) != 0) number = errno;
  for (ssize_t got; !number && (got = read(copy, part, sizeof part)) != 0; size += got) number = got < 0 ? errno : fs_write_all(fd, part, (size_t)got);
  if (!number && ftruncate(fd, size) != 0) number = errno;
  if (!number && fsync(fd) != 0) number = errno;
  if (copy >= 0) close(copy);
  return number;
}

/* The space is taken before anything is changed, so that a full disk changes nothing. */
static int write_over(int fd, const char *bytes, size_t n, off_t before) {
  int number = (off_t)n > before ? posix_fallocate(fd, before, (off_t)n - before) : 0;
  if (number == EINVAL || number == EOPNOTSUPP) number = 0; /* a file system that cannot do this */
  if (!number) number = fs_write_all(fd, bytes, n);
  if (!number && ftruncate(fd, (off_t)n) != 0) number = errno;
  if (!number && fsync(fd) != 0) number = errno;
  return number;
}

static bool in_place(int fd, int folder, const char *path, const struct fs_content *content, off_t before, struct err *e) {
  char saved[PATH_MAX];
  int number = save(fd, folder, path, saved);
  if (number) return err_errno(e, number, "save a copy of", path), false;
  number = write_over(fd, content->bytes, content->n, before);
  if (!number || restore(fd, saved) == 0) {
    unlink(saved);
    return number ? (err_errno(e, number, "write", path), false) : true;
  }
  err_set(e, ERR_BROKEN, "write %s: %s; what was in it is in %s", path, strerror(number), saved);
  return false;
}

/* The same, when what is in it is what the plan says. */
static bool in_place_planned(int fd, int folder, const char *name, const char *path, struct fs_content *content, struct err *e) {
  struct stat now;
  int number = fs_plan_begin(folder, name, content->plan);
  if (number) return err_errno(e, number, "write", path), false;
  bool ok = fstat(fd, &now) == 0;
  if (!ok) err_errno(e, errno, "look at", path);
  ok = ok && in_place(fd, folder, path, content, now.st_size, e);
  if (ok && fstat(fd, &content->after) != 0) err_errno(e, errno, "look at", path), ok = false;
  fs_plan_end(folder, content->plan);
  return ok;
}

/* A rename failed for a reason that writing in place does not have. */
static bool only_rename(int number) {
  return number == EBUSY || number == EACCES || number == EPERM || number == EROFS || number == EXDEV;
}

bool fs_put(int folder, const char *name, const char *path, struct fs_content *content, const struct stat *there, struct err *e) {
  struct stat now;
  int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), why = fd < 0 ? errno : 0;
  if (fd >= 0 && (fstat(fd, &now) != 0 || now.st_dev != there->st_dev || now.st_ino != there->st_ino)) {
    close(fd);
    return err_errno(e, ESTALE, "write", path), false;
  }
  bool keep = there->st_nlink > 1 || there->st_uid != geteuid() || (fd >= 0 && has_attributes(fd)), ok = false;
  int number = keep ? EPERM : fs_replace(folder, name, content, there->st_mode & 07777, there);
  if (number == 0) ok = true;
  else if (fd >= 0 && only_rename(number)) ok = in_place_planned(fd, folder, name, path, content, e);
  else err_errno(e, keep && why ? why : number, "write", path);
  if (fd >= 0) close(fd);
  return ok;
}
