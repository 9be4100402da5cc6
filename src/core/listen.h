/* A small HTTP listener on 127.0.0.1 for a browser that comes back from signing in. It takes a GET of one path whose Host is ours and
 * whose Origin, if there is one, is ours too; everything else is refused here, in C. Whoever opens it closes it. */
#ifndef QWEN_LISTEN_H
#define QWEN_LISTEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "loop.h"

struct listen;

/* Takes the first of the ports that is free; 0 is any. fn(arg) is called when a request waits. NULL and *e on failure. */
struct listen *listen_open(const uint16_t *ports, size_t count, const char *path, loop_fn fn, void *arg, struct err *e);
int listen_port(const struct listen *l);
/* The query of the request that waits longest, without its "?"; false when none does. Good until it is answered. */
bool listen_next(struct listen *l, const char **query, size_t *n);
void listen_answer(struct listen *l, int status, const char *page, size_t n); /* of listen_next; nothing when its browser has left */
void listen_close(struct listen *l);
#endif
