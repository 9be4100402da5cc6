/* A small HTTP listener on 127.0.0.1 for a browser that comes back from signing in. It takes a GET of one path whose Host is ours and
 * whose Origin, if there is one, is ours too; everything else is refused here, in C. Whoever opens it closes it. */
#ifndef QWEN_HTTP_LISTEN_H
#define QWEN_HTTP_LISTEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "loop.h"

struct http_listen;

/* Takes the first of the ports that is free; 0 is any. fn(arg) is called when a request waits. NULL and *e on failure. */
struct http_listen *http_listen_open(const uint16_t *ports, size_t count, const char *path, loop_fn fn, void *arg, struct err *e);
int http_listen_port(const struct http_listen *l);
/* The query of the request that waits longest, without its "?"; false when none does. Good until it is answered. */
bool http_listen_next(struct http_listen *l, const char **query, size_t *n);
/* To the request of http_listen_next; nothing when its browser has left. */
void http_listen_answer(struct http_listen *l, int status, const char *page, size_t n);
void http_listen_close(struct http_listen *l);
/* Whether any program listens on 127.0.0.1 at a port; it sees a connection that ends at once. Waits no more than a moment. */
bool http_listen_taken(uint16_t port);
#endif
