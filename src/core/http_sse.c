/* The framer of http_sse.h. An event with one data line, the usual kind, is handed out where it lies; only events that are cut by the end
 * of the bytes shown, or have several data lines, are put together in s->data. */
#include "http_sse.h"

#include <string.h>

static const char bom[] = "\xef\xbb\xbf";

/* First LF or CR in p[from..n), or n. In blocks, so that bytes without one kind of line end are not searched for it again and again. */
static size_t find_end(const char *p, size_t from, size_t n) {
  while (from < n) {
    size_t block = n - from < 512 ? n - from : 512;
    const char *lf = memchr(p + from, '\n', block);
    const char *cr = memchr(p + from, '\r', lf ? (size_t)(lf - p) - from : block);
    if (cr) return (size_t)(cr - p);
    if (lf) return (size_t)(lf - p);
    from += block;
  }
  return n;
}

static bool field_is(const char *line, size_t n, const char *name) { return n == strlen(name) && memcmp(line, name, n) == 0; }

/* The one data line that still lies in the caller's bytes; text is NULL when there is none. */
struct in_place {
  const char *text;
  size_t len;
};

static bool keep(struct http_sse *s, struct in_place *one) {
  bool ok = !one->text || buf_add(&s->data, one->text, one->len);
  one->text = NULL;
  return ok;
}

static enum http_sse_result take_data(struct http_sse *s, struct in_place *one, const char *text, size_t n) {
  size_t have = one->text ? one->len : s->data.len;
  if (have + n + 1 > HTTP_SSE_EVENT_MAX) return HTTP_SSE_EVENT_TOO_LONG;
  if (!s->has_data) {
    *one = (struct in_place){text, n};
    s->has_data = true;
    return HTTP_SSE_MORE;
  }
  return keep(s, one) && buf_addc(&s->data, '\n') && buf_add(&s->data, text, n) ? HTTP_SSE_MORE : HTTP_SSE_NO_MEMORY;
}

/* Digits alone; more than a day is a day. */
static void take_retry(struct http_sse *s, const char *text, size_t n) {
  const long most = 24L * 60 * 60 * 1000;
  long value = 0;
  for (size_t i = 0; i < n; i++) {
    if (text[i] < '0' || text[i] > '9') return;
    value = value * 10 + (text[i] - '0');
    if (value > most) value = most;
  }
  if (n > 0) s->retry = value + 1;
}

static enum http_sse_result take_line(struct http_sse *s, struct in_place *one, const char *line, size_t n) {
  const char *colon = memchr(line, ':', n);
  if (colon == line) return HTTP_SSE_MORE; /* comment */
  size_t name = colon ? (size_t)(colon - line) : n;
  const char *value = colon ? colon + 1 : line + n;
  size_t len = n - (size_t)(value - line);
  if (len > 0 && *value == ' ') value++, len--;
  if (field_is(line, name, "data")) return take_data(s, one, value, len);
  if (field_is(line, name, "error")) { /* not of the standard: llama.cpp and what is built on it send failures so */
    s->name.len = 0;
    return buf_add(&s->name, "error", strlen("error")) ? take_data(s, one, value, len) : HTTP_SSE_NO_MEMORY;
  }
  struct buf *into = field_is(line, name, "event") ? &s->name : NULL;
  if (field_is(line, name, "id") && !memchr(value, '\0', len)) into = &s->id;
  if (field_is(line, name, "retry")) take_retry(s, value, len);
  if (!into) return HTTP_SSE_MORE; /* also what nobody knows */
  into->len = 0;
  return buf_add(into, value, len) ? HTTP_SSE_MORE : HTTP_SSE_NO_MEMORY;
}

/* An empty line: fills ev, or forgets an event without data. */
static bool dispatch(struct http_sse *s, struct in_place *one, struct http_sse_event *ev) {
  bool has_data = s->has_data;
  ev->data = one->text ? one->text : s->data.len ? s->data.data : "";
  ev->data_len = one->text ? one->len : s->data.len;
  ev->name = s->name.len ? s->name.data : "message";
  ev->name_len = s->name.len ? s->name.len : strlen("message");
  ev->id = s->id.len ? s->id.data : "";
  ev->id_len = s->id.len;
  ev->retry = s->retry - 1;
  s->data.len = s->name.len = 0; /* the bytes stay readable until the next call */
  s->has_data = false;
  return has_data;
}

enum http_sse_result http_sse_next(struct http_sse *s, const char *bytes, size_t n, bool end, size_t *used, struct http_sse_event *ev) {
  size_t at = 0;
  struct in_place one = {0};
  enum http_sse_result result = HTTP_SSE_MORE;
  *used = 0;
  if (n == 0 && !end) return HTTP_SSE_MORE;
  if (!s->started) {
    size_t m = n < 3 ? n : 3;
    bool like_bom = memcmp(n ? bytes : "", bom, m) == 0;
    if (like_bom && n < 3 && !end) return HTTP_SSE_MORE;
    s->started = true;
    if (like_bom && n >= 3) at = 3;
  }
  while (result == HTTP_SSE_MORE) {
    if (s->after_cr && at < n) {
      s->after_cr = false;
      if (bytes[at] == '\n') at++;
    }
    size_t stop = find_end(bytes, at + s->scanned, n);
    if (stop - at > HTTP_SSE_LINE_MAX) return HTTP_SSE_LINE_TOO_LONG;
    if (stop == n && (!end || at == n)) break; /* no whole line left */
    s->scanned = 0;
    size_t line = at;
    at = stop < n ? stop + 1 : n;
    s->after_cr = stop < n && bytes[stop] == '\r';
    if (stop > line) result = take_line(s, &one, bytes + line, stop - line);
    else if (dispatch(s, &one, ev)) result = HTTP_SSE_EVENT;
    else one.text = NULL;
  }
  *used = at;
  if (result != HTTP_SSE_MORE) return result;
  s->scanned = n - at;
  if (end) return dispatch(s, &one, ev) ? HTTP_SSE_EVENT : HTTP_SSE_MORE;
  return keep(s, &one) ? HTTP_SSE_MORE : HTTP_SSE_NO_MEMORY;
}

void http_sse_free(struct http_sse *s) {
  buf_free(&s->data);
  buf_free(&s->name);
  buf_free(&s->id);
  *s = (struct http_sse){0};
}
