/* Server-sent events out of a stream of bytes; knows no connection. The caller owns the bytes: it shows the unread part of its
 * buffer, http_sse_next says how much of it is used up, and those bytes are not shown again. An event lies in the caller's bytes
 * or in struct http_sse and is good until the next call. http_sse_free returns the struct to the empty (zeroed) state. */
#ifndef QWEN_HTTP_SSE_H
#define QWEN_HTTP_SSE_H
#include "buf.h"

enum { HTTP_SSE_LINE_MAX = 1 << 20, HTTP_SSE_EVENT_MAX = 8 << 20 };

enum http_sse_result {
  HTTP_SSE_MORE,  /* everything whole is read; show the rest again with more bytes after it (at the end: there is no more) */
  HTTP_SSE_EVENT, /* *ev is filled; call again for the next */
  HTTP_SSE_LINE_TOO_LONG,
  HTTP_SSE_EVENT_TOO_LONG,
  HTTP_SSE_NO_MEMORY
};

struct http_sse_event {
  const char *data, *name, *id; /* name is "message" when the stream gave none, "error" for a field "error", whose value is the data;
                                 * id is the last one seen, "" before the first */
  size_t data_len, name_len, id_len;
  long retry; /* milliseconds until the stream may be asked for again, as said last; -1 where nothing is said */
};

struct http_sse {
  struct buf data, name, id; /* of the event being read; id outlives events */
  size_t scanned;            /* beginning of the unread part that holds no line end */
  long retry;                /* as in the event, and 1 more: 0 is that nothing is said */
  bool started, after_cr, has_data;
};

/* end: no byte follows, so an unfinished last line and event count as whole; ev has id and retry then, also where no event comes. */
enum http_sse_result http_sse_next(struct http_sse *s, const char *bytes, size_t n, bool end, size_t *used, struct http_sse_event *ev);
void http_sse_free(struct http_sse *s);
#endif
