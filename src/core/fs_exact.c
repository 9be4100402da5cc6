/* Opening by exact paths, with openat2 or step by step, and what is done in the folder that was opened. */
#include "fs_exact.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs_put.h"
#include "fs_temp.h"

static bool fail(struct err *e, int number, const char *verb, const char *path) {
  err_errno(e, number, verb, path);
  return false;
}

/* Takes the next component of *path into name; false at the end. ".." and names that are too long give an empty name. */
static bool next_name(const char **path, char name[NAME_MAX + 1]) {
  while (**path == '/') (*path)++;
  size_t n = strcspn(*path, "/");
  if (n == 0) return false;
  bool bad = n > NAME_MAX || (n == 2 && memcmp(*path, "..", 2) == 0) || (n == 1 && **path == '.');
  if (!bad) memcpy(name, *path, n);
  name[bad ? 0 : n] = '\0';
  *path += n;
  return true;
}

/* One component after the other; with make, folders that are missing are made. The last is opened with flags. */
static int walk(const char *path, int flags, bool make) {
  char name[NAME_MAX + 1];
  int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  while (at >= 0 && next_name(&path, name)) {
    bool last = path[strspn(path, "/")] == '\0';
    int next = -1;
    if (!name[0]) errno = EINVAL;
    else {
      int how = last ? flags : O_PATH | O_DIRECTORY;
      next = openat(at, name, how | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
      if (next < 0 && errno == ENOENT && make && (mkdirat(at, name, 0777) == 0 || errno == EEXIST))
        next = openat(at, name, how | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    }
    int number = errno;
    close(at);
    errno = number;
    at = next;
  }
  return at;
}

int fs_exact_open(const char *path, int flags, bool stepwise) {
  if (path[0] != '/') return errno = EINVAL, -1;
  const char *rest = path;
  char name[NAME_MAX + 1];
  bool any = false;
  while (next_name(&rest, name)) {
    if (!name[0]) return errno = EINVAL, -1;
    any = true;
  }
  if (!any) return open("/", flags | O_CLOEXEC);
  if (!stepwise) {
    struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY), .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return fd; /* EPERM: a container's filter that does not know the call */
  }
  return walk(path, flags, false);
}

bool fs_exact_read(const char *path, size_t limit, struct buf *out, struct stat *st, struct err *e) {
  int fd = fs_exact_open(path, O_RDONLY | O_NONBLOCK, false);
  return fd < 0 ? fail(e, errno, "read", path) : fs_read_fd(fd, path, limit, out, st, e);
}

bool fs_exact_stat(const char *path, struct stat *st, struct err *e) {
  int fd = fs_exact_open(path, O_PATH, false);
  if (fd < 0) return fail(e, errno, "look at", path);
  int number = fstat(fd, st) == 0 ? 0 : errno;
  close(fd);
  return number ? fail(e, number, "look at", path) : true;
}

/* The folder of path, open; *name is its last component. With make, missing folders are made. */
static int open_parent(const char *path, bool make, const char **name) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (!slash || slash[1] == '\0' || strcmp(slash, "/..") == 0 || strcmp(slash, "/.") == 0) return errno = EINVAL, -1;
  if ((size_t)(slash - path) >= sizeof folder) return errno = ENAMETOOLONG, -1;
  memcpy(folder, path, (size_t)(slash - path));
  folder[slash - path] = '\0';
  *name = slash + 1;
  if (!folder[0]) return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int fd = fs_exact_open(folder, O_RDONLY | O_DIRECTORY, false);
  return fd < 0 && errno == ENOENT && make ? walk(folder, O_RDONLY | O_DIRECTORY, true) : fd;
}

/* A file that may be written, whatever is in it; gives errno or 0, with *there. */
static int check_kind(int folder, const char *name, const struct fs_plan *plan, struct stat *st, bool *there) {
  *there = fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!*there) return errno == ENOENT ? 0 : errno;
  if (plan->fresh) return EEXIST;
  if (S_ISLNK(st->st_mode)) return ELOOP;
  if (S_ISDIR(st->st_mode)) return EISDIR;
  if (!S_ISREG(st->st_mode)) return EINVAL; /* a rename would put a file in place of the device */
  return faccessat(folder, name, W_OK, AT_EACCESS) != 0 ? errno : 0; /* renaming would not ask */
}

bool fs_exact_write(const char *path, struct fs_content *content, struct err *e) {
  const char *name;
  struct stat st;
  bool there;
  int folder = open_parent(path, true, &name);
  if (folder < 0) return fail(e, errno, "write", path);
  fs_temp_sweep(folder);
  int number = check_kind(folder, name, content->plan, &st, &there);
  bool ok = number == 0;
  if (ok && there) {
    ok = fs_put(folder, name, path, content, &st, e);
  } else if (ok) {
    mode_t mask = umask(0);
    umask(mask);
    int mode = content->plan->mode;
    number = fs_replace(folder, name, content, mode < 0 ? 0600 : (mode_t)mode & ~mask, NULL);
    ok = number == 0;
  }
  close(folder);
  return number ? fail(e, number, "write", path) : ok;
}

bool fs_exact_remove(const char *path, const struct fs_plan *plan, struct err *e) {
  const char *name;
  int folder = open_parent(path, false, &name);
  if (folder < 0) return fail(e, errno, "remove", path);
  int number = fs_plan_begin(folder, name, plan);
  if (!number) {
    number = unlinkat(folder, name, 0) == 0 ? 0 : errno;
    fs_plan_end(folder, plan);
  }
  close(folder);
  return number ? fail(e, number, "remove", path) : true;
}
