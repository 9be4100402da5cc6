/* Columns and grapheme clusters of sanitised text, by the tables of utf8proc. Nothing is allocated; texts are read, never kept.
 * A control character or a tab has no width here: whoever lays out lines deals with them before. */
#ifndef QWEN_TERM_WIDTH_H
#define QWEN_TERM_WIDTH_H
#include <stddef.h>

size_t term_width_next(const char *s, size_t n, int *columns);                /* length of the first cluster; 0 when n is 0 */
size_t term_width_of(const char *s, size_t n);                                /* columns of one line */
size_t term_width_cut(const char *s, size_t n, size_t columns, size_t *used); /* length of the longest beginning that fits */
/* Length of the first line when a paragraph is wrapped; *next is where the second begins, n at the end. */
size_t term_width_line(const char *s, size_t n, size_t columns, size_t *next);
#endif
