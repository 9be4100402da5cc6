/* The headers of an answer, each with its lengths: what a server sends is never read up to a terminator. Knows nothing of curl.
 * The names and values belong to the head, and are good until the next call that changes it. */
#ifndef QWEN_HTTP_HEAD_H
#define QWEN_HTTP_HEAD_H
#include "buf.h"

struct http_field {
  const char *name, *value; /* the name in lower case */
  size_t name_len, value_len;
};

enum http_head_line {
  HTTP_HEAD_STATUS, /* a new answer begins; what was kept before is forgotten */
  HTTP_HEAD_FIELD,  /* kept, or of no use: a line without a colon, or one that continues another */
  HTTP_HEAD_END,
  HTTP_HEAD_BAD, /* holds a control character, or has no name before its colon */
  HTTP_HEAD_NO_MEMORY
};

/* One line as curl gives it, with its line end. */
enum http_head_line http_head_add(struct buf *head, const char *line, size_t n);
/* Walks the fields: *at begins at 0; false after the last. */
bool http_head_next(const struct buf *head, size_t *at, struct http_field *field);
/* The last field of that name. */
bool http_head_find(const struct buf *head, const char *name, struct http_field *field);
#endif
