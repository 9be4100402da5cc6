/* One thread and one uv_async for each piece of work: there are few, and one that hangs must not hold up others. */
#include "thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct thread {
  uv_async_t async;
  loop_fn run, done;
  void *arg;
};

static void on_closed(uv_handle_t *h) { free(h->data); }

static void on_done(uv_async_t *a) {
  struct thread *t = a->data;
  loop_fn done = t->done;
  void *arg = t->arg;
  uv_close((uv_handle_t *)a, on_closed);
  done(arg);
}

static void *thread_main(void *arg) {
  struct thread *t = arg;
  t->run(t->arg);
  uv_async_send(&t->async);
  return NULL;
}

bool thread_start(loop_fn run, loop_fn done, void *arg) {
  struct thread *t = calloc(1, sizeof *t);
  pthread_attr_t attr;
  pthread_t id;
  sigset_t all, before;
  if (!t) return false;
  *t = (struct thread){.run = run, .done = done, .arg = arg};
  t->async.data = t;
  if (uv_async_init(loop_uv(), &t->async, on_done) != 0) return free(t), false;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the thread with the loop */
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  bool ok = pthread_create(&id, &attr, thread_main, t) == 0;
  pthread_attr_destroy(&attr);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!ok) uv_close((uv_handle_t *)&t->async, on_closed);
  return ok;
}
