/* The process that ends sessions of commands once its other end is gone, and what tells it of them. */
#include "proc_reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc_tree.h"

#define NAME "qwen-reaper" /* argv[0] */

enum { TRIES = 15, PAUSE_MS = 20, ROUNDS = 3, INHERITED_MAX = 1024 };

struct note {
  pid_t pid;
  bool over;
  unsigned long long entered; /* clock ticks since boot: a process of that number that began later is a stranger */
  ino_t pipes[2];
};

/* -- our side ------------------------------------------------------------------------------------------------------- */

static bool able; /* this program becomes the reaper when it is run as such */
static int other = -1; /* our end of the socket */
static pid_t starter; /* its parent, which ends at once */
static volatile bool lost; /* volatile: set by a child that borrows our memory */
static pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER; /* credential helpers are started by threads */

static void become_reaper(const int ends[2]) {
  char name[] = NAME, *const argv[] = {name, NULL}, *const envp[] = {NULL};
  int null = open("/dev/null", O_RDWR);
  setsid(); /* no key and no end of a terminal reaches it */
  if (null < 0 || dup2(ends[0], 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || chdir("/") != 0) _exit(127);
  if (syscall(SYS_close_range, 3, ~0U, 0) != 0)
    for (int fd = 3; fd < INHERITED_MAX; fd++) close(fd);
  execve("/proc/self/exe", argv, envp);
  _exit(127);
}

static void start(void) {
  int ends[2];
  sigset_t all, before;
  if (lost) close(other), other = -1, lost = false;
  if (!able || other >= 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before); /* no handler of ours may run in the child on our memory */
  pid_t pid = vfork();
  if (pid == 0) become_reaper(ends);
  sigprocmask(SIG_SETMASK, &before, NULL);
  close(ends[0]);
  if (pid > 0) other = ends[1], starter = pid;
  else close(ends[1]);
}

void proc_reaper_start(void) {
  pthread_mutex_lock(&mine);
  start();
  pthread_mutex_unlock(&mine);
}

static bool tell(const struct note *note) {
  return other < 0 || send(other, note, sizeof *note, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof *note;
}

static unsigned long long ticks(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  unsigned long long per_second = (unsigned long long)sysconf(_SC_CLK_TCK);
  return (unsigned long long)now.tv_sec * per_second + (unsigned long long)now.tv_nsec * per_second / 1000000000;
}

void proc_reaper_enter(const ino_t pipes[2]) {
  struct note note = {.pid = getpid(), .entered = ticks(), .pipes = {pipes[0], pipes[1]}};
  if (!tell(&note)) lost = true;
}

void proc_reaper_leave(pid_t pid) {
  struct note note = {.pid = pid, .over = true};
  pthread_mutex_lock(&mine);
  tell(&note);
  if (starter && waitpid(starter, NULL, WNOHANG) != 0) starter = 0;
  pthread_mutex_unlock(&mine);
}

/* -- its side ------------------------------------------------------------------------------------------------------- */

struct session {
  struct note note;
  struct proc_tree tree;
  struct session *next;
};

static struct session *gather(void) {
  struct session *all = NULL;
  struct note note;
  for (ssize_t n; (n = recv(0, &note, sizeof note, 0)) == (ssize_t)sizeof note || (n < 0 && errno == EINTR);) {
    if (n < 0) continue;
    for (struct session **at = &all; *at;) {
      struct session *one = *at;
      if (one->note.pid != note.pid) at = &one->next;
      else *at = one->next, free(one);
    }
    struct session *one = note.over ? NULL : calloc(1, sizeof *one);
    if (!one) continue;
    one->note = note;
    one->tree.pipes[0] = note.pipes[0];
    one->tree.pipes[1] = note.pipes[1];
    one->next = all;
    all = one;
  }
  return all;
}

static bool signal_all(struct session *all, int signal) {
  bool any = false;
  for (struct session *one = all; one; one = one->next) {
    unsigned long long began = proc_tree_start(one->note.pid);
    if (began > one->note.entered) one->tree.over = true; /* a stranger's by now, and with it the session */
    proc_tree_kill(&one->tree, one->note.pid, began && !one->tree.over, true, signal);
    any |= one->tree.count > 0 || (began && !one->tree.over);
  }
  return any;
}

void proc_reaper_main(int argc, char *const *argv) {
  able = argc != 1 || strcmp(argv[0], NAME) != 0;
  if (able) return;
  if (fork() > 0) _exit(0); /* it is no child of ours: else it would end with the tree of a command that we are */
  prctl(PR_SET_NAME, NAME);
  struct session *all = gather();
  const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
  bool any = all && signal_all(all, SIGTERM);
  for (int i = 0; i < TRIES && any; i++) {
    nanosleep(&pause, NULL);
    any = signal_all(all, 0);
  }
  for (int i = 0; i < ROUNDS && any; i++) any = signal_all(all, SIGKILL); /* again for what was forked meanwhile */
  _exit(0);
}
