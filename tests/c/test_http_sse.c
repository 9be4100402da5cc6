/* http_sse.h: every framing rule, each stream played whole, cut in two at every byte and one byte at a time; the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/http_sse.h"

/* Plays text in pieces that end at the given cuts; leaves "data|name|id\n" for each event in out. */
static enum http_sse_result play(const char *text, size_t n, size_t step, size_t first, struct buf *out) {
  struct http_sse s = {0};
  struct http_sse_event ev;
  size_t pos = 0, shown = first < n ? first : n;
  enum http_sse_result r;
  for (;;) {
    size_t used;
    char *exact = malloc(shown - pos + 1); /* its own block, so that a sanitiser sees a read past the bytes shown */
    memcpy(exact, text + pos, shown - pos);
    char *tight = realloc(exact, shown - pos ? shown - pos : 1);
    bool end = shown == n;
    r = http_sse_next(&s, tight, shown - pos, end, &used, &ev);
    assert_true(used <= shown - pos);
    pos += used;
    if (r == HTTP_SSE_EVENT) {
      buf_add(out, ev.data, ev.data_len);
      buf_addc(out, '|');
      buf_add(out, ev.name, ev.name_len);
      buf_addc(out, '|');
      buf_add(out, ev.id, ev.id_len);
      buf_addc(out, '\n');
    }
    free(tight);
    if (r == HTTP_SSE_EVENT) continue;
    if (r != HTTP_SSE_MORE || end) break;
    shown = shown + step < n ? shown + step : n;
  }
  http_sse_free(&s);
  return r;
}

static void same(const char *text, size_t n, const char *want) {
  for (size_t cut = 0; cut <= n; cut++) {
    struct buf out = {0};
    assert_int_equal(play(text, n, n, cut, &out), HTTP_SSE_MORE);
    buf_addc(&out, '\0');
    assert_string_equal(out.data, want);
    buf_free(&out);
  }
  struct buf out = {0};
  assert_int_equal(play(text, n, 1, 1, &out), HTTP_SSE_MORE);
  buf_addc(&out, '\0');
  assert_string_equal(out.data, want);
  buf_free(&out);
}

#define SAME(text, want) same(text, sizeof text - 1, want)

static void frames(void **state) {
  (void)state;
  SAME("", "");
  SAME("data: a\n\n", "a|message|\n");
  SAME("data:a\n\ndata:  b\n\n", "a|message|\n b|message|\n");
  SAME("event: ping\ndata: {}\n\ndata: x\n\n", "{}|ping|\nx|message|\n");
  SAME("data: a\ndata: b\ndata\ndata: c\n\n", "a\nb\n\nc|message|\n");
  SAME("data:\n\n", "|message|\n");
  SAME("data\n\ndata\ndata\n\n", "|message|\n\n|message|\n");
}

static void line_ends(void **state) {
  (void)state;
  SAME("data: a\r\n\r\ndata: b\r\n\r\n", "a|message|\nb|message|\n");
  SAME("data: a\r\rdata: b\r\r", "a|message|\nb|message|\n");
  SAME("data: a\r\n\ndata: b\n\rdata: c\r\r\n", "a|message|\nb|message|\nc|message|\n");
  SAME("data: a\rdata: b\n\n", "a\nb|message|\n");
}

static void ids(void **state) {
  (void)state;
  SAME("id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "a|message|7\nb|message|7\nc|message|\n");
  SAME("id: 7\ndata: a\n\nid: x\0y\ndata: b\n\n", "a|message|7\nb|message|7\n");
}

static void ignored(void **state) {
  (void)state;
  SAME(": OPENROUTER PROCESSING\n\n:\n\ndata: a\n\n", "a|message|\n");
  SAME("event: lost\n\ndata: a\n\n", "a|message|\n");
  SAME("retry: 10\nunknown: x\nDATA: no\ndata2: no\ndata: a\n\n", "a|message|\n");
  SAME("\n\n\n\r\n\rdata: a\n\n", "a|message|\n");
}

static void byte_order_mark(void **state) {
  (void)state;
  SAME("\xef\xbb\xbf" "data: a\n\n\xef\xbb\xbf" "data: b\n\n", "a|message|\n");
  SAME("\xef\xbb\xbf\n\ndata: a\n\n", "a|message|\n");
  SAME("\xef\xbb", "");
}

static void unfinished_end(void **state) {
  (void)state;
  SAME("data: a\n\ndata: b\n", "a|message|\nb|message|\n");
  SAME("data: a\n\ndata: b", "a|message|\nb|message|\n");
  SAME("data: a\nevent: x", "a|x|\n");
  SAME("data: a\r", "a|message|\n");
  SAME("event: x", "");
}

static char *filled(size_t n, const char *start) {
  char *text = malloc(n);
  memset(text, 'x', n);
  memcpy(text, start, strlen(start));
  return text;
}

static void endless_line(void **state) {
  (void)state;
  struct buf out = {0};
  size_t n = HTTP_SSE_LINE_MAX + 2;
  char *text = filled(n, "data: ");
  assert_int_equal(play(text, n, 16384, 16384, &out), HTTP_SSE_LINE_TOO_LONG);
  text[HTTP_SSE_LINE_MAX] = '\n'; /* exactly the limit is good */
  text[HTTP_SSE_LINE_MAX + 1] = '\n';
  assert_int_equal(play(text, n, 16384, 16384, &out), HTTP_SSE_MORE);
  assert_int_equal(out.len, HTTP_SSE_LINE_MAX - 6 + strlen("|message|\n"));
  free(text);
  buf_free(&out);
}

static void endless_event(void **state) {
  (void)state;
  struct buf out = {0}, text = {0};
  char *line = filled(1 << 16, "data: ");
  line[(1 << 16) - 1] = '\n';
  for (int i = 0; i < 128; i++) buf_add(&text, line, 1 << 16);
  assert_int_equal(play(text.data, text.len, 50000, 50000, &out), HTTP_SSE_MORE); /* just below: the names of the fields do not count */
  assert_true(out.len > HTTP_SSE_EVENT_MAX - 2000);
  buf_add(&text, line, 1 << 16);
  assert_int_equal(play(text.data, text.len, 50000, 50000, &out), HTTP_SSE_EVENT_TOO_LONG);
  free(line);
  buf_free(&text);
  buf_free(&out);
}

/* A line that comes byte by byte is searched once, not once for each byte: this takes minutes otherwise. */
static void slow_line_is_linear(void **state) {
  (void)state;
  struct http_sse s = {0};
  struct http_sse_event ev;
  size_t used;
  char *text = filled(HTTP_SSE_LINE_MAX, "data: ");
  for (size_t n = 1; n <= HTTP_SSE_LINE_MAX; n++) assert_int_equal(http_sse_next(&s, text, n, false, &used, &ev), HTTP_SSE_MORE);
  free(text);
  http_sse_free(&s);
}

static void one_data_line_is_not_copied(void **state) {
  (void)state;
  struct http_sse s = {0};
  struct http_sse_event ev;
  size_t used;
  const char *text = "data: hello\n\n";
  assert_int_equal(http_sse_next(&s, text, strlen(text), false, &used, &ev), HTTP_SSE_EVENT);
  assert_ptr_equal(ev.data, text + 6);
  assert_null(s.data.data);
  http_sse_free(&s);
}

/* What retry says is known with the next event, and at the end also without one. */
static void retries(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum http_sse_result first;
    long retry;
  } rows[] = {
    {"data: a\n\n", HTTP_SSE_EVENT, -1},         {"retry: 0\ndata: a\n\n", HTTP_SSE_EVENT, 0},
    {"retry:500\ndata: a\n\n", HTTP_SSE_EVENT, 500}, {"retry: 5\nretry: x\ndata: a\n\n", HTTP_SSE_EVENT, 5},
    {"retry: 5s\ndata: a\n\n", HTTP_SSE_EVENT, -1}, {"retry:\ndata: a\n\n", HTTP_SSE_EVENT, -1},
    {"retry: 99999999999999999999\ndata: a\n\n", HTTP_SSE_EVENT, 86400000},
    {"id: 7\nretry: 30\n\n", HTTP_SSE_MORE, 30},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct http_sse s = {0};
    struct http_sse_event ev = {.retry = -7};
    size_t used;
    assert_int_equal(http_sse_next(&s, rows[i].text, strlen(rows[i].text), true, &used, &ev), rows[i].first);
    assert_int_equal(ev.retry, rows[i].retry);
    http_sse_free(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(frames), cmocka_unit_test(line_ends), cmocka_unit_test(ids), cmocka_unit_test(ignored),
    cmocka_unit_test(byte_order_mark), cmocka_unit_test(unfinished_end), cmocka_unit_test(endless_line),
    cmocka_unit_test(endless_event), cmocka_unit_test(slow_line_is_linear), cmocka_unit_test(one_data_line_is_not_copied),
    cmocka_unit_test(retries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
