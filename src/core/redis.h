/* A connection to a Redis server: bytes by curl, which also speaks and checks TLS, words by hiredis, loaded on first use. Calls block. */
#ifndef QWEN_REDIS_H
#define QWEN_REDIS_H
#include <hiredis/hiredis.h>
#include <stddef.h>

#include "http_tls.h"

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
  double timeout; /* seconds for each call */
  bool tls;
  struct http_tls certs;
};

struct redis { /* zeroes: closed */
  const struct redis_api *api;
  const struct http_curl_api *curl;
  CURL *easy;
  redisReader *reader;
  curl_socket_t fd;
  double timeout;
};

bool redis_open(struct redis *r, const struct redis_place *place, struct err *e);
/* The answer, which the caller frees by api->free_reply; NULL and *e when there is none. The connection is of no use then. */
redisReply *redis_call(struct redis *r, int count, const char **words, const size_t *sizes, struct err *e);
void redis_close(struct redis *r);
#endif
