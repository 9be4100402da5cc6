/* See redis.h. hiredis is found at run time; its structures differ between versions, so it is the one whose header we were built with. */
#include "redis.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "buf.h"
#include "http_error.h"
#include "library.h"
#include "thread.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define REDIS_LIBRARY "libhiredis.so." TEXT(HIREDIS_SONAME)

enum { REPLY_MAX = 32 << 20 };

struct expected { /* a reply that is to come; call is NULL where nobody wants it */
  struct expected *next;
  struct redis_call *call;
};

struct redis {
  const struct redis_api *api;
  const struct http_curl_api *curl;
  CURL *easy;
  redisReader *reader;
  uv_poll_t *poll; /* while open */
  struct buf out;  /* what waits to be sent, from out_at on; may hold the password */
  size_t out_at, unread; /* unread: bytes of a reply that is not complete */
  struct expected *first, **last;
  loop_fn changed;
  void *arg;
  enum redis_state state;
  bool tls, closed; /* closed: as soon as the thread that connects is done */
  struct err error;
  char where[300], reason[CURL_ERROR_SIZE];
};

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

static void free_handle(uv_handle_t *h) { free(h->data); }

static void stop(struct redis *r) {
  if (!r->poll) return;
  uv_handle_t *h = (uv_handle_t *)r->poll;
  r->poll = NULL;
  h->data = h; /* from now on what free_handle frees */
  uv_close(h, free_handle);
}

static void fail(struct redis *r, enum err_kind kind, const char *why) {
  if (r->state == REDIS_FAILED) return;
  err_set(&r->error, kind, "Redis: %s", why);
  r->state = REDIS_FAILED;
  stop(r);
}

static void cut(struct redis *r, CURLcode code) {
  fail(r, ERR_NETWORK, code == CURLE_OK ? "the server closed the connection" : r->curl->easy_strerror(code));
}

static void flush(struct redis *r) {
  while (r->out_at < r->out.len) {
    size_t sent = 0;
    CURLcode code = r->curl->easy_send(r->easy, r->out.data + r->out_at, r->out.len - r->out_at, &sent);
    if (code == CURLE_AGAIN) return;
    if (code != CURLE_OK) return cut(r, code);
    r->out_at += sent;
  }
  buf_wipe(&r->out);
  r->out_at = 0;
}

static void give(struct redis *r, redisReply *reply) {
  struct expected *one = r->first;
  if (!one) {
    r->api->free_reply(reply);
    return fail(r, ERR_PROTOCOL, "an answer that nobody asked for");
  }
  r->first = one->next;
  if (!r->first) r->last = &r->first;
  if (one->call) *one->call = (struct redis_call){.api = r->api, .reply = reply};
  else r->api->free_reply(reply);
  free(one);
}

/* All replies that are complete. */
static void take_replies(struct redis *r) {
  void *reply = NULL;
  while (r->state == REDIS_OPEN) {
    if (r->api->ReaderGetReply(r->reader, &reply) != REDIS_OK) return fail(r, ERR_PROTOCOL, r->reader->errstr);
    if (!reply) return;
    r->unread = 0;
    give(r, reply);
  }
}

static void receive(struct redis *r) {
  char bytes[16 * 1024];
  while (r->state == REDIS_OPEN) {
    size_t n = 0;
    CURLcode code = r->curl->easy_recv(r->easy, bytes, sizeof bytes, &n);
    if (code == CURLE_AGAIN) return;
    if (code != CURLE_OK || n == 0) return cut(r, code);
    r->unread += n;
    if (r->unread > REPLY_MAX) return fail(r, ERR_TOO_LONG, "an answer without end");
    if (r->api->ReaderFeed(r->reader, bytes, n) != REDIS_OK) return fail(r, ERR_BROKEN, "no memory for an answer");
    take_replies(r);
  }
}

static void on_poll(uv_poll_t *p, int status, int events);

static void watch(struct redis *r) {
  int events = UV_READABLE | (r->out.len > r->out_at ? UV_WRITABLE : 0);
  if (r->state == REDIS_OPEN && uv_poll_start(r->poll, events, on_poll) != 0) fail(r, ERR_BROKEN, "its socket cannot be watched");
}

static void on_poll(uv_poll_t *p, int status, int events) {
  struct redis *r = p->data;
  (void)events;
  receive(r); /* what came before an error counts */
  if (r->state == REDIS_OPEN) flush(r);
  if (status < 0) fail(r, ERR_NETWORK, uv_strerror(status));
  watch(r);
  r->changed(r->arg);
}

/* -- the connection ------------------------------------------------------------------------------------------------- */

#define SET(option, value) r->curl->easy_setopt(r->easy, CURLOPT_##option, value)

/* Whether the port takes a connection without TLS. */
static bool takes_plain(struct redis *r) {
  char url[400];
  snprintf(url, sizeof url, "http://%s/", r->where);
  SET(URL, url);
  return r->curl->easy_perform(r->easy) == CURLE_OK;
}

static void explain(struct redis *r, CURLcode code) {
  char redis_at[320];
  snprintf(redis_at, sizeof redis_at, "Redis at %s", r->where);
  struct http_error_cause f = {.code = code, .where = redis_at, .reason = r->reason, .proxy = ""};
  r->curl->easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &f.os_error);
  r->curl->easy_getinfo(r->easy, CURLINFO_SSL_VERIFYRESULT, &f.verify);
  http_error_explain(&r->error, &f);
  /* A plain Redis leaves a greeting of TLS without an answer; curl does not say how far such a connection came. */
  bool silent = r->tls && code == CURLE_OPERATION_TIMEDOUT && takes_plain(r);
  if (!silent && strcmp(r->error.code, "tls") != 0) return;
  err_set(&r->error, ERR_NETWORK, "%s does not speak TLS on this port: check the port, or use redis://", redis_at);
  snprintf(r->error.code, sizeof r->error.code, "tls");
}

/* On its thread. */
static void connect_now(void *arg) {
  struct redis *r = arg;
  CURLcode code = r->curl->easy_perform(r->easy);
  if (code != CURLE_OK) explain(r, code);
}

static void release(struct redis *r) {
  stop(r);
  if (r->reader) r->api->ReaderFree(r->reader);
  if (r->easy) r->curl->easy_cleanup(r->easy);
  buf_wipe(&r->out);
  free(r);
}

static void connected(void *arg) {
  struct redis *r = arg;
  if (r->closed) return release(r);
  curl_socket_t fd = CURL_SOCKET_BAD;
  SET(ERRORBUFFER, NULL);
  r->state = r->error.kind == ERR_NONE ? REDIS_OPEN : REDIS_FAILED;
  if (r->state == REDIS_OPEN) {
    r->curl->easy_getinfo(r->easy, CURLINFO_ACTIVESOCKET, &fd);
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* it is signed in, and not for what a library may start */
    r->poll = calloc(1, sizeof *r->poll);
    if (r->poll && uv_poll_init_socket(loop_uv(), r->poll, fd) == 0) {
      r->poll->data = r;
      watch(r);
    } else {
      free(r->poll);
      r->poll = NULL;
      fail(r, ERR_BROKEN, "its socket cannot be watched");
    }
  }
  r->changed(r->arg);
}

struct redis *redis_open(const struct redis_place *place, loop_fn changed, void *arg, struct err *e) {
  char url[400];
  const struct redis_api *api = load(e);
  const struct http_curl_api *curl = api ? http_curl_load(e) : NULL;
  if (!curl) return NULL;
  struct redis *r = calloc(1, sizeof *r);
  if (!r) {
    err_set(e, ERR_BROKEN, "no memory for a connection to Redis");
    return NULL;
  }
  *r = (struct redis){.api = api, .curl = curl, .changed = changed, .arg = arg, .tls = place->tls, .easy = curl->easy_init(), .reader = api->ReaderCreate()};
  r->last = &r->first;
  bool six = strchr(place->host, ':') != NULL;
  snprintf(r->where, sizeof r->where, six ? "[%.250s]:%d" : "%.250s:%d", place->host, place->port);
  snprintf(url, sizeof url, "%s://%s/", place->tls ? "https" : "http", r->where);
  err_set(e, ERR_BROKEN, "no memory for a connection to Redis");
  if (!r->easy || !r->reader) return release(r), NULL;
  SET(URL, url);
  SET(CONNECT_ONLY, 1L); /* nothing of HTTP is spoken */
  SET(SSL_ENABLE_ALPN, 0L);
  SET(PROXY, "");
  SET(NOSIGNAL, 1L);
  SET(CONNECTTIMEOUT_MS, (long)(place->timeout * 1000));
  SET(ERRORBUFFER, r->reason);
  if (!http_tls_set(curl, r->easy, &place->certs, e)) return release(r), NULL;
  err_set(e, ERR_BROKEN, "no thread could be started");
  if (!thread_start(connect_now, connected, r)) return release(r), NULL;
  err_clear(e);
  return r;
}

enum redis_state redis_state(const struct redis *r, struct err *e) {
  if (r->state == REDIS_FAILED) *e = r->error;
  return r->state;
}

bool redis_send(struct redis *r, int count, const char **words, const size_t *sizes, struct redis_call *call, struct err *e) {
  char *bytes = NULL;
  if (r->state != REDIS_OPEN) {
    err_set(e, ERR_NETWORK, "Redis: not connected");
    redis_state(r, e);
    return false;
  }
  struct expected *one = calloc(1, sizeof *one);
  long long n = one ? r->api->FormatCommandArgv(&bytes, count, words, sizes) : -1;
  bool ok = n >= 0 && buf_reserve(&r->out, (size_t)n) && buf_add(&r->out, bytes, (size_t)n);
  if (n >= 0) {
    explicit_bzero(bytes, (size_t)n); /* it may hold the password */
    r->api->FreeCommand(bytes);
  }
  if (!ok) {
    free(one);
    err_set(e, ERR_BROKEN, "no memory for a command to Redis");
    return false;
  }
  one->call = call;
  if (call) *call = (struct redis_call){.redis = r, .api = r->api};
  *r->last = one;
  r->last = &one->next;
  flush(r);
  watch(r);
  return true;
}

int redis_poll(const struct redis_call *call, struct err *e) {
  if (call->reply) return 1;
  if (call->redis && redis_state(call->redis, e) != REDIS_FAILED) return 0;
  if (!call->redis) err_set(e, ERR_NETWORK, "Redis: the connection was closed");
  return -1;
}

void redis_drop(struct redis_call *call) {
  for (struct expected *one = call->redis ? call->redis->first : NULL; one; one = one->next)
    if (one->call == call) one->call = NULL;
  if (call->reply) call->api->free_reply(call->reply);
  *call = (struct redis_call){0};
}

void redis_close(struct redis *r) {
  if (!r) return;
  while (r->first) {
    struct expected *one = r->first;
    r->first = one->next;
    if (one->call) one->call->redis = NULL;
    free(one);
  }
  r->last = &r->first;
  if (r->state == REDIS_CONNECTING) r->closed = true;
  else release(r);
}
