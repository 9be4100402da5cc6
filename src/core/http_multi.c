/* curl_multi_socket_action on libuv: a uv_poll for each of curl's sockets and one timer. Where curl fails as a whole, for want of memory, it
 * says so of no transfer: then all of them end, and the next one begins anew. */
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "loop.h"
#include "http_multi.h"
#include "reserve.h"

struct sock {
  uv_poll_t poll;
  curl_socket_t fd;
  int events;
  struct sock *next;
};

static struct {
  const struct http_curl_api *curl;
  CURLM *handle;
  uv_timer_t *timer;
  double due; /* when curl wants to be asked; 0 when that was put off once */
  http_multi_done_fn done;
  CURL **all; /* that were added and not removed */
  size_t count, room;
  struct sock *socks;
} multi;

static void free_handle(uv_handle_t *h) { free(h->data); }

static void end(CURL *easy, CURLcode code) {
  void *owner = NULL;
  multi.curl->easy_getinfo(easy, CURLINFO_PRIVATE, &owner);
  multi.done(owner, code);
}

static void end_all(void) {
  while (multi.count > 0) end(multi.all[--multi.count], CURLE_OUT_OF_MEMORY);
  http_multi_free();
}

static void act(curl_socket_t fd, int events) {
  int running;
  if (multi.curl->multi_socket_action(multi.handle, fd, events, &running) != CURLM_OK) {
    end_all();
    return;
  }
  CURLMsg *m;
  while ((m = multi.curl->multi_info_read(multi.handle, &(int){0}))) {
    if (m->msg != CURLMSG_DONE) continue;
    end(m->easy_handle, m->data.result);
  }
}

static void on_poll(uv_poll_t *p, int status, int events) {
  struct sock *s = p->data;
  /* On an error curl is told to read and write as well: then it finds the reason itself, and what came before it. */
  int flags = status < 0 ? CURL_CSELECT_ERR | CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;
  if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
  act(s->fd, flags);
  /* libuv has stopped watching a socket in error; curl may not be done with it. A closed handle is freed later than here. */
  if (status < 0 && !uv_is_closing((uv_handle_t *)p) && !uv_is_active((uv_handle_t *)p)) uv_poll_start(p, s->events, on_poll);
}

static void on_timer(uv_timer_t *t) {
  double settle = multi.due > 0 ? loop_settle(multi.due) : 0;
  multi.due = 0;
  if (settle > 0) uv_timer_start(t, on_timer, (uint64_t)(settle * 1000), 0);
  else act(CURL_SOCKET_TIMEOUT, 0);
}

static void drop(struct sock *s) {
  struct sock **at = &multi.socks;
  while (*at != s) at = &(*at)->next;
  *at = s->next;
  uv_close((uv_handle_t *)&s->poll, free_handle);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known) {
  (void)easy;
  (void)user;
  struct sock *s = known;
  if (what == CURL_POLL_REMOVE) {
    if (s) drop(s);
    return 0;
  }
  if (!s) {
    s = reserve_calloc(1, sizeof *s);
    if (uv_poll_init_socket(loop_uv(), &s->poll, fd) != 0) {
      free(s);
      return -1;
    }
    s->fd = fd;
    s->poll.data = s;
    s->next = multi.socks;
    multi.socks = s;
    multi.curl->multi_assign(multi.handle, fd, s);
  }
  s->events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  return uv_poll_start(&s->poll, s->events, on_poll) == 0 ? 0 : -1;
}

static int on_timeout(CURLM *handle, long ms, void *user) {
  (void)handle;
  (void)user;
  if (ms < 0) uv_timer_stop(multi.timer);
  else {
    uv_update_time(loop_uv()); /* a long piece of Lua may lie between the last turn and now */
    multi.due = ms > 0 ? loop_now() + (double)ms / 1000 : 0;
    uv_timer_start(multi.timer, on_timer, (uint64_t)ms, 0);
  }
  return 0;
}

static bool start(struct err *e) {
  if (multi.handle) return true;
  multi.curl = http_curl_load(e);
  if (!multi.curl) return false;
  multi.timer = calloc(1, sizeof *multi.timer);
  multi.handle = multi.timer ? multi.curl->multi_init() : NULL;
  if (!multi.handle) {
    free(multi.timer);
    err_set(e, ERR_BROKEN, "out of memory");
    return false;
  }
  uv_timer_init(loop_uv(), multi.timer);
  multi.timer->data = multi.timer;
  multi.curl->multi_setopt(multi.handle, CURLMOPT_SOCKETFUNCTION, on_socket);
  multi.curl->multi_setopt(multi.handle, CURLMOPT_TIMERFUNCTION, on_timeout);
  return true;
}

bool http_multi_add(CURL *easy, http_multi_done_fn done, struct err *e) {
  if (!start(e)) return false;
  multi.done = done;
  if (multi.count == multi.room) multi.all = reserve_realloc(multi.all, (multi.room = 2 * multi.room + 8) * sizeof *multi.all);
  if (multi.curl->multi_add_handle(multi.handle, easy) == CURLM_OK) {
    multi.all[multi.count++] = easy;
    return true;
  }
  err_set(e, ERR_BROKEN, "the request could not be started; is there enough memory?");
  return false;
}

void http_multi_remove(CURL *easy) {
  for (size_t i = 0; i < multi.count; i++)
    if (multi.all[i] == easy) multi.all[i--] = multi.all[--multi.count];
  multi.curl->multi_remove_handle(multi.handle, easy);
}

void http_multi_free(void) {
  if (!multi.handle) return;
  multi.curl->multi_cleanup(multi.handle);
  while (multi.socks) drop(multi.socks);
  free(multi.all);
  multi.all = NULL;
  multi.room = 0;
  uv_close((uv_handle_t *)multi.timer, free_handle);
  multi.handle = NULL;
  multi.timer = NULL;
}
