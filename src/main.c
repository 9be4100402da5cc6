/* The entry: process-wide settings that must come before anything else, the two answers that need no Lua, then the host. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "host.h"

int main(int argc, char **argv) {
#ifndef __SANITIZE_ADDRESS__ /* its leak check must be able to look into the process */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* other processes of this user must not read our environment or memory */
#endif
  if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0)) {
    puts("qwen " QWEN_VERSION);
    return fflush(stdout) == 0 ? 0 : 1;
  }
  return host_run(argc, argv);
}
