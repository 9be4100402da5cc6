/* The inside of struct http, for http.c and http_send.c only. */
#ifndef QWEN_HTTP_INTERNAL_H
#define QWEN_HTTP_INTERNAL_H
#include "http_curl.h"
#include "http.h"
#include "http_url.h"

enum http_phase { PHASE_CONNECT, PHASE_FIRST, PHASE_BODY };

struct http {
  const struct http_curl_api *curl;
  CURL *easy; /* NULL once the transfer has ended */
  struct http_url url;
  char where[HTTP_URL_ORIGIN_MAX]; /* host, and port where it is not the usual one */
  char proxy[HTTP_URL_ORIGIN_MAX];  /* the one that may stand between, without its password; "" for none */
  const char *route; /* the proxy as it was chosen; until the transfer is prepared */
  char *final_url;
  loop_fn changed;
  void *arg;

  struct buf lines; /* the request's headers, secrets included: wiped with the transfer */
  struct curl_slist *list;
  struct buf sent; /* body of the request; wiped where a secret is in it */
  size_t sent_at;  /* how much of it curl has taken */
  bool sent_secret;

  struct buf head; /* of http_head.h */
  size_t head_lines, head_bytes;
  struct buf body; /* decoded bytes; those before pos are read */
  size_t pos, unread_max;
  int64_t received, max_body;
  struct http_sse sse;

  enum http_phase phase;
  struct loop_timer *timer, *pausing;
  double started, left, last, connect_timeout, first_timeout, idle_timeout, total_timeout;
  int status;
  bool head_done, done, paused, is_stream, is_encoded, follow; /* encoded: the body may grow beyond what was received */
  bool asked_cert, gave_cert; /* the server asked for a certificate of ours; there is one */
  bool kept_in; /* an address was refused because it is not one of the internet */
  struct err error;
  char reason[CURL_ERROR_SIZE];
};

/* Checks and joins everything that is sent; makes h->easy. On failure nothing of it is left. */
bool http_send_prepare(struct http *h, const struct http_request *r, struct err *e);
void http_send_wipe(struct http *h);
/* A copy of address without user name and password, from malloc; NULL without memory. */
char *http_send_plain_url(const struct http_curl_api *curl, const char *address);
#endif
