/* A clock of the test for a whole program, by LD_PRELOAD: CLOCK_BOOTTIME and CLOCK_REALTIME run $QWEN_TEST_AHEAD seconds ahead, CLOCK_REALTIME
 * from $QWEN_TEST_WALL (seconds since 1970) where that is set. CLOCK_MONOTONIC, by which programs wait, stays as it is. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double number(const char *name) {
  const char *text = getenv(name);
  return text ? strtod(text, NULL) : 0;
}

int clock_gettime(clockid_t id, struct timespec *ts) {
  int rc = (int)syscall(SYS_clock_gettime, id, ts);
  if (rc != 0 || (id != CLOCK_BOOTTIME && id != CLOCK_REALTIME)) return rc;
  double wall = number("QWEN_TEST_WALL");
  if (id == CLOCK_REALTIME && wall > 0) ts->tv_sec = (time_t)wall; /* a moment that stands */
  ts->tv_sec += (time_t)number("QWEN_TEST_AHEAD");
  return 0;
}

time_t time(time_t *out) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  if (out) *out = ts.tv_sec;
  return ts.tv_sec;
}
