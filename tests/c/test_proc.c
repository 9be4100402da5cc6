/* proc.h where the system is not as usual: a child that belongs to another user by now, a number that is a stranger's by now, no pidfd. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/loop.h"
#include "../../src/core/proc.h"

extern char **environ;

static void on_change(void *arg) { (void)arg; }

static struct proc *run(const char *path, char *argument) {
  char *argv[] = {(char *)path, argument, NULL};
  struct proc_spec spec = {.path = path, .argv = argv, .envp = environ, .group = true, .out = PROC_PIPE};
  struct err e;
  struct proc *p = proc_open(&spec, on_change, NULL, &e);
  if (!p) fail_msg("%s", e.message);
  return p;
}

static void until_done(struct proc *p) {
  int status = -1;
  bool timed_out;
  while (!proc_done(p, &status, &timed_out)) loop_run(true);
  assert_int_equal(status, 0);
}

/* As after sudo: it cannot be killed, and closing does not wait for its end. */
static void another_users(void **state) {
  (void)state;
  struct proc *p = run("/bin/sleep", "1000");
  pid_t pid = proc_pid(p);
  if (setresuid(65534, 65534, 0) != 0) {
    proc_close(p);
    skip();
  }
  bool protected = kill(pid, 0) != 0 && errno == EPERM;
  proc_close(p);
  assert_int_equal(setresuid(0, 0, 0), 0);
  if (protected) {
    assert_int_equal(kill(pid, 0), 0); /* it goes on */
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    kill(pid, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    proc_close(run("/bin/true", NULL)); /* takes what was left */
  }
  assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
  if (!protected) skip();
}

/* Whoever has the number of a program that ended long ago is left alone, with the session of that number. */
static void a_strangers_number(void **state) {
  (void)state;
  struct proc *p = run("/bin/true", NULL);
  until_done(p);
  pid_t pid = proc_pid(p);
  int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
  bool set = fd >= 0 && dprintf(fd, "%d", pid - 1) > 0;
  if (fd >= 0) close(fd);
  int ready[2];
  assert_int_equal(pipe(ready), 0);
  pid_t stranger = fork();
  if (stranger == 0) {
    setsid();
    if (write(ready[1], "x", 1) == 1) pause();
    _exit(0);
  }
  char c;
  assert_int_equal(read(ready[0], &c, 1), 1);
  close(ready[0]);
  close(ready[1]);
  proc_kill(p, SIGKILL);
  proc_close(p);
  int alive = waitpid(stranger, NULL, WNOHANG);
  kill(stranger, SIGKILL);
  if (alive == 0) waitpid(stranger, NULL, 0);
  if (!set || stranger != pid) skip();
  assert_int_equal(alive, 0);
}

/* In a process of its own, because a filter stays. */
static void without(int call) {
  pid_t pid = fork();
  if (pid == 0) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(77);
    int inherited = open("/dev/null", O_RDONLY), lines = 0; /* not for children */
    struct proc *p = run("/bin/ls", "/proc/self/fd");
    until_done(p);
    struct buf *out = proc_output(p, false);
    for (size_t i = 0; i < out->len; i++) lines += out->data[i] == '\n';
    proc_close(p);
    _exit(inherited >= 3 && lines == 4 ? 0 : 1); /* 0, 1, 2, and the folder that it reads */
  }
  int status;
  waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) skip();
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void no_pidfd(void **state) {
  (void)state;
  without(SYS_pidfd_open);
}

static void no_close_range(void **state) {
  (void)state;
  without(SYS_close_range);
}

static void usual(void **state) {
  (void)state;
  struct proc *p = run("/bin/echo", "x");
  until_done(p);
  proc_close(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(usual), cmocka_unit_test(another_users), cmocka_unit_test(a_strangers_number),
                                     cmocka_unit_test(no_pidfd), cmocka_unit_test(no_close_range)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
