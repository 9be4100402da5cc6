/* The entry: process-wide settings that must come before anything else, the two answers that need no Lua, then the host. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/proc_reaper.h"
#include "core/stack.h"
#include "host.h"

/* A descriptor 0, 1 or 2 that is closed would be given to the first file we open, and printed into. What is printed to a closed standard
 * output is lost, so writing to it fails. */
static void open_standard(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0) return;
}

int main(int argc, char **argv) {
  proc_reaper_main(argc, argv);
  if (!stack_begin()) {
    static const char words[] = "qwen: the stack is limited to less than 512 KB; raise it with: ulimit -s 8192\n";
    return write(STDERR_FILENO, words, sizeof words - 1) < 0 ? 2 : 1;
  }
  open_standard();
  signal(SIGCHLD, SIG_DFL); /* where our parent ignored it, the ends of our children would be lost */
  signal(SIGXFSZ, SIG_IGN); /* a file that reaches `ulimit -f` is an error of that file, not our end */
#ifndef __SANITIZE_ADDRESS__ /* its leak check must be able to look into the process */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* other processes of this user must not read our environment or memory */
#endif
  if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0)) {
    signal(SIGPIPE, SIG_IGN); /* as term_out_init does for all other runs */
    if (puts("qwen " QWEN_VERSION) >= 0 && fflush(stdout) == 0) return 0;
    perror("qwen: write standard output");
    return 1;
  }
  return host_run(argc, argv);
}
