/* A connection to a Redis server on the loop: bytes by curl, which also speaks and checks TLS, words by hiredis, loaded on first use.
 * Nothing here blocks: a connection is made on a thread of its own, commands go out one behind the other, and replies come in their
 * order. struct redis belongs to its opener until redis_close; a struct redis_call belongs to the caller. */
#ifndef QWEN_REDIS_H
#define QWEN_REDIS_H
#include <hiredis/hiredis.h>
#include <stddef.h>

#include "http_tls.h"
#include "loop.h"

/* Every function of hiredis that we call, by its name after "redis". */
#define REDIS_FUNCTIONS(X) X(ReaderCreate) X(ReaderFree) X(ReaderFeed) X(ReaderGetReply) X(FormatCommandArgv) X(FreeCommand)

struct redis_api {
#define X(name) __typeof__(redis##name) *name;
  REDIS_FUNCTIONS(X)
#undef X
  __typeof__(freeReplyObject) *free_reply;
};

struct redis_place {
  const char *host; /* IPv6 without brackets */
  int port;
  double timeout; /* seconds for connecting */
  bool tls;
  struct http_tls certs;
};

struct redis;
struct redis_call { /* zeroes: nothing was sent */
  struct redis *redis; /* while the reply is to come; NULL once the connection is closed */
  const struct redis_api *api;
  redisReply *reply; /* NULL until it is there */
};

enum redis_state { REDIS_CONNECTING, REDIS_OPEN, REDIS_FAILED };

/* Begins to connect. changed is called on the loop when the state changes and when replies came; it closes nothing. */
struct redis *redis_open(const struct redis_place *place, loop_fn changed, void *arg, struct err *e);
enum redis_state redis_state(const struct redis *r, struct err *e); /* *e when it failed: the connection is of no use then */
/* Sends a command; its reply goes to call, to nobody when that is NULL. call must stay where it is until redis_drop. */
bool redis_send(struct redis *r, int count, const char **words, const size_t *sizes, struct redis_call *call, struct err *e);
/* 1: call->reply is there, 0: not yet, -1: it will not come. */
int redis_poll(const struct redis_call *call, struct err *e);
void redis_drop(struct redis_call *call); /* frees the reply, or gives up the one that comes */
void redis_close(struct redis *r);
#endif
