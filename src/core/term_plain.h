/* What a program wrote for a terminal, as the text that would stand there: redrawn lines once, no escape sequence, no control but
 * newline and tab. Lines that were left with a cursor movement upwards stay. Takes one pass, whatever the bytes. */
#ifndef QWEN_TERM_PLAIN_H
#define QWEN_TERM_PLAIN_H
#include <stdbool.h>
#include <stddef.h>

struct buf;

bool term_plain(struct buf *out, const char *s, size_t n); /* appends to out; false without memory */
#endif
