/* The step between fork and exec, without fork's copy of page tables: for proc.c only. */
#ifndef QWEN_PROC_SPAWN_H
#define QWEN_PROC_SPAWN_H
#include <stdbool.h>
#include <sys/types.h>

struct proc_spawn {
  const char *path, *cwd;
  char *const *argv, *const *envp;
  int fd[3];             /* become 0, 1, 2; all above 2 */
  bool session, terminal; /* terminal: fd[0] becomes the controlling one */
  bool confined, no_unix; /* see proc_confine.h */
  ino_t pipes[2];         /* see proc_reaper.h */
};

pid_t proc_spawn_run(const struct proc_spawn *plan, int *error); /* -1 and errno in *error */
#endif
