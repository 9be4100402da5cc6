/* One thread and one uv_async for each piece of work: there are few, and one that hangs must not hold up others. */
#include "work.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct work {
  uv_async_t async;
  loop_fn run, done;
  void *arg;
};

static void on_closed(uv_handle_t *h) { free(h->data); }

static void on_done(uv_async_t *a) {
  struct work *w = a->data;
  loop_fn done = w->done;
  void *arg = w->arg;
  uv_close((uv_handle_t *)a, on_closed);
  done(arg);
}

static void *thread(void *arg) {
  struct work *w = arg;
  w->run(w->arg);
  uv_async_send(&w->async);
  return NULL;
}

bool work_start(loop_fn run, loop_fn done, void *arg) {
  struct work *w = calloc(1, sizeof *w);
  pthread_attr_t attr;
  pthread_t id;
  sigset_t all, before;
  if (!w) return false;
  *w = (struct work){.run = run, .done = done, .arg = arg};
  w->async.data = w;
  if (uv_async_init(loop_uv(), &w->async, on_done) != 0) return free(w), false;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the thread with the loop */
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  bool ok = pthread_create(&id, &attr, thread, w) == 0;
  pthread_attr_destroy(&attr);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!ok) uv_close((uv_handle_t *)&w->async, on_closed);
  return ok;
}
