/* The rules of secret_file.h. Whoever can write to a folder can put another file in place of ours, so the way to it is checked too. */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "fs_temp.h"

static const char *whole(char out[PATH_MAX], const char *path, const char *name) {
  snprintf(out, PATH_MAX, "%.*s/%s", PATH_MAX / 2, path, name);
  return out;
}

static bool fail(struct err *e, int number, const char *verb, const char *path, const char *name) {
  char full[PATH_MAX];
  err_errno(e, number, verb, whole(full, path, name));
  return false;
}

static bool refuse(struct err *e, const char *path, const char *why, const char *remedy) {
  err_set(e, ERR_DENIED, "%.300s %s; keys are not stored there. Try: %s %.300s", path, why, remedy, path);
  snprintf(e->path, sizeof e->path, "%.255s", path);
  return false;
}

static bool check_way(const char *real, struct err *e) {
  char part[PATH_MAX];
  struct stat st;
  snprintf(part, sizeof part, "%s", real);
  for (bool last = true;; last = false) {
    if (stat(part, &st) != 0) return err_errno(e, errno, "look at", part), false;
    if (st.st_uid != geteuid() && st.st_uid != 0) return refuse(e, part, "belongs to somebody else", "chown \"$USER\"");
    if ((st.st_mode & 022) && (last || !(st.st_mode & S_ISVTX))) return refuse(e, part, "can be changed by other users", "chmod go-w");
    char *slash = strrchr(part, '/');
    if (!slash || !part[1]) return true;
    slash[slash == part] = '\0';
  }
}

int secret_file_folder(const char *path, bool make, struct err *e) {
  char real[PATH_MAX];
  if (make && !fs_mkdir(path, 0700, e)) return -1;
  if (!realpath(path, real)) return err_errno(e, errno, "open", path), -1;
  if (!check_way(real, e)) return -1;
  int fd = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) err_errno(e, errno, "open", path);
  return fd;
}

static bool check_file(int fd, const char *path, const char *name, size_t limit, struct stat *st, struct err *e) {
  char full[PATH_MAX];
  whole(full, path, name);
  if (fstat(fd, st) != 0) return fail(e, errno, "read", path, name);
  if (!S_ISREG(st->st_mode)) return refuse(e, full, "is not a regular file", "rm");
  if (st->st_uid != geteuid() && st->st_uid != 0) return refuse(e, full, "belongs to somebody else", "chown \"$USER\"");
  if (st->st_mode & 077) return refuse(e, full, "can be read by other users", "chmod 600");
  if ((size_t)st->st_size <= limit) return true;
  err_set(e, ERR_TOO_LONG, "read %.300s: larger than %zu bytes", full, limit);
  return false;
}

bool secret_file_read(int folder, const char *path, const char *name, size_t limit, struct buf *out, struct err *e) {
  struct stat st;
  int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 && errno == ELOOP) {
    char full[PATH_MAX];
    return refuse(e, whole(full, path, name), "is a link", "rm");
  }
  if (fd < 0) return fail(e, errno, "read", path, name);
  bool ok = check_file(fd, path, name, limit, &st, e);
  if (ok && !buf_reserve(out, limit + 1)) ok = fail(e, ENOMEM, "read", path, name); /* at once: growing would leave copies behind */
  while (ok && out->len <= limit) {
    ssize_t n = read(fd, out->data + out->len, limit + 1 - out->len);
    if (n == 0) break;
    if (n > 0) out->len += (size_t)n;
    else if (errno != EINTR) ok = fail(e, errno, "read", path, name);
  }
  close(fd);
  if (!ok) buf_wipe(out);
  return ok;
}

bool secret_file_write(int folder, const char *path, const char *name, const char *bytes, size_t n, struct err *e) {
  struct fs_content content = {.bytes = bytes, .n = n, .sync = true};
  fs_temp_sweep(folder);
  int number = fs_replace(folder, name, &content, 0600, NULL);
  return number ? fail(e, number, "write", path, name) : true;
}

int secret_file_lock(int folder, const char *path, const char *name, double seconds, struct err *e) {
  int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(e, errno, "lock", path, name), -1;
  for (double waited = 0;; waited += 0.01) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno != EWOULDBLOCK && errno != EINTR) {
      fail(e, errno, "lock", path, name);
      break;
    }
    if (waited > seconds) {
      err_set(e, ERR_TIMEOUT, "lock %.300s/%s: another program holds it", path, name);
      break;
    }
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  close(fd);
  return -1;
}
