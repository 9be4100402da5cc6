/* Markdown as a list of events, by md4c, which is loaded when first needed. What an event looks like is not its business.
 * An event in the buffer is its number in markdown_names, the length of its detail, and the detail: struct markdown_head, bytes.
 * Details: the level of a heading, the first number of an ordered list, the mark of a task, the language of code, the
 * alignment of a cell, the target of a link; raw text of the source everywhere else, entities and all. */
#ifndef QWEN_MARKDOWN_H
#define QWEN_MARKDOWN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct buf;

struct markdown_head {
  uint32_t name, length;
};

extern const char *const markdown_names[]; /* "p", "/p", ...: what begins and what ends; "text", "entity", ... */
/* Appends the events of a text to out. */
bool markdown_parse(const char *text, size_t n, struct buf *out, struct err *e);
#endif
