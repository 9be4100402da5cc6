/* Fuzzes the event framer: any bytes, in pieces of any size, give the same events as the bytes in one piece. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/http_sse.h"

static enum http_sse_result play(const uint8_t *bytes, size_t n, size_t step, struct buf *out) {
  struct http_sse s = {0};
  struct http_sse_event ev;
  size_t pos = 0, shown = step < n ? step : n, used;
  enum http_sse_result r;
  for (;;) {
    char *exact = malloc(shown - pos + (shown == pos));
    if (shown > pos) memcpy(exact, bytes + pos, shown - pos);
    bool end = shown == n;
    r = http_sse_next(&s, exact, shown - pos, end, &used, &ev);
    if (used > shown - pos) abort();
    if (r == HTTP_SSE_EVENT) {
      buf_addf(out, "%zu %zu %zu ", ev.data_len, ev.name_len, ev.id_len);
      buf_add(out, ev.data, ev.data_len);
      buf_add(out, ev.name, ev.name_len);
      buf_add(out, ev.id, ev.id_len);
    }
    free(exact);
    pos += used;
    if (r == HTTP_SSE_EVENT) continue;
    if (r != HTTP_SSE_MORE || end) break;
    shown = n - shown > step ? shown + step : n;
  }
  http_sse_free(&s);
  return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  if (n < 1) return 0;
  struct buf whole = {0}, pieces = {0};
  enum http_sse_result a = play(bytes + 1, n - 1, n, &whole), b = play(bytes + 1, n - 1, (size_t)bytes[0] % 16 + 1, &pieces);
  if (a != b || whole.len != pieces.len || (whole.len && memcmp(whole.data, pieces.data, whole.len) != 0)) abort();
  buf_free(&whole);
  buf_free(&pieces);
  return 0;
}
