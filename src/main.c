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

/* A descriptor 0, 1 or 2 that is closed would be given to the first file we open, and printed into. */
static void open_standard(void) {
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
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
    puts("qwen " QWEN_VERSION);
    return fflush(stdout) == 0 ? 0 : 1;
  }
  return host_run(argc, argv);
}
