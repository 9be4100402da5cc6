/* Files by a path that is exactly itself: absolute, without ".." and with no link in any component, so that what was judged by its
 * real path is what is opened, whoever exchanges files and links meanwhile. Where the system has no openat2, step by step. */
#ifndef QWEN_FS_EXACT_H
#define QWEN_FS_EXACT_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "buf.h"
#include "err.h"
#include "fs.h"

int fs_exact_open(const char *path, int flags, bool stepwise); /* descriptor, or -1 with errno; stepwise: without openat2 */
bool fs_exact_read(const char *path, size_t limit, struct buf *out, struct stat *st, struct err *e);
/* Makes the folders that are missing, writes beside the target in its open folder, and renames within that. */
bool fs_exact_write(const char *path, struct fs_content *content, struct err *e); /* with a plan */
bool fs_exact_stat(const char *path, struct stat *st, struct err *e);
bool fs_exact_remove(const char *path, const struct fs_plan *plan, struct err *e); /* plan: NULL, or what must be there still */
#endif
