/* Runs programs by turns, so that what disturbs one disturbs all, and prints the cost of each as one line: wall and CPU in milliseconds, the
   least of all runs, and peak memory in KB. The least, because what else happens on a machine only ever adds to it.
   Usage: measure RUNS PROGRAM [ARG...] [-- PROGRAM [ARG...]]...   Output of the programs is thrown away; a run that fails ends everything. */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

enum { PROGRAMS_MAX = 4 };

struct cost {
  char **argv;
  double wall, cpu;
  long peak;
};

static bool run(struct cost *c, const posix_spawn_file_actions_t *files, bool first) {
  pid_t pid;
  int status;
  struct rusage used;
  double start = now();
  int failed = posix_spawnp(&pid, c->argv[0], files, NULL, c->argv, environ);
  if (failed) {
    fprintf(stderr, "measure: %s: %s\n", c->argv[0], strerror(failed));
    return false;
  }
  if (wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "measure: a run of %s failed (wait status 0x%x)\n", c->argv[0], (unsigned)status);
    return false;
  }
  double wall = now() - start, cpu = ms(used.ru_utime) + ms(used.ru_stime);
  if (first || wall < c->wall) c->wall = wall;
  if (first || cpu < c->cpu) c->cpu = cpu;
  if (used.ru_maxrss > c->peak) c->peak = used.ru_maxrss;
  return true;
}

int main(int argc, char **argv) {
  struct cost programs[PROGRAMS_MAX] = {0};
  int runs = argc > 2 ? atoi(argv[1]) : 0, count = 0;
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--") == 0) argv[i] = NULL;
    else if (!argv[i - 1] || i == 2) {
      if (count == PROGRAMS_MAX) break;
      programs[count++].argv = argv + i;
    }
  }
  if (runs < 1 || count == 0) {
    fprintf(stderr, "usage: measure RUNS PROGRAM [ARG...] [-- PROGRAM [ARG...]]...\n");
    return 2;
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  for (int i = 0; i < runs; i++)
    for (int k = 0; k < count; k++)
      if (!run(&programs[k], &files, i == 0)) return 1;
  for (int k = 0; k < count; k++) printf("%.3f %.3f %ld\n", programs[k].wall, programs[k].cpu, programs[k].peak);
  posix_spawn_file_actions_destroy(&files);
  return 0;
}
