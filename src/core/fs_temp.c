/* Temporary files: made under a lock, swept where their process was killed. */
#include "fs_temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char BEGIN[] = ".qwen-", END[] = ".tmp";
enum { DIGITS = 16 };

int fs_temp_open(int folder, char name[FS_TEMP_NAME]) {
  for (;;) {
    unsigned long long random;
    if (getrandom(&random, sizeof random, 0) != sizeof random) return errno = EIO, -1;
    snprintf(name, FS_TEMP_NAME, "%s%016llx%s", BEGIN, random, END);
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    struct stat st;
    bool held = flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; /* no locks there: nobody sweeps */
    if (held && (fstat(fd, &st) != 0 || st.st_nlink > 0)) return fd;
    close(fd); /* another process swept it before the lock */
  }
}

static bool is_ours(const char *name) {
  size_t begin = sizeof BEGIN - 1;
  return strncmp(name, BEGIN, begin) == 0 && strspn(name + begin, "0123456789abcdef") == DIGITS && strcmp(name + begin + DIGITS, END) == 0;
}

static void sweep_one(int folder, const char *name) {
  struct stat st, named;
  int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
      fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_dev == st.st_dev && named.st_ino == st.st_ino)
    unlinkat(folder, name, 0);
  close(fd);
}

void fs_temp_sweep(int folder) {
  int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *d = fd < 0 ? NULL : fdopendir(fd);
  if (!d && fd >= 0) close(fd);
  for (struct dirent *entry; d && (entry = readdir(d));)
    if (is_ours(entry->d_name)) sweep_one(folder, entry->d_name);
  if (d) closedir(d);
}
