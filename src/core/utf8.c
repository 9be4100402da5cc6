/* UTF-8 decoding and repair. Widths and clusters are in term_width.c. */
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "buf.h"

static size_t length_of(unsigned char lead) {
  return lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/* How many bytes at s are the beginning of a sequence, up to its whole length. */
static size_t matching(const unsigned char *b, size_t n, size_t len) {
  if (len > n) len = n;
  if (len < 2) return len;
  unsigned char low = b[0] == 0xe0 ? 0xa0 : b[0] == 0xf0 ? 0x90 : 0x80; /* no overlong form */
  unsigned char high = b[0] == 0xed ? 0x9f : b[0] == 0xf4 ? 0x8f : 0xbf; /* no surrogate, nothing beyond U+10FFFF */
  if (b[1] < low || b[1] > high) return 1;
  size_t i = 2;
  while (i < len && (b[i] & 0xc0) == 0x80) i++;
  return i;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *point) {
  utf8proc_int32_t p;
  utf8proc_ssize_t len = n ? utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &p) : 0;
  if (len <= 0) return 0;
  *point = (uint32_t)p;
  return (size_t)len;
}

size_t utf8_bad(const char *s, size_t n) {
  const unsigned char *b = (const unsigned char *)s;
  size_t len = n ? matching(b, n, length_of(b[0])) : 0;
  return len ? len : n > 0;
}

bool utf8_open(const char *s, size_t n) {
  const unsigned char *b = (const unsigned char *)s;
  return n > 0 && n < length_of(b[0]) && matching(b, n, length_of(b[0])) == n;
}

int utf8_normal(struct buf *out, const char *s, size_t n, bool compose) {
  utf8proc_uint8_t *text = NULL;
  utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &text,
                                      UTF8PROC_STABLE | (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE));
  if (len < 0) return len == UTF8PROC_ERROR_NOMEM ? -1 : 0;
  bool ok = buf_add(out, text, (size_t)len);
  free(text);
  return ok ? 1 : -1;
}

size_t utf8_ascii(const char *s, size_t n) {
  size_t i = 0;
  for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
    memcpy(&word, s + i, sizeof word);
    if (word & 0x8080808080808080u) break;
  }
  while (i < n && (unsigned char)s[i] < 0x80) i++;
  return i;
}

/* A byte is too low where what is taken from it borrows its highest bit. */
size_t utf8_unescaped(const char *s, size_t n) {
  static const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  size_t i = 0;
  for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
    memcpy(&word, s + i, sizeof word);
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    uint64_t odd = ((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | word;
    if (odd & high) break;
  }
  return i;
}

size_t utf8_valid(const char *s, size_t n) {
  uint32_t point;
  return utf8_decode(s, n, &point);
}

size_t utf8_encode(uint32_t p, char out[4]) {
  if (p > 0x10ffff || (p >= 0xd800 && p < 0xe000)) return 0; /* utf8proc would write surrogates */
  return (size_t)utf8proc_encode_char((utf8proc_int32_t)p, (utf8proc_uint8_t *)out);
}

int utf8_scrub(struct buf *out, const char *s, size_t n) {
  if (n == 0) return 0; /* s may be NULL */
  size_t plain = 0, i = 0;
  while (i < n) {
    size_t len = (unsigned char)s[i] < 0x80 ? 1 : utf8_valid(s + i, n - i);
    if (len > 0) {
      i += len;
      continue;
    }
    if (!buf_add(out, s + plain, i - plain) || !buf_adds(out, "\xef\xbf\xbd")) return -1;
    plain = i += utf8_bad(s + i, n - i);
  }
  return buf_add(out, s + plain, n - plain) ? 0 : -1;
}
