/* UTF-8 by the strict definition: no overlong forms, no surrogates, at most U+10FFFF. */
#ifndef QWEN_UTF8_H
#define QWEN_UTF8_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
int utf8_normal(struct buf *out, const char *s, size_t n, bool compose); /* NFC or NFD into an empty buffer; 0: s is no UTF-8, -1: no memory */
size_t utf8_ascii(const char *s, size_t n);  /* how many bytes of ASCII s begins with */
/* How many bytes at least, eight at a time, stand in a string of JSON as they are: ASCII without controls, quotes and backslashes. */
size_t utf8_unescaped(const char *s, size_t n);
size_t utf8_valid(const char *s, size_t n);                     /* length of the valid sequence at s, 0 when there is none */
size_t utf8_decode(const char *s, size_t n, uint32_t *point);   /* the same, with its code point */
size_t utf8_bad(const char *s, size_t n);                       /* where none is valid: length of the piece that one U+FFFD stands for */
bool utf8_open(const char *s, size_t n);                        /* all n bytes are the beginning of a sequence */
size_t utf8_encode(uint32_t point, char out[4]);                /* length, 0 for what is no character */
int utf8_scrub(struct buf *out, const char *s, size_t n);       /* copies; U+FFFD for each bad piece; 0, or -1 without memory */
#endif
