/* Files as a program that never loses them needs them: whole reads with a limit, replacement by rename, appends, locks.
 * Every call that fails fills *e with the verb, the path and the system's words. Text buffers are owned by the caller. */
#ifndef QWEN_FS_H
#define QWEN_FS_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "buf.h"
#include "err.h"
#include "fs_plan.h"

bool fs_read(const char *path, size_t limit, struct buf *out, struct err *e);
bool fs_read_fd(int fd, const char *path, size_t limit, struct buf *out, struct stat *st, struct err *e); /* closes fd; st may be NULL */
/* Up to count bytes from an offset on; fewer where the file ends. */
bool fs_read_part(const char *path, off_t from, size_t count, struct buf *out, struct err *e);
struct fs_content {
  const char *bytes;
  size_t n;
  bool sync;                   /* on the disk before it counts */
  const struct fs_plan *plan;  /* what must be there still; NULL: anything */
  struct stat after;           /* filled in: the file that was written */
};
/* Temp file beside the target, fsync, rename, fsync of the folder; a file that is there, see fs_put.h. mode < 0: 0600 for a new one.
 * A link at the target is followed, so that the link survives. */
bool fs_write(const char *path, struct fs_content *content, int mode, struct err *e);
/* Temp file, fsync and rename in an open folder, for a file of this mode and this owner (NULL: ours). Gives errno or 0. */
int fs_replace(int folder, const char *name, struct fs_content *content, mode_t mode, const struct stat *owner);
int fs_write_all(int fd, const char *bytes, size_t n);          /* errno or 0 */
int fs_append_open(const char *path, int mode, struct err *e);  /* descriptor, or -1 */
bool fs_append(int fd, const char *path, const char *bytes, size_t n, struct err *e);
bool fs_mkdir(const char *path, int mode, struct err *e);       /* with parents */
bool fs_remove(const char *path, struct err *e);                /* file, link or empty folder */
bool fs_remove_tree(const char *path, struct err *e);           /* never follows a link */
int fs_lock_open(const char *path, struct err *e);              /* descriptor of the lock file */
int fs_lock_try(int fd);                                        /* 1 taken, 0 held by another, -1 failed (errno) */
#endif
