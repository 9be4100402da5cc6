/* New content for a file that is there: by a rename, so that it is whole at every moment, or, where a rename would make another file of
 * it (links, owner, ACLs, attributes, a mount) or is not allowed, in its place, with a copy of what was there until the new is on the disk. */
#ifndef QWEN_FS_PUT_H
#define QWEN_FS_PUT_H
#include <stdbool.h>
#include <sys/stat.h>

#include "err.h"
#include "fs.h"

/* `there` is what stands at name in the open folder now; path is for messages. */
bool fs_put(int folder, const char *name, const char *path, struct fs_content *content, const struct stat *there, struct err *e);
#endif
