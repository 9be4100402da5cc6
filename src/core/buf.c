/* The growable byte buffer of buf.h: doubling growth, nothing else. */
#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool buf_reserve(struct buf *b, size_t extra) {
  if (extra <= b->cap - b->len) return true;
  if (extra > SIZE_MAX / 2 - b->len) return false;
  size_t cap = b->cap ? b->cap : 64;
  while (cap < b->len + extra) cap *= 2;
  char *data = realloc(b->data, cap);
  if (!data) return false;
  b->data = data;
  b->cap = cap;
  return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t n) {
  if (n == 0) return true;
  if (!buf_reserve(b, n)) return false;
  memcpy(b->data + b->len, bytes, n);
  b->len += n;
  return true;
}

bool buf_addc(struct buf *b, char c) { return buf_add(b, &c, 1); }

bool buf_adds(struct buf *b, const char *text) { return buf_add(b, text, strlen(text)); }

bool buf_addf(struct buf *b, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  /* One byte more for the terminating zero that vsnprintf insists on; it is not counted. */
  bool ok = n >= 0 && buf_reserve(b, (size_t)n + 1);
  if (ok) {
    vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
    b->len += (size_t)n;
  }
  va_end(again);
  return ok;
}

void buf_drop(struct buf *b, size_t n) {
  if (n >= b->len) {
    b->len = 0;
    return;
  }
  if (n == 0) return;
  memmove(b->data, b->data + n, b->len - n);
  b->len -= n;
}

void buf_free(struct buf *b) {
  free(b->data);
  *b = (struct buf){0};
}

void buf_wipe(struct buf *b) {
  if (b->data) explicit_bzero(b->data, b->cap);
  buf_free(b);
}
