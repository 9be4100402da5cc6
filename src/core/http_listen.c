/* The listener of http_listen.h on libuv. An answer is one write to an empty socket buffer, so nothing is left to do when it closes. */
#include "http_listen.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "buf.h"

enum { HEAD_MAX = 8192, CONNECTIONS_MAX = 16, PATIENCE = 10 };

struct conn {
  uv_tcp_t tcp;
  struct http_listen *owner; /* NULL once it is being closed */
  struct loop_timer *timer;
  unsigned long ready; /* its number among those that wait for an answer; 0: the head is not complete */
  size_t len;
  const char *query;
  char head[HEAD_MAX + 1];
};

struct http_listen {
  uv_tcp_t tcp;
  struct conn *conns[CONNECTIONS_MAX];
  struct conn *current; /* given by http_listen_next */
  unsigned long last;
  int port;
  loop_fn fn;
  void *arg;
  char path[128];
};

static void free_handle(uv_handle_t *h) { free(h->data); }

static void drop(struct conn *c) {
  struct http_listen *l = c->owner;
  if (!l) return;
  c->owner = NULL;
  if (l->current == c) l->current = NULL;
  for (int i = 0; i < CONNECTIONS_MAX; i++)
    if (l->conns[i] == c) l->conns[i] = NULL;
  loop_timer_stop(c->timer);
  uv_close((uv_handle_t *)&c->tcp, free_handle);
}

static void too_slow(void *arg) {
  struct conn *c = arg;
  c->timer = NULL;
  drop(c);
}

static const char *words_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    default: return "Bad Request";
  }
}

static void answer(struct conn *c, int status, const char *page, size_t n) {
  char head[512];
  int len = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n"
                     "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
                     "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n",
                     status, words_of(status), n);
  uv_buf_t parts[] = {uv_buf_init(head, (unsigned)len), uv_buf_init(buf_mutable(page), (unsigned)n)};
  uv_try_write((uv_stream_t *)&c->tcp, parts, 2);
  drop(c);
}

static void refuse(struct conn *c, int status) { answer(c, status, words_of(status), strlen(words_of(status))); }

/* Whether the value of a header is `before` and one of our two names with our port. */
static bool is_ours(const struct http_listen *l, const char *before, const char *value, size_t n) {
  static const char *const names[] = {"localhost", "127.0.0.1"};
  char want[64];
  for (int i = 0; i < 2; i++) {
    size_t len = (size_t)snprintf(want, sizeof want, "%s%s:%d", before, names[i], l->port);
    if (n == len && strncasecmp(want, value, n) == 0) return true;
  }
  return false;
}

/* The status of the headers between at and the empty line: 200, or why not. */
static int check_headers(const struct http_listen *l, const char *at) {
  int hosts = 0;
  while (*at) {
    const char *end = strstr(at, "\r\n"), *colon = end ? memchr(at, ':', (size_t)(end - at)) : NULL;
    if (!colon || colon == at) return 400;
    const char *value = colon + 1;
    while (*value == ' ' || *value == '\t') value++;
    const char *stop = end;
    while (stop > value && (stop[-1] == ' ' || stop[-1] == '\t')) stop--;
    size_t name = (size_t)(colon - at), n = (size_t)(stop - value);
    if (name == 4 && strncasecmp(at, "host", 4) == 0) {
      if (!is_ours(l, "", value, n)) return 403;
      hosts++;
    }
    if (name == 6 && strncasecmp(at, "origin", 6) == 0 && !is_ours(l, "http://", value, n)) return 403;
    at = end + 2;
  }
  return hosts == 1 ? 200 : 400;
}

/* Reads a complete head, which ends in one line end now; leaves the query in c. */
static int check(struct conn *c) {
  char *line = strstr(c->head, "\r\n"), *target = c->head + 4;
  if (!line || strlen(c->head) != c->len) return 400; /* a zero byte */
  if (strncmp(c->head, "GET ", 4) != 0) return 405;
  char *space = memchr(target, ' ', (size_t)(line - target));
  if (!space || strncmp(space, " HTTP/1.", 8) != 0 || line - space != 9) return 400;
  for (char *p = target; p < space; p++)
    if (*p <= ' ' || *p > '~') return 400;
  int status = check_headers(c->owner, line + 2);
  if (status != 200) return status;
  *space = '\0';
  char *question = strchr(target, '?');
  if (question) *question = '\0';
  c->query = question ? question + 1 : "";
  return strcmp(target, c->owner->path) == 0 ? 200 : 404;
}

static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *b) {
  struct conn *c = h->data;
  (void)wanted;
  *b = uv_buf_init(c->head + c->len, (unsigned)(HEAD_MAX - c->len));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
  struct conn *c = s->data;
  (void)b;
  if (n == 0 || !c->owner) return;
  if (n < 0) {
    if (n == UV_ENOBUFS) refuse(c, 400);
    else drop(c);
    return;
  }
  if (c->ready) return drop(c); /* a second request before the answer */
  c->len += (size_t)n;
  c->head[c->len] = '\0';
  char *end = memmem(c->head, c->len, "\r\n\r\n", 4);
  if (!end) {
    if (c->len == HEAD_MAX) refuse(c, 400);
    return;
  }
  if (end + 4 != c->head + c->len) return refuse(c, 400); /* a body, or more requests */
  c->len = (size_t)(end + 2 - c->head);
  end[2] = '\0';
  int status = check(c);
  if (status != 200) return refuse(c, status);
  c->ready = ++c->owner->last;
  c->owner->fn(c->owner->arg);
}

static void on_connection(uv_stream_t *server, int status) {
  struct http_listen *l = server->data;
  if (status < 0) return;
  struct conn *c = calloc(1, sizeof *c);
  if (!c) return;
  uv_tcp_init(loop_uv(), &c->tcp);
  c->tcp.data = c;
  int slot = 0;
  while (slot < CONNECTIONS_MAX && l->conns[slot]) slot++;
  if (uv_accept(server, (uv_stream_t *)&c->tcp) != 0 || slot == CONNECTIONS_MAX) {
    uv_close((uv_handle_t *)&c->tcp, free_handle);
    return;
  }
  l->conns[slot] = c;
  c->owner = l;
  c->timer = loop_timer_start(PATIENCE, too_slow, c);
  uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

/* 0, or libuv's error: a port that somebody listens at tells only when we listen as well. */
static int try_port(struct http_listen *l, uint16_t port) {
  struct sockaddr_in address;
  int len = sizeof address;
  uv_tcp_init(loop_uv(), &l->tcp);
  l->tcp.data = l;
  uv_ip4_addr("127.0.0.1", port, &address);
  int r = uv_tcp_bind(&l->tcp, (struct sockaddr *)&address, 0);
  if (r == 0) r = uv_listen((uv_stream_t *)&l->tcp, CONNECTIONS_MAX, on_connection);
  if (r == 0) r = uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&address, &len);
  l->port = ntohs(address.sin_port);
  return r;
}

struct http_listen *http_listen_open(const uint16_t *ports, size_t count, const char *path, loop_fn fn, void *arg, struct err *e) {
  int r = UV_EINVAL;
  for (size_t i = 0; i < count; i++) {
    struct http_listen *l = calloc(1, sizeof *l);
    if (!l) break;
    l->fn = fn;
    l->arg = arg;
    snprintf(l->path, sizeof l->path, "%s", path);
    r = try_port(l, ports[i]);
    if (r == 0) return l;
    uv_close((uv_handle_t *)&l->tcp, free_handle);
  }
  err_set(e, ERR_NETWORK, "no port of this machine is free for the browser to come back to (%zu tried): %s", count, uv_strerror(r));
  return NULL;
}

int http_listen_port(const struct http_listen *l) { return l->port; }

bool http_listen_next(struct http_listen *l, const char **query, size_t *n) {
  struct conn *oldest = NULL;
  for (int i = 0; i < CONNECTIONS_MAX; i++) {
    struct conn *c = l->conns[i];
    if (c && c->ready && (!oldest || c->ready < oldest->ready)) oldest = c;
  }
  l->current = oldest;
  if (!oldest) return false;
  *query = oldest->query;
  *n = strlen(oldest->query);
  return true;
}

void http_listen_answer(struct http_listen *l, int status, const char *page, size_t n) {
  if (l->current) answer(l->current, status, page, n);
}

void http_listen_close(struct http_listen *l) {
  if (!l) return;
  for (int i = 0; i < CONNECTIONS_MAX; i++)
    if (l->conns[i]) drop(l->conns[i]);
  uv_close((uv_handle_t *)&l->tcp, free_handle);
}

enum { TAKEN_MS = 20 }; /* most kernels refuse at once what nobody listens to, some a moment later */

bool http_listen_taken(uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return true; /* not known: whoever asks finds out */
  int problem = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
  socklen_t size = sizeof problem;
  if (problem == EINPROGRESS && poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, TAKEN_MS) == 1)
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
  close(fd);
  return problem != ECONNREFUSED;
}
