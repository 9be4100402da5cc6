/* Fuzzes the sanitiser and the widths: whole or in pieces the text is the same, it is valid, harmless, and cleaning it again changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/term_sanitize.h"
#include "core/utf8.h"
#include "core/term_width.h"

static void play(const char *bytes, size_t n, size_t step, bool visible, struct buf *out) {
  struct term_sanitize c = {.visible = visible};
  for (size_t at = 0; at < n; at += step)
    if (!term_sanitize_feed(&c, out, bytes + at, n - at < step ? n - at : step)) abort();
  if (!term_sanitize_end(&c, out)) abort();
}

static bool same(const struct buf *a, const struct buf *b) { return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0); }

static void check(const struct buf *b) {
  for (size_t at = 0, n; at < b->len; at += n) {
    uint32_t point;
    n = utf8_decode(b->data + at, b->len - at, &point);
    if (n == 0 || (point < 32 && point != '\n' && point != '\t') || (point >= 127 && point < 160)) abort();
    if ((point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069)) abort();
  }
  size_t at = 0, lines = 0, next;
  while (at < b->len) { /* wrapping always moves on */
    size_t n = term_width_line(b->data + at, b->len - at, 10, &next);
    if (n > b->len - at || next == 0 || next > b->len - at || lines++ > b->len) abort();
    at += next;
  }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  if (size < 2) return 0;
  struct buf whole = {0}, pieces = {0}, again = {0};
  const char *bytes = (const char *)data + 1;
  bool visible = data[0] & 16;
  play(bytes, size - 1, size, visible, &whole);
  play(bytes, size - 1, 1 + data[0] % 16, visible, &pieces);
  play(whole.data, whole.len, whole.len + 1, false, &again);
  if (!same(&whole, &pieces) || !same(&whole, &again)) abort();
  check(&whole);
  buf_free(&whole);
  buf_free(&pieces);
  buf_free(&again);
  return 0;
}
