/* See redis.h. hiredis is found at run time; its structures differ between versions, so it is the one whose header we were built with. */
#include "redis.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http_error.h"
#include "library.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define REDIS_LIBRARY "libhiredis.so." TEXT(HIREDIS_SONAME)

static const struct redis_api *load(struct err *e) {
  static struct redis_api api;
  static bool loaded;
  if (loaded) return &api;
  void *lib = library_open(REDIS_LIBRARY, "limits.store needs hiredis", "libhiredis" TEXT(HIREDIS_SONAME), e);
  if (!lib) return NULL;
  /* The table is an array of pointers to functions; memcpy is the way from dlsym's object pointer that C allows. */
  static const struct { const char *name; size_t at; } wanted[] = {
#define X(name) {"redis" #name, offsetof(struct redis_api, name)},
    REDIS_FUNCTIONS(X)
#undef X
    {"freeReplyObject", offsetof(struct redis_api, free_reply)},
  };
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    void *symbol = dlsym(lib, wanted[i].name);
    if (!symbol) {
      err_set(e, ERR_MISSING, "the installed %s has no %s", REDIS_LIBRARY, wanted[i].name);
      dlclose(lib);
      return NULL;
    }
    memcpy((char *)&api + wanted[i].at, &symbol, sizeof symbol);
  }
  loaded = true;
  return &api;
}

/* -- bytes ---------------------------------------------------------------------------------------------------------- */

static double now(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Waits until the socket can be read or written, or the time has come. */
static bool ready(const struct redis *r, short events, double deadline, struct err *e) {
  double left = deadline - now();
  struct pollfd p = {.fd = r->fd, .events = events};
  if (left > 0 && poll(&p, 1, (int)(left * 1000) + 1) != 0) return true; /* interrupted: the caller tries again */
  err_set(e, ERR_NETWORK, "Redis: no answer in %g s", r->timeout);
  return false;
}

static bool cut(const struct redis *r, CURLcode code, struct err *e) {
  err_set(e, ERR_NETWORK, "Redis: %s", code == CURLE_OK ? "the server closed the connection" : r->curl->easy_strerror(code));
  return false;
}

static bool send_all(struct redis *r, const char *bytes, size_t n, double deadline, struct err *e) {
  while (n > 0) {
    size_t sent = 0;
    CURLcode code = r->curl->easy_send(r->easy, bytes, n, &sent);
    if (code != CURLE_OK && code != CURLE_AGAIN) return cut(r, code, e);
    bytes += sent;
    n -= sent;
    if (code == CURLE_AGAIN && !ready(r, POLLOUT, deadline, e)) return false;
  }
  return true;
}

static redisReply *receive(struct redis *r, double deadline, struct err *e) {
  char bytes[16 * 1024];
  for (;;) {
    void *reply = NULL;
    size_t n = 0;
    if (r->api->ReaderGetReply(r->reader, &reply) != REDIS_OK) {
      err_set(e, ERR_PROTOCOL, "Redis: %s", r->reader->errstr);
      return NULL;
    }
    if (reply) return reply;
    CURLcode code = r->curl->easy_recv(r->easy, bytes, sizeof bytes, &n);
    if (code == CURLE_AGAIN) {
      if (!ready(r, POLLIN, deadline, e)) return NULL;
    } else if (code != CURLE_OK || n == 0) {
      cut(r, code, e);
      return NULL;
    } else if (r->api->ReaderFeed(r->reader, bytes, n) != REDIS_OK) {
      err_set(e, ERR_BROKEN, "no memory for the answer of Redis");
      return NULL;
    }
  }
}

/* -- the connection ------------------------------------------------------------------------------------------------- */

#define SET(option, value) r->curl->easy_setopt(r->easy, CURLOPT_##option, value)

/* Whether the port takes a connection without TLS. */
static bool takes_plain(struct redis *r, const char *where) {
  char url[400];
  snprintf(url, sizeof url, "http://%s/", where);
  SET(URL, url);
  return r->curl->easy_perform(r->easy) == CURLE_OK;
}

static void explain(struct redis *r, CURLcode code, const char *reason, const char *where, bool tls, struct err *e) {
  char redis_at[320];
  snprintf(redis_at, sizeof redis_at, "Redis at %s", where);
  struct http_error_cause f = {.code = code, .where = redis_at, .reason = reason, .proxy = ""};
  r->curl->easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &f.os_error);
  r->curl->easy_getinfo(r->easy, CURLINFO_SSL_VERIFYRESULT, &f.verify);
  http_error_explain(e, &f);
  /* A plain Redis leaves a greeting of TLS without an answer; curl does not say how far such a connection came. */
  bool silent = tls && code == CURLE_OPERATION_TIMEDOUT && takes_plain(r, where);
  if (silent || strcmp(e->code, "tls") == 0)
    err_set(e, ERR_NETWORK, "%s does not speak TLS on this port: check the port, or use redis://", redis_at);
}

bool redis_open(struct redis *r, const struct redis_place *place, struct err *e) {
  char url[400], where[300], reason[CURL_ERROR_SIZE] = "";
  *r = (struct redis){.timeout = place->timeout};
  r->api = load(e);
  r->curl = r->api ? http_curl_load(e) : NULL;
  if (!r->curl) return false;
  bool six = strchr(place->host, ':') != NULL;
  snprintf(where, sizeof where, six ? "[%.250s]:%d" : "%.250s:%d", place->host, place->port);
  snprintf(url, sizeof url, "%s://%s/", place->tls ? "https" : "http", where);
  r->easy = r->curl->easy_init();
  r->reader = r->api->ReaderCreate();
  if (!r->easy || !r->reader) {
    err_set(e, ERR_BROKEN, "no memory for a connection to Redis");
    redis_close(r);
    return false;
  }
  SET(URL, url);
  SET(CONNECT_ONLY, 1L); /* nothing of HTTP is spoken */
  SET(SSL_ENABLE_ALPN, 0L);
  SET(PROXY, "");
  SET(NOSIGNAL, 1L);
  SET(CONNECTTIMEOUT_MS, (long)(place->timeout * 1000));
  SET(ERRORBUFFER, reason);
  CURLcode code = CURLE_OK;
  bool ok = http_tls_set(r->curl, r->easy, &place->certs, e);
  if (ok) code = r->curl->easy_perform(r->easy);
  if (ok && code != CURLE_OK) explain(r, code, reason, where, place->tls, e);
  SET(ERRORBUFFER, NULL);
  if (ok && code == CURLE_OK && r->curl->easy_getinfo(r->easy, CURLINFO_ACTIVESOCKET, &r->fd) == CURLE_OK) return true;
  redis_close(r);
  return false;
}

redisReply *redis_call(struct redis *r, int count, const char **words, const size_t *sizes, struct err *e) {
  char *bytes = NULL;
  long long n = r->api->FormatCommandArgv(&bytes, count, words, sizes);
  if (n < 0) {
    err_set(e, ERR_BROKEN, "no memory for a command to Redis");
    return NULL;
  }
  double deadline = now() + r->timeout;
  bool sent = send_all(r, bytes, (size_t)n, deadline, e);
  explicit_bzero(bytes, (size_t)n); /* it may hold the password */
  r->api->FreeCommand(bytes);
  return sent ? receive(r, deadline, e) : NULL;
}

void redis_close(struct redis *r) {
  if (r->reader) r->api->ReaderFree(r->reader);
  if (r->easy) r->curl->easy_cleanup(r->easy);
  r->reader = NULL;
  r->easy = NULL;
}
