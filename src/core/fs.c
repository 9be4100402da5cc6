/* Files: whole reads, atomic replacement, appends, folders, locks. Watching and globbing are not here. */
#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs_put.h"
#include "fs_temp.h"

static bool fail(struct err *e, int number, const char *verb, const char *path) {
  err_errno(e, number, verb, path);
  return false;
}

bool fs_read_fd(int fd, const char *path, size_t limit, struct buf *out, struct stat *st, struct err *e) {
  struct stat own;
  if (!st) st = &own;
  int number = 0;
  if (fstat(fd, st) != 0) number = errno;
  else if (S_ISDIR(st->st_mode)) number = EISDIR;
  else if (!buf_reserve(out, S_ISREG(st->st_mode) && (size_t)st->st_size <= limit ? (size_t)st->st_size + 1 : 4096)) number = ENOMEM;
  while (!number) {
    if (!buf_reserve(out, 4096)) {
      number = ENOMEM;
      break;
    }
    ssize_t n = read(fd, out->data + out->len, out->cap - out->len);
    if (n == 0) break;
    if (n < 0) number = errno == EINTR ? 0 : errno;
    else out->len += (size_t)n;
    if (out->len > limit) {
      close(fd);
      err_set(e, ERR_TOO_LONG, "read %s: larger than %zu bytes", path, limit);
      snprintf(e->path, sizeof e->path, "%s", path);
      return false;
    }
  }
  close(fd);
  return number ? fail(e, number, "read", path) : true;
}

bool fs_read(const char *path, size_t limit, struct buf *out, struct err *e) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* not blocking: a named pipe must not hang us */
  return fd < 0 ? fail(e, errno, "read", path) : fs_read_fd(fd, path, limit, out, NULL, e);
}

bool fs_read_part(const char *path, off_t from, size_t count, struct buf *out, struct err *e) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return fail(e, errno, "read", path);
  int number = buf_reserve(out, count) ? 0 : ENOMEM;
  while (!number && out->len < count) {
    ssize_t n = pread(fd, out->data + out->len, count - out->len, from + (off_t)out->len);
    if (n == 0) break;
    if (n < 0) number = errno == EINTR ? 0 : errno;
    else out->len += (size_t)n;
  }
  close(fd);
  return number ? fail(e, number, "read", path) : true;
}

int fs_write_all(int fd, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t written = write(fd, bytes, n);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes += written;
    n -= (size_t)written;
  }
  return 0;
}

/* Opens the folder of path; *name points to the last component inside path. */
static int open_folder(const char *path, const char **name) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  *name = slash ? slash + 1 : path;
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (**name == '\0') return errno = EISDIR, -1;
  if (n >= sizeof folder) return errno = ENAMETOOLONG, -1;
  if (!slash) strcpy(folder, ".");
  else if (n == 0) strcpy(folder, "/");
  else memcpy(folder, path, n), folder[n] = '\0';
  return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Nothing goes over a file that came since; where the kernel or the file system cannot refuse that by itself, the look before was all. */
static int rename_over(int folder, const char *temp, const char *name, bool fresh) {
  if (fresh && renameat2(folder, temp, folder, name, RENAME_NOREPLACE) == 0) return 0;
  if (fresh && errno != ENOSYS && errno != EINVAL) return errno;
  return renameat(folder, temp, folder, name) == 0 ? 0 : errno;
}

/* held keeps the lock on the temporary file from its first close, which may tell of an error, to the rename. */
static int fill(int fd, const struct fs_content *content, mode_t mode, const struct stat *owner, int *held) {
  int number = fs_write_all(fd, content->bytes, content->n);
  if (!number && owner && fchown(fd, owner->st_uid, owner->st_gid) != 0) number = errno;
  if (!number && fchmod(fd, mode) != 0) number = errno;
  if (!number && content->sync && fsync(fd) != 0) number = errno;
  *held = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (*held < 0 && !number) number = errno;
  if (close(fd) != 0 && !number) number = errno;
  return number;
}

int fs_replace(int folder, const char *name, struct fs_content *content, mode_t mode, const struct stat *owner) {
  char temp[FS_TEMP_NAME];
  int held, fd = fs_temp_open(folder, temp);
  if (fd < 0) return errno;
  int number = fill(fd, content, mode, owner, &held);
  if (!number && fstat(held, &content->after) != 0) number = errno;
  if (!number && (number = fs_plan_begin(folder, name, content->plan)) == 0) {
    number = rename_over(folder, temp, name, content->plan && content->plan->fresh);
    fs_plan_end(folder, content->plan);
  }
  if (number) unlinkat(folder, temp, 0);
  else if (content->sync && fsync(folder) != 0 && errno != EINVAL) number = errno; /* EINVAL: a file system that cannot do this */
  if (held >= 0) close(held);
  return number;
}

/* Follows the links that path names, also to a file that is not there yet. Gives errno or 0. */
static int follow(const char *path, char out[PATH_MAX]) {
  char target[PATH_MAX];
  if (snprintf(out, PATH_MAX, "%s", path) >= PATH_MAX) return ENAMETOOLONG;
  for (int i = 0; i < 40; i++) {
    ssize_t n = readlink(out, target, sizeof target - 1);
    if (n < 0) return 0; /* no link: the caller sees what it is */
    target[n] = '\0';
    char *slash = strrchr(out, '/');
    size_t keep = target[0] == '/' || !slash ? 0 : (size_t)(slash + 1 - out);
    if (keep + (size_t)n >= PATH_MAX) return ENAMETOOLONG;
    memcpy(out + keep, target, (size_t)n + 1);
  }
  return ELOOP;
}

bool fs_write(const char *path, struct fs_content *content, int mode, struct err *e) {
  char real[PATH_MAX];
  struct stat st;
  int bad = follow(path, real);
  if (bad) return fail(e, bad, "write", path);
  path = real;
  bool there = stat(path, &st) == 0;
  if (there && S_ISDIR(st.st_mode)) return fail(e, EISDIR, "write", path);
  if (there && !S_ISREG(st.st_mode)) { /* a rename would put a file in place of the device */
    err_set(e, ERR_USAGE, "write %s: it is not a regular file", path);
    snprintf(e->path, sizeof e->path, "%.255s", path);
    return false;
  }
  if (there && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0) return fail(e, errno, "write", path); /* renaming would not ask */
  const char *name;
  int folder = open_folder(path, &name);
  if (folder < 0) return fail(e, errno, "write", path);
  fs_temp_sweep(folder);
  bool ok;
  if (there) {
    ok = fs_put(folder, name, path, content, &st, e);
  } else {
    mode_t mask = umask(0);
    umask(mask);
    int number = fs_replace(folder, name, content, mode < 0 ? 0600 : (mode_t)mode & ~mask, NULL);
    ok = number ? fail(e, number, "write", path) : true;
  }
  close(folder);
  return ok;
}

int fs_append_open(const char *path, int mode, struct err *e) {
  int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) fail(e, errno, "open", path);
  return fd;
}

bool fs_append(int fd, const char *path, const char *bytes, size_t n, struct err *e) {
  int number = fs_write_all(fd, bytes, n);
  return number ? fail(e, number, "append to", path) : true;
}

bool fs_mkdir(const char *path, int mode, struct err *e) {
  char part[PATH_MAX];
  struct stat st;
  size_t n = strlen(path);
  if (n == 0 || n >= sizeof part) return fail(e, n ? ENAMETOOLONG : ENOENT, "make folder", path);
  memcpy(part, path, n + 1);
  for (size_t i = 1; i <= n; i++) {
    if (part[i] != '/' && part[i] != '\0') continue;
    char end = part[i];
    part[i] = '\0';
    if (mkdir(part, (mode_t)mode) != 0) {
      int number = errno;
      if (stat(part, &st) != 0) return fail(e, number, "make folder", part);
      if (!S_ISDIR(st.st_mode)) return fail(e, ENOTDIR, "make folder", part);
    }
    part[i] = end;
  }
  return true;
}

bool fs_remove(const char *path, struct err *e) { return remove(path) == 0 ? true : fail(e, errno, "remove", path); }

/* Closes parent's child folder when done; gives errno or 0. */
static int remove_at(int parent, const char *name, int depth) {
  if (unlinkat(parent, name, 0) == 0) return 0;
  if (errno != EISDIR && errno != EPERM) return errno;
  if (depth > 256) return ELOOP;
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno;
  DIR *d = fdopendir(fd);
  if (!d) return close(fd), ENOMEM;
  int number = 0;
  for (struct dirent *entry; !number && (entry = readdir(d));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) number = remove_at(dirfd(d), entry->d_name, depth + 1);
  closedir(d);
  return number ? number : unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

bool fs_remove_tree(const char *path, struct err *e) {
  int number = remove_at(AT_FDCWD, path, 0);
  return number ? fail(e, number, "remove", path) : true;
}

int fs_lock_open(const char *path, struct err *e) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) fail(e, errno, "lock", path);
  return fd;
}

int fs_lock_try(int fd) {
  int status;
  do status = flock(fd, LOCK_EX | LOCK_NB);
  while (status != 0 && errno == EINTR);
  return status == 0 ? 1 : errno == EWOULDBLOCK ? 0 : -1;
}
