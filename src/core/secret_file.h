/* Files that hold secrets: read and written below a folder that nobody else can change, never through a link, replaced whole.
 * Descriptors belong to the caller. */
#ifndef QWEN_SECRET_FILE_H
#define QWEN_SECRET_FILE_H
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

/* Opens the folder, made 0700 if make, after checking it and all above it: owned by us or root, and not writable by anybody else but
 * where only owners can rename (/tmp). -1 and *e. */
int secret_file_folder(const char *path, bool make, struct err *e);
/* A regular file of ours that nobody else can read; ERR_MISSING when there is none. path is for words. Wipe out after use. */
bool secret_file_read(int folder, const char *path, const char *name, size_t limit, struct buf *out, struct err *e);
/* Temp file, fsync, rename, fsync of the folder. Also removes temp files that a killed program left more than an hour ago. */
bool secret_file_write(int folder, const char *path, const char *name, const char *bytes, size_t n, struct err *e);
/* flock on a file that stays; waits without a loop, for threads of their own. A descriptor to close, or -1. */
int secret_file_lock(int folder, const char *path, const char *name, double seconds, struct err *e);
#endif
