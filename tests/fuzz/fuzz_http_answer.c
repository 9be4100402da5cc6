/* Fuzzes the whole way of an answer: any bytes of a server, through libcurl, end in a result or an error with a kind; no header holds
 * what could end a line or a text. The first byte says how the answer is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/http.h"

static uv_tcp_t server;
static char address[64];
static const uint8_t *answer;
static size_t answer_len;
static bool told;

struct peer {
  uv_tcp_t tcp;
  uv_shutdown_t end;
};

static void on_closed(uv_handle_t *h) { free(h->data); }
static void on_end(uv_shutdown_t *end, int status) { (void)end, (void)status; }
static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *b) {
  static char forgotten[4096];
  (void)h, (void)wanted;
  *b = uv_buf_init(forgotten, sizeof forgotten);
}
static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b) {
  (void)b;
  if (n < 0) {
    if (!uv_is_closing((uv_handle_t *)s)) uv_close((uv_handle_t *)s, on_closed);
    return;
  }
  struct peer *p = s->data;
  uv_buf_t all = uv_buf_init((char *)answer, (unsigned)answer_len);
  uv_try_write(s, &all, 1);
  uv_shutdown(&p->end, s, on_end);
}
static void on_connection(uv_stream_t *s, int status) {
  struct peer *p = calloc(1, sizeof *p);
  (void)status;
  uv_tcp_init(loop_uv(), &p->tcp);
  p->tcp.data = p;
  if (uv_accept(s, (uv_stream_t *)&p->tcp) != 0) abort();
  uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
}

static void listen_once(void) {
  struct sockaddr_in name;
  int len = sizeof name;
  if (address[0]) return;
  uv_tcp_init(loop_uv(), &server);
  uv_ip4_addr("127.0.0.1", 0, &name);
  if (uv_tcp_bind(&server, (struct sockaddr *)&name, 0) != 0 || uv_listen((uv_stream_t *)&server, 16, on_connection) != 0) abort();
  uv_tcp_getsockname(&server, (struct sockaddr *)&name, &len);
  snprintf(address, sizeof address, "http://127.0.0.1:%d/", ntohs(name.sin_port));
}

static void on_change(void *arg) { (void)arg, told = true; }

static void check_headers(const struct http *h) {
  struct http_field f;
  size_t total = 0;
  for (size_t at = 0; http_next_header(h, &at, &f); total += f.name_len + f.value_len) {
    if (f.name_len == 0) abort();
    for (size_t i = 0; i < f.name_len + f.value_len; i++)
      if (strchr("\r\n", f.name[i])) abort(); /* a NUL as well */
  }
  if (total > 64 << 10) abort();
}

static enum http_result step(struct http *h, int how, struct err *e) {
  const char *bytes;
  size_t n, sum = 0;
  struct http_sse_event ev;
  enum http_result r = how == 0 ? http_read(h, &bytes, &n, e) : how == 1 ? http_all(h, 1 << 20, &bytes, &n, e) : http_event(h, &ev, e);
  if (r == HTTP_DATA && how == 2) bytes = ev.data, n = ev.data_len;
  for (size_t i = 0; r == HTTP_DATA && i < n; i++) sum += (unsigned char)bytes[i];
  told |= sum > SIZE_MAX / 2;
  return r == HTTP_DATA && how == 1 ? HTTP_END : r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  struct err e = {0};
  listen_once();
  answer = data + 1;
  answer_len = size - 1;
  struct http_request request = {.url = address, .follow = data[0] & 4, .connect_timeout = 5, .first_timeout = 5, .idle_timeout = 5, .max_body = 1 << 20};
  struct http *h = http_open(&request, on_change, NULL, &e);
  if (!h) abort();
  enum http_result r;
  while ((r = http_head(h, &e)) == HTTP_WAIT) loop_run(true);
  if (r == HTTP_DATA) {
    check_headers(h);
    while ((r = step(h, data[0] % 3, &e)) == HTTP_WAIT || r == HTTP_DATA)
      if (r == HTTP_WAIT) loop_run(true);
  }
  if (r == HTTP_FAILED && (e.kind == ERR_NONE || e.kind == ERR_TIMEOUT || !e.message[0])) abort();
  http_close(h);
  for (int i = 0; i < 4; i++) loop_run(false);
  return 0;
}
