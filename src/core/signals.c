/* Signals as loop events by a handler that only sets a bit and wakes the loop. What a signal means is decided elsewhere. Those that look
 * into Lua do so in the thread that runs it. */
#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>
#include <uv.h>

#include "loop.h"
#include "reserve.h"

enum { SIGNALS_MAX = 65 };

static volatile sig_atomic_t pending[SIGNALS_MAX];
static signals_fn handlers[SIGNALS_MAX];
static void (*alarm_fn)(void), (*last_fn)(void);
static volatile sig_atomic_t alarms; /* since the loop last looked */
static uv_async_t *async; /* lives until the process ends: a handler may fire at any moment */

static bool install(int number, void (*fn)(int)) {
  struct sigaction action = {.sa_handler = fn, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  return sigaction(number, &action, NULL) == 0;
}

static bool wants_end(int number) { return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT; }

static void on_signal(int number) {
  int saved = errno;
  pending[number] = 1;
  if (wants_end(number) && alarm_fn) alarm(1);
  uv_async_send(async);
  errno = saved;
}

/* Libraries have threads, and the system may choose one of them for a signal: then it is sent on. */
static bool is_elsewhere(int number) {
  if (getpid() == gettid()) return false;
  int saved = errno;
  tgkill(getpid(), getpid(), number);
  errno = saved;
  return true;
}

/* The loop does not come to look. Lua is interrupted; where that does not help either, SIGTERM, SIGHUP and SIGQUIT do what they do by default. */
static void on_alarm(int number) {
  if (is_elsewhere(number)) return;
  int end = pending[SIGTERM] ? SIGTERM : pending[SIGHUP] ? SIGHUP : pending[SIGQUIT] ? SIGQUIT : 0;
  if (end && alarms++ > 0) {
    signals_leave();
    install(end, SIG_DFL);
    raise(end);
  }
  if (end) alarm(2);
  if ((end || pending[SIGINT]) && alarm_fn) alarm_fn();
}

static void deliver(uv_async_t *handle) {
  (void)handle;
  for (int i = 1; i < SIGNALS_MAX; i++) {
    if (!pending[i]) continue;
    pending[i] = 0;
    if (wants_end(i)) alarm(0), alarms = 0;
    if (handlers[i]) handlers[i](i);
  }
}

bool signals_watch(int number, signals_fn fn) {
  if (number < 1 || number >= SIGNALS_MAX) return false;
  struct sigaction now;
  if (!handlers[number] && sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN) return true; /* nohup: it stays ignored */
  handlers[number] = fn;
  if (!fn) return install(number, SIG_DFL);
  if (!async) {
    async = reserve_malloc(sizeof *async);
    int failed = uv_async_init(loop_uv(), async, deliver);
    if (failed) reserve_end(uv_strerror(failed));
  }
  return install(number, on_signal);
}

signals_fn signals_watcher(int number) { return number < 1 || number >= SIGNALS_MAX ? NULL : handlers[number]; }

static bool (*tick_fn)(void);
static volatile sig_atomic_t ticking;

static void set_ticks(int ms) {
  struct itimerval interval = {.it_interval.tv_usec = ms * 1000, .it_value.tv_usec = ms * 1000};
  setitimer(ITIMER_PROF, &interval, NULL);
}

static void on_tick(int number) {
  if (is_elsewhere(number) || tick_fn()) return;
  ticking = 0;
  set_ticks(0);
}

void signals_ticks(bool (*fn)(void)) {
  if (ticking) return;
  bool first = !tick_fn;
  tick_fn = fn;
  if (first) install(SIGPROF, on_tick);
  ticking = 1;
  set_ticks(SIGNALS_TICK_MS);
}

void signals_alarm(void (*fn)(void)) {
  alarm_fn = fn;
  install(SIGALRM, on_alarm);
}

void signals_last(void (*fn)(void)) { last_fn = fn; }

void signals_leave(void) {
  if (last_fn) last_fn();
}
