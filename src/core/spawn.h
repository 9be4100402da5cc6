/* The step between fork and exec, without fork's copy of page tables: for proc.c only. */
#ifndef QWEN_SPAWN_H
#define QWEN_SPAWN_H
#include <stdbool.h>
#include <sys/types.h>

struct spawn_plan {
  const char *path, *cwd;
  char *const *argv, *const *envp;
  int fd[3];             /* become 0, 1, 2; all above 2 */
  bool session, terminal; /* terminal: fd[0] becomes the controlling one */
  bool confined, no_unix; /* see confine.h */
};

pid_t spawn_run(const struct spawn_plan *plan, int *error); /* -1 and errno in *error */
#endif
