/* Text from one character set to another, all of it or nothing. */
#ifndef QWEN_CHARSET_H
#define QWEN_CHARSET_H
#include <stddef.h>

struct buf;

/* Appends to out. Gives 0, or errno: EILSEQ with *at on the first byte that has no counterpart, EINVAL for a set that the system does
 * not know, ENOMEM. */
int charset_convert(struct buf *out, const char *s, size_t n, const char *from, const char *to, size_t *at);
#endif
