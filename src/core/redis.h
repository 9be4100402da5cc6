/* hiredis, loaded on first use: only machines that keep limits together need it. The table lives as long as the process.
 * Only src/bind/redis.c speaks to it. */
#ifndef QWEN_REDIS_H
#define QWEN_REDIS_H
#include <hiredis/hiredis.h>

#include "err.h"

/* Every function we call, by its name after "redis". */
#define REDIS_FUNCTIONS(X) X(ConnectWithTimeout) X(SetTimeout) X(CommandArgv) X(Free)

struct redis_api {
#define X(name) __typeof__(redis##name) *name;
  REDIS_FUNCTIONS(X)
#undef X
  __typeof__(freeReplyObject) *free_reply;
};

/* NULL and *e when the library is missing. Its structures differ between versions, so it is the one whose header we were built with. */
const struct redis_api *redis_load(struct err *e);
#endif
