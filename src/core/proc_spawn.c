/* vfork and exec: the child borrows our memory, so between the two only async-signal-safe calls and no writes but *error. */
#include "proc_spawn.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc_confine.h"
#include "proc_reaper.h"

enum { LAST_SIGNAL = 64, INHERITED_MAX = 1024 };

/* The store to *error must be volatile: the compiler sees a local of a function that ends in _exit and would drop it. */
static void child(const struct proc_spawn *plan, volatile int *error) {
  if (plan->session && setsid() < 0) goto failed;
  if (plan->session) proc_reaper_enter(plan->pipes);
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int i = 1; i <= LAST_SIGNAL; i++) sigaction(i, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int i = 0; i < 3; i++)
    if (dup2(plan->fd[i], i) < 0) goto failed;
  if (plan->terminal && ioctl(0, TIOCSCTTY, 0) != 0) goto failed;
  if (plan->cwd && chdir(plan->cwd) != 0) goto failed;
  int number = plan->confined ? proc_confine_self(!plan->no_unix) : 0;
  if (number) {
    *error = number;
    _exit(127);
  }
  if (syscall(SYS_close_range, 3, ~0U, 0) != 0) /* since Linux 5.9; ours close by themselves, these are of who started us */
    for (int fd = 3; fd < INHERITED_MAX; fd++) close(fd);
  execve(plan->path, plan->argv, plan->envp);
failed:
  *error = errno;
  _exit(127);
}

pid_t proc_spawn_run(const struct proc_spawn *plan, int *error) {
  sigset_t all, before;
  volatile int child_error = 0;
  if (plan->session) proc_reaper_start();
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before); /* no handler of ours may run in the child on our memory */
  pid_t pid = vfork();
  if (pid == 0) child(plan, &child_error);
  int number = pid < 0 ? errno : child_error;
  sigprocmask(SIG_SETMASK, &before, NULL);
  *error = number;
  return number ? -1 - (pid > 0 ? pid : 0) : pid;
}
