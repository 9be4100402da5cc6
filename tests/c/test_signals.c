/* signals.h: what looks into Lua runs in the main thread, whichever thread a signal reaches. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/signals.h"

static volatile sig_atomic_t here, elsewhere;

static bool on_tick(void) {
  if (gettid() == getpid()) here++;
  else elsewhere++;
  return true;
}

static void on_alarm(void) { on_tick(); }

static void *raise_both(void *arg) {
  (void)arg;
  for (int i = 0; i < 100; i++) raise(SIGPROF), raise(SIGALRM); /* to this thread */
  return NULL;
}

/* An alarm means something while SIGINT is pending. */
static void ignore(int number) { (void)number; }

static void test_other_thread(void **state) {
  (void)state;
  pthread_t thread;
  signals_alarm(on_alarm);
  assert_true(signals_watch(SIGINT, ignore));
  signals_ticks(on_tick);
  raise(SIGINT);
  assert_int_equal(pthread_create(&thread, NULL, raise_both, NULL), 0);
  pthread_join(thread, NULL);
  assert_int_equal(elsewhere, 0);
  assert_true(here >= 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_other_thread)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
