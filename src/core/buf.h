/* A growable byte buffer. The owner of the struct owns the bytes; buf_free returns it to the empty state. */
#ifndef QWEN_BUF_H
#define QWEN_BUF_H
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buf {
  char *data;
  size_t len, cap;
};

bool buf_reserve(struct buf *b, size_t extra); /* room for extra more bytes; false when out of memory */
bool buf_add(struct buf *b, const void *bytes, size_t n);
bool buf_addc(struct buf *b, char c);
bool buf_adds(struct buf *b, const char *text);
bool buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_drop(struct buf *b, size_t n); /* forgets the first n bytes */
void buf_free(struct buf *b);
void buf_wipe(struct buf *b); /* the same, with the bytes overwritten before */

/* For functions of others that take a char * and do not write to it. */
static inline char *buf_mutable(const char *text) {
  char *same;
  memcpy(&same, &text, sizeof same);
  return same;
}
#endif
