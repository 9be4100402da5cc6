/* What must still be at a name when it gets new content: looked at under a lock of ours on the
 * folder, directly before the step that changes it, so that no process writes over what another one
 * wrote meanwhile. Programs that do not know the lock are noticed by the content. */
#ifndef QWEN_FS_PLAN_H
#define QWEN_FS_PLAN_H
#include <stdbool.h>
#include <sys/stat.h>

struct fs_plan {
  int mode;            /* of a new file; < 0: 0600 */
  bool fresh;          /* nothing may be there */
  bool same;           /* the file there must be dev and ino */
  bool sized, timed;   /* of this size, changed last at this time */
  bool hashed;         /* with content of this SHA-256, in hex */
  dev_t dev;
  ino_t ino;
  off_t size;
  double mtime;
  char hash[65];
};

double fs_mtime(const struct stat *st);

/* Takes the lock and looks; gives 0, or the errno without the lock: EEXIST, ENOENT, ESTALE (another
 * file or content), EAGAIN (the lock is held). NULL: nothing to look at, no lock. */
int fs_plan_begin(int folder, const char *name, const struct fs_plan *plan);
void fs_plan_end(int folder, const struct fs_plan *plan);
#endif
