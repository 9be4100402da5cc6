/* UTF-8 decoding and repair. Widths and clusters are in width.c. */
#include "utf8.h"

#include "buf.h"

size_t utf8_decode(const char *s, size_t n, uint32_t *point) {
  const unsigned char *b = (const unsigned char *)s;
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (n == 0) return 0;
  if (b[0] < 0x80) {
    *point = b[0];
    return 1;
  }
  size_t len = b[0] >= 0xf0 && b[0] < 0xf5 ? 4 : b[0] >= 0xe0 && b[0] < 0xf0 ? 3 : b[0] >= 0xc2 && b[0] < 0xe0 ? 2 : 0;
  if (len == 0 || n < len) return 0;
  uint32_t p = b[0] & (0x7f >> len);
  for (size_t i = 1; i < len; i++) {
    if ((b[i] & 0xc0) != 0x80) return 0;
    p = p << 6 | (b[i] & 0x3f);
  }
  if (p < least[len] || p > 0x10ffff || (p >= 0xd800 && p < 0xe000)) return 0;
  *point = p;
  return len;
}

size_t utf8_valid(const char *s, size_t n) {
  uint32_t point;
  return utf8_decode(s, n, &point);
}

size_t utf8_encode(uint32_t p, char out[4]) {
  if (p < 0x80) {
    out[0] = (char)p;
    return 1;
  }
  if (p < 0x800) {
    out[0] = (char)(0xc0 | p >> 6);
    out[1] = (char)(0x80 | (p & 0x3f));
    return 2;
  }
  if (p > 0x10ffff || (p >= 0xd800 && p < 0xe000)) return 0;
  size_t len = p < 0x10000 ? 3 : 4;
  out[0] = (char)((len == 3 ? 0xe0 : 0xf0) | p >> (6 * (len - 1)));
  for (size_t i = 1; i < len; i++) out[i] = (char)(0x80 | ((p >> (6 * (len - 1 - i))) & 0x3f));
  return len;
}

int utf8_scrub(struct buf *out, const char *s, size_t n) {
  size_t plain = 0, i = 0;
  while (i < n) {
    size_t len = (unsigned char)s[i] < 0x80 ? 1 : utf8_valid(s + i, n - i);
    if (len > 0) {
      i += len;
      continue;
    }
    if (!buf_add(out, s + plain, i - plain) || !buf_adds(out, "\xef\xbf\xbd")) return -1;
    plain = ++i;
  }
  return buf_add(out, s + plain, n - plain) ? 0 : -1;
}
