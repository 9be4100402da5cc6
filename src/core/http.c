/* A request and its answer: the rules of http.h around one curl easy handle. What to send is made in http_send.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_error.h"
#include "http_internal.h"
#include "http_multi.h"

enum {
  HEAD_BYTES_MAX = 64 << 10, HEAD_LINES_MAX = 100,
  UNREAD_MAX = (1 << 20) + (128 << 10), /* then the transfer rests; more than the longest line of a stream, which is read whole */
  UNREAD_LOW = 512 << 10,
  RATIO_FREE = 1 << 20, RATIO_MAX = 200, CURL_CHUNK = 16 << 10,
  UNPACKED_MORE = 8 << 20, /* beyond what rests unread: what curl unpacks of bytes that it has read already */
  FIRST_WORDS = 120, TYPE_MAX = 61
};
#define LINGER 0.5 /* seconds that the end of a transfer is waited for when its answer is over */

static struct http *warming;   /* the connection opened ahead of use */
static struct http *lingering; /* the answer that is over and has not ended */

/* -- ending --------------------------------------------------------------------------------------------------------- */

static void stop_transfer(struct http *h) {
  if (h->timer) loop_timer_stop(h->timer);
  if (h->pausing) loop_timer_stop(h->pausing);
  h->timer = h->pausing = NULL;
  h->paused = false;
  if (!h->easy) return;
  http_multi_remove(h->easy);
  h->curl->easy_cleanup(h->easy);
  h->easy = NULL;
  http_send_wipe(h);
}

static bool head_ends(struct http *h);
static void resume(struct http *h);

static void on_done(void *owner, CURLcode code) {
  struct http *h = owner;
  if (code == CURLE_OK) head_ends(h);
  if (code == CURLE_COULDNT_CONNECT && h->kept_in && h->error.kind == ERR_NONE) {
    err_set(&h->error, ERR_DENIED, "%s leads to an address of this machine or of a private network; nothing was sent", h->where);
    strcpy(h->error.code, "private_address");
  }
  if (code != CURLE_OK && h->error.kind == ERR_NONE) {
    struct http_error_cause f = {code, h->where, h->reason[0] ? h->reason : h->curl->easy_strerror(code), h->proxy, 0, 0, 0,
                                  h->asked_cert && !h->head_done, h->gave_cert};
    h->curl->easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &f.os_error);
    h->curl->easy_getinfo(h->easy, CURLINFO_SSL_VERIFYRESULT, &f.verify);
    h->curl->easy_getinfo(h->easy, CURLINFO_HTTP_CONNECTCODE, &f.tunnel);
    http_error_explain(&h->error, &f);
  }
  h->done = h->head_done = true;
  stop_transfer(h);
  h->changed(h->arg);
}

void http_close(struct http *h) {
  if (!h) return;
  stop_transfer(h);
  buf_free(&h->head);
  buf_free(&h->body);
  http_sse_free(&h->sse);
  http_url_free(&h->url);
  free(h->final_url);
  free(h);
}

/* -- limits of time ------------------------------------------------------------------------------------------------- */

static void check_time(void *arg);

static double deadline(const struct http *h, const char **which) {
  double limit = 0, since = h->last;
  switch (h->phase) {
    case PHASE_CONNECT: limit = h->connect_timeout, *which = "connect_timeout"; break;
    case PHASE_FIRST: limit = h->first_timeout, *which = "first_timeout"; break;
    case PHASE_BODY: limit = h->paused ? 0 : h->idle_timeout, *which = "idle_timeout"; break;
  }
  double at = limit > 0 ? since + limit : 0;
  if (h->total_timeout > 0 && (at == 0 || h->started + h->total_timeout < at)) {
    at = h->started + h->total_timeout;
    *which = "total_timeout";
  }
  return at;
}

static void set_timer(struct http *h) {
  const char *which;
  if (h->timer) loop_timer_stop(h->timer);
  double at = deadline(h, &which);
  h->timer = at > 0 ? loop_timer_start(at - loop_now(), check_time, h) : NULL;
}

static void enter(struct http *h, enum http_phase phase) {
  h->last = loop_now();
  if (h->phase == phase) return;
  h->phase = phase;
  set_timer(h);
}

static void check_time(void *arg) {
  struct http *h = arg;
  const char *which = "", *where = h->where;
  h->timer = NULL;
  double at = deadline(h, &which);
  if (at == 0 || at > loop_now()) {
    set_timer(h); /* bytes came in the meantime */
    return;
  }
  if (strcmp(which, "total_timeout") == 0)
    err_set(&h->error, ERR_TIMEOUT, "the whole request to %s took longer than %g s; try again", where, h->total_timeout);
  else if (h->phase == PHASE_CONNECT)
    err_set(&h->error, ERR_TIMEOUT, "no connection to %s%s%s within %g s; check the address, the network and the proxy", where,
            h->proxy[0] ? " through the proxy " : "", h->proxy, h->connect_timeout);
  else if (h->phase == PHASE_FIRST)
    err_set(&h->error, ERR_TIMEOUT, "%s did not begin to answer within %g s; it may be overloaded: try again", where,
            h->first_timeout);
  else
    err_set(&h->error, ERR_TIMEOUT, "%s sent nothing for %g s in the middle of its answer; try again", where, h->idle_timeout);
  strcpy(h->error.code, which);
  h->done = h->head_done = true;
  stop_transfer(h);
  h->changed(h->arg);
}

/* -- curl's callbacks ----------------------------------------------------------------------------------------------- */

static int on_connected(void *arg, char *ip, char *own_ip, int port, int own_port) {
  (void)ip, (void)own_ip, (void)port, (void)own_port;
  struct http *h = arg;
  h->curl->easy_setopt(h->easy, CURLOPT_VERBOSE, 0L); /* the handshake is over, and with it what its trace is for */
  h->curl->easy_setopt(h->easy, CURLOPT_DEBUGFUNCTION, NULL);
  enter(h, PHASE_FIRST);
  h->left = h->last;
  return CURL_PREREQFUNC_OK;
}

/* The same for an answer that is too large; what: its end as a sentence. */
static size_t too_large(struct http *h, const char *what) {
  err_set(&h->error, ERR_TOO_LONG, "the answer of %s was stopped: it %s; is the address right?", h->where, what);
  strcpy(h->error.code, "max_body");
  return 0;
}

/* Notes the error and makes curl give up. */
static size_t give_up(struct http *h, enum err_kind kind, const char *format, double number) {
  char what[128];
  snprintf(what, sizeof what, format, number);
  err_set(&h->error, kind, "the answer of %s was stopped: %s", h->where, what);
  return 0;
}

/* False when what came is no answer: then h->error says so. */
static bool head_ends(struct http *h) {
  if (h->head_done) return true;
  char *address = NULL;
  long status = 0;
  h->curl->easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
  h->curl->easy_getinfo(h->easy, CURLINFO_EFFECTIVE_URL, &address);
  if (status < 200 || status > 999) return give_up(h, ERR_PROTOCOL, "%g is not the status of an HTTP answer", (double)status) != 0;
  h->status = (int)status;
  h->final_url = http_send_plain_url(h->curl, address);
  h->is_encoded = http_head_find(&h->head, "content-encoding", &(struct http_field){0});
  h->head_done = true;
  h->changed(h->arg);
  return true;
}

static bool is_redirect(const struct http *h) {
  long status = 0;
  h->curl->easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
  return h->follow && status >= 300 && status <= 399 && http_head_find(&h->head, "location", &(struct http_field){0});
}

static size_t on_header(char *line, size_t size, size_t n, void *arg) {
  struct http *h = arg;
  n *= size;
  h->head_bytes += n;
  if (++h->head_lines > HEAD_LINES_MAX + 2) return give_up(h, ERR_PROTOCOL, "more than %g header lines", HEAD_LINES_MAX);
  if (h->head_bytes > HEAD_BYTES_MAX) return give_up(h, ERR_PROTOCOL, "more than %g KiB of headers", HEAD_BYTES_MAX / 1024);
  if (h->head_done) return n; /* trailers */
  long status = 0;
  switch (http_head_add(&h->head, line, n)) {
    case HTTP_HEAD_STATUS: case HTTP_HEAD_FIELD: break;
    case HTTP_HEAD_BAD: return give_up(h, ERR_PROTOCOL, "header line %g is not one of HTTP", (double)h->head_lines);
    case HTTP_HEAD_NO_MEMORY: return give_up(h, ERR_BROKEN, "out of memory", 0);
    case HTTP_HEAD_END:
      h->curl->easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
      if (is_redirect(h)) h->head_lines = h->head_bytes = 0; /* the next hop has its own budget; hops are counted by curl */
      else if ((status >= 200 || status == 101) && !head_ends(h)) return 0; /* no other protocol was asked for */
  }
  return n;
}

static size_t unread(const struct http *h) { return h->body.len - h->pos; }

static void pause_transfer(void *arg) {
  struct http *h = arg;
  h->pausing = NULL;
  if (unread(h) < h->unread_max) return;
  h->paused = true;
  h->curl->easy_pause(h->easy, CURLPAUSE_RECV);
  set_timer(h);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
  struct http *h = arg;
  n *= size;
  if (!head_ends(h)) return 0;
  if (unread(h) >= h->unread_max) {
    if (!h->is_encoded) {
      h->paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    /* curl would go on to unpack, and keep what comes of it: it pauses when it is done with what it has read */
    if (unread(h) >= h->unread_max + UNPACKED_MORE) return too_large(h, "unpacks to much more than it has");
    if (!h->pausing) h->pausing = loop_timer_start(0, pause_transfer, h);
  }
  enter(h, PHASE_BODY);
  h->received += (int64_t)n;
  if (h->received > h->max_body) {
    char most[64];
    snprintf(most, sizeof most, "is larger than max_body, %" PRId64 " bytes", h->max_body);
    return too_large(h, most);
  }
  if (h->received > RATIO_FREE && h->is_encoded) {
    curl_off_t packed = 0;
    h->curl->easy_getinfo(h->easy, CURLINFO_SIZE_DOWNLOAD_T, &packed);
    /* curl counts a chunk after it is unpacked, so the present one is allowed for */
    if (h->received > RATIO_MAX * (packed + CURL_CHUNK)) return too_large(h, "unpacks to more than 200 times its size");
  }
  if (h->pos == h->body.len) h->pos = h->body.len = 0;
  else if (h->pos > h->body.len / 2) buf_drop(&h->body, h->pos), h->pos = 0;
  if (!buf_add(&h->body, bytes, n)) return give_up(h, ERR_BROKEN, "out of memory", 0);
  h->changed(h->arg);
  return n;
}

/* -- opening -------------------------------------------------------------------------------------------------------- */

static void set_callbacks(struct http *h) {
  const struct http_curl_api *curl = h->curl;
  curl->easy_setopt(h->easy, CURLOPT_PRIVATE, h);
  curl->easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->reason);
  curl->easy_setopt(h->easy, CURLOPT_PREREQFUNCTION, on_connected);
  curl->easy_setopt(h->easy, CURLOPT_PREREQDATA, h);
  curl->easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, on_header);
  curl->easy_setopt(h->easy, CURLOPT_HEADERDATA, h);
  curl->easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body);
  curl->easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
}

struct http *http_open(const struct http_request *r, loop_fn changed, void *arg, struct err *e) {
  struct http *h = calloc(1, sizeof *h);
  if (!h) {
    err_set(e, ERR_BROKEN, "out of memory");
    return NULL;
  }
  h->changed = changed;
  h->arg = arg;
  h->unread_max = UNREAD_MAX;
  h->max_body = r->max_body;
  h->follow = r->follow;
  h->connect_timeout = r->connect_timeout;
  h->idle_timeout = r->idle_timeout;
  h->total_timeout = r->total_timeout;
  h->started = h->last = loop_now();
  if (!http_url_parse(r->url, &h->url, e) || !http_send_prepare(h, r, e)) goto fail;
  h->first_timeout = r->first_timeout >= 0 ? r->first_timeout : h->url.loopback ? 0 : 300;
  set_callbacks(h);
  if (!http_multi_add(h->easy, on_done, e)) {
    h->curl->easy_cleanup(h->easy);
    h->easy = NULL;
    http_send_wipe(h);
    goto fail;
  }
  set_timer(h);
  return h;
fail:
  http_close(h);
  return NULL;
}

/* -- ending early --------------------------------------------------------------------------------------------------- */

/* What still comes is forgotten; the end of the transfer frees it. */
static void drop_rest(void *arg) {
  struct http *h = arg;
  h->pos = h->body.len = 0;
  if (!h->done) return;
  if (lingering == h) lingering = NULL;
  http_close(h);
}

void http_finish(struct http *h) {
  if (!h || h->done) {
    http_close(h);
    return;
  }
  http_close(lingering);
  lingering = h;
  h->changed = drop_rest;
  h->arg = h;
  h->total_timeout = loop_now() - h->started + LINGER;
  set_timer(h);
  resume(h); /* may be its end */
}

static void nobody(void *arg) { (void)arg; }

void http_warm(const struct http_request *r) {
  struct err e;
  struct http_url u;
  if (!http_url_parse(r->url, &u, &e)) return;
  struct http_request head = {.url = u.origin, .method = "HEAD", .proxy = r->proxy, .ca = r->ca, .pem = r->pem, .cert = r->cert, .key = r->key,
                              .insecure = r->insecure, .connect_timeout = 10, .first_timeout = 10, .idle_timeout = 10, .max_body = 1};
  if (!u.loopback) {
    http_close(warming);
    warming = http_open(&head, nobody, NULL, &e); /* what goes wrong here, the request itself will report */
  }
  http_url_free(&u);
}

void http_shutdown(void) {
  http_close(warming);
  http_close(lingering);
  warming = lingering = NULL;
  http_multi_free();
}

/* -- reading -------------------------------------------------------------------------------------------------------- */

enum http_result http_head(struct http *h, struct err *e) {
  if (!h->head_done) return HTTP_WAIT;
  if (h->status) return HTTP_DATA;
  *e = h->error;
  return HTTP_FAILED;
}

int http_status(const struct http *h) { return h->status; }
double http_sent(const struct http *h) { return h->left; }
const char *http_final_url(const struct http *h) { return h->final_url ? h->final_url : ""; }

bool http_next_header(const struct http *h, size_t *at, struct http_field *field) { return http_head_next(&h->head, at, field); }

static const char *rest(const struct http *h) { return h->body.data ? h->body.data + h->pos : ""; }

static void resume(struct http *h) {
  if (!h->paused || !h->easy) return;
  h->paused = false;
  h->last = loop_now();
  set_timer(h);
  CURLcode code = h->curl->easy_pause(h->easy, CURLPAUSE_CONT); /* gives what it kept back to on_body at once */
  if (code != CURLE_OK) on_done(h, code);                        /* curl itself would never report it */
}

static enum http_result ended(const struct http *h, struct err *e) {
  if (!h->done) return HTTP_WAIT;
  if (h->error.kind == ERR_NONE) return HTTP_END;
  *e = h->error;
  return HTTP_FAILED;
}

enum http_result http_read(struct http *h, const char **bytes, size_t *n, struct err *e) {
  if (unread(h) == 0) resume(h);
  if (unread(h) == 0) return ended(h, e);
  *bytes = rest(h);
  *n = unread(h);
  h->pos = h->body.len;
  return HTTP_DATA;
}

enum http_result http_all(struct http *h, size_t limit, const char **bytes, size_t *n, struct err *e) {
  if (limit >= h->unread_max) h->unread_max = limit < SIZE_MAX ? limit + 1 : limit;
  if (unread(h) < h->unread_max) resume(h);
  if (unread(h) > limit) {
    err_set(e, ERR_TOO_LONG, "the answer of %s is larger than %zu bytes, the most that is read here; is the address right?", h->where, limit);
    strcpy(e->code, "max_body");
    return HTTP_FAILED;
  }
  enum http_result end = ended(h, e);
  if (end != HTTP_END) return end;
  *bytes = rest(h);
  *n = unread(h);
  h->pos = h->body.len;
  return HTTP_DATA;
}

void http_wipe(struct http *h) {
  if (h->body.data) explicit_bzero(h->body.data, h->pos);
}

enum form { FORM_UNKNOWN, FORM_STREAM, FORM_WHOLE, FORM_OTHER };

/* Whether a line begins like one of an event stream; `open` where more bytes decide. */
static bool is_field(const char *p, size_t n, bool *open) {
  static const char *const fields[] = {"data", "event", "id", "retry", "error"};
  *open = n == 0;
  if (n > 0 && *p == ':') return true;
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    size_t len = strlen(fields[i]), some = n < len ? n : len;
    if (memcmp(p, fields[i], some) != 0) continue;
    if (n > len && p[len] == ':') return true;
    *open |= n <= len;
  }
  return false;
}

/* What the body is by its first bytes; the content type, which is often wrong, only says what is unlike both stream and JSON. */
static enum form form_of(const struct http *h, char type[TYPE_MAX]) {
  bool open;
  struct http_field field = {0};
  if (!http_head_find(&h->head, "content-type", &field)) field.value = "";
  snprintf(type, TYPE_MAX, "%.*s", field.value_len < TYPE_MAX ? (int)field.value_len : TYPE_MAX, field.value);
  const char *p = rest(h), *end = p + unread(h);
  if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) p += 3;
  while (p < end && (*p == '\n' || *p == '\r' || *p == ' ')) p++;
  if (p == end) return FORM_UNKNOWN;
  if (*p == '{' || *p == '[') return FORM_WHOLE;
  if (*p == '<') return FORM_OTHER;
  if (strcasestr(type, "event-stream") || is_field(p, (size_t)(end - p), &open)) return FORM_STREAM;
  return open ? FORM_UNKNOWN : FORM_OTHER;
}

/* The first words of the body, on one line, without control characters and secrets. The body stays to be read. */
static void not_a_stream(struct http *h, const char *type, struct err *e) {
  char words[FIRST_WORDS + 1];
  struct buf shown = {0};
  size_t n = 0, some = unread(h) < 4096 ? unread(h) : 4096;
  if (!secret_redact(rest(h), some, &shown)) buf_add(&shown, rest(h), some);
  for (size_t i = 0; i < shown.len && n < FIRST_WORDS; i++) {
    unsigned char c = (unsigned char)shown.data[i];
    bool blank = c <= ' ' || c == 0x7f;
    if (blank && (n == 0 || words[n - 1] == ' ')) continue;
    words[n++] = blank ? ' ' : (char)c;
  }
  if (n == FIRST_WORDS) { /* the last letter may be cut: drop it */
    while (n > 0 && ((unsigned char)words[n - 1] & 0xC0) == 0x80) n--;
    if (n > 0) n--;
  }
  words[n] = '\0';
  err_set(e, ERR_PROTOCOL, "%s sent %s (status %d) instead of an event stream; check the base URL and the model. It begins: %s", h->where,
          type[0] ? type : "something else", h->status, words);
  e->status = h->status;
  buf_free(&shown);
}

/* An answer that is JSON, as one event. */
static enum http_result whole_event(struct http *h, struct http_sse_event *ev, struct err *e) {
  *ev = (struct http_sse_event){.name = "whole", .name_len = strlen("whole"), .id = "", .retry = -1};
  return http_all(h, HTTP_SSE_EVENT_MAX, &ev->data, &ev->data_len, e);
}

enum http_result http_event(struct http *h, struct http_sse_event *ev, struct err *e) {
  if (!h->is_stream) {
    char type[TYPE_MAX];
    enum http_result end = unread(h) == 0 ? ended(h, e) : HTTP_END;
    if (end != HTTP_END || unread(h) == 0) return end;
    enum form form = form_of(h, type);
    if (form == FORM_WHOLE) return whole_event(h, ev, e);
    if (form == FORM_UNKNOWN && !h->done) return HTTP_WAIT;
    if (form == FORM_OTHER && unread(h) < FIRST_WORDS && !h->done) return HTTP_WAIT;
    if (form == FORM_OTHER) {
      not_a_stream(h, type, e);
      return HTTP_FAILED;
    }
    h->is_stream = true;
  }
  if (unread(h) < UNREAD_LOW) resume(h);
  for (;;) {
    size_t used;
    bool end = h->done && h->error.kind == ERR_NONE; /* what a broken connection left behind is not an event */
    enum http_sse_result r = http_sse_next(&h->sse, rest(h), unread(h), end, &used, ev);
    h->pos += used;
    if (r == HTTP_SSE_EVENT) return HTTP_DATA;
    if (r == HTTP_SSE_MORE) {
      if (!h->paused) return ended(h, e);
      resume(h);
      continue;
    }
    if (r == HTTP_SSE_NO_MEMORY) err_set(&h->error, ERR_BROKEN, "out of memory");
    else err_set(&h->error, ERR_PROTOCOL, "%s sent %s of an event stream that is longer than %d MiB; the stream was stopped", h->where,
                 r == HTTP_SSE_LINE_TOO_LONG ? "a line" : "an event", (r == HTTP_SSE_LINE_TOO_LONG ? HTTP_SSE_LINE_MAX : HTTP_SSE_EVENT_MAX) >> 20);
    h->done = true;
    h->pos = h->body.len;
    stop_transfer(h);
    *e = h->error;
    return HTTP_FAILED;
  }
}
