/* Runs a program several times and prints its cost as one line: wall and CPU in milliseconds (least, median), peak memory in KB.
   Usage: measure RUNS PROGRAM [ARG...]   Output of the program is thrown away; a run that fails ends everything. */
#include <fcntl.h>
#include <spawn.h>
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

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int runs = argc > 2 ? atoi(argv[1]) : 0;
  if (runs < 1) {
    fprintf(stderr, "usage: measure RUNS PROGRAM [ARG...]\n");
    return 2;
  }
  double *wall = calloc((size_t)runs, sizeof *wall), *cpu = calloc((size_t)runs, sizeof *cpu);
  if (!wall || !cpu) return 1;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  long peak = 0;
  for (int i = 0; i < runs; i++) {
    pid_t pid;
    int status;
    struct rusage used;
    double start = now();
    int failed = posix_spawnp(&pid, argv[2], &files, NULL, argv + 2, environ);
    if (failed) {
      fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(failed));
      return 1;
    }
    if (wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      fprintf(stderr, "measure: run %d of %s failed (wait status 0x%x)\n", i + 1, argv[2], (unsigned)status);
      return 1;
    }
    wall[i] = now() - start;
    cpu[i] = ms(used.ru_utime) + ms(used.ru_stime);
    if (used.ru_maxrss > peak) peak = used.ru_maxrss;
  }
  qsort(wall, (size_t)runs, sizeof *wall, by_size);
  qsort(cpu, (size_t)runs, sizeof *cpu, by_size);
  printf("%.3f %.3f %.3f %.3f %ld\n", wall[0], wall[runs / 2], cpu[0], cpu[runs / 2], peak);
  posix_spawn_file_actions_destroy(&files);
  free(wall);
  free(cpu);
  return 0;
}
