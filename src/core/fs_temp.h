/* Temporary files beside the file they become. A lock holds each while its process lives, so that
 * those of killed processes are known, and swept; never one of another user or of a living process. */
#ifndef QWEN_FS_TEMP_H
#define QWEN_FS_TEMP_H
enum { FS_TEMP_NAME = 40 };

int fs_temp_open(int folder, char name[FS_TEMP_NAME]); /* descriptor, or -1 with errno; the lock ends with it */
void fs_temp_sweep(int folder);
#endif
