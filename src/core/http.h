/* One HTTP request and its answer, on the event loop. http_open copies what it needs of the request; the struct http belongs to the
 * caller until http_close, which may be called at any time outside of the changed callback and stops the transfer at once. */
#ifndef QWEN_HTTP_H
#define QWEN_HTTP_H
#include <stdint.h>

#include "loop.h"
#include "secret.h"
#include "http_head.h"
#include "http_sse.h"

struct http_piece { /* text, or a secret when there is one */
  const char *text;
  size_t len;
  const struct secret *secret;
};

struct http_header {
  const char *name;
  const struct http_piece *pieces;
  size_t count;
};

struct http_request {
  const char *url; /* the others may be NULL */
  const char *method, *proxy, *ca, *pem, *cert, *key, *password; /* NULL: as http_route.h says */
  const struct http_header *headers;
  size_t header_count;
  const struct http_piece *body;
  size_t body_count;
  bool has_body, insecure, follow;
  bool outside; /* connects to addresses of the internet only; a proxy may be anywhere, and is told no private name */
  double connect_timeout, first_timeout, idle_timeout, total_timeout; /* seconds; 0: none; first negative: by the kind of host */
  int64_t max_body;
};

/* Of an answer that is read whole, where nobody says otherwise. One that is read piece by piece is held back while its reader is slow:
 * about a megabyte waits, and some more where it comes packed. */
enum { HTTP_ALL_MAX = 8 << 20 };

enum http_result {
  HTTP_WAIT,   /* nothing yet: changed will be called */
  HTTP_DATA,   /* the out arguments are filled, good until the next call for this answer or turn of the loop */
  HTTP_END,
  HTTP_FAILED  /* *e is filled */
};

/* Checks the address against the secrets, joins the headers, starts. changed must only take note: it runs inside of curl. */
struct http *http_open(const struct http_request *r, loop_fn changed, void *arg, struct err *e);
void http_close(struct http *h);
/* Closes one whose answer is over: where the transfer ends within a moment, its connection is kept. */
void http_finish(struct http *h);

enum http_result http_head(struct http *h, struct err *e); /* HTTP_DATA once status and headers are there */
int http_status(const struct http *h);
double http_sent(const struct http *h); /* loop_now() when the request left; 0: nothing of it has */
const char *http_final_url(const struct http *h); /* final address, without user name and password */
/* Walks the headers: *at begins at 0; false after the last. */
bool http_next_header(const struct http *h, size_t *at, struct http_field *field);

enum http_result http_read(struct http *h, const char **bytes, size_t *n, struct err *e);
enum http_result http_all(struct http *h, size_t limit, const char **bytes, size_t *n, struct err *e);
void http_wipe(struct http *h); /* forgets what was read, and overwrites it */
enum http_result http_event(struct http *h, struct http_sse_event *ev, struct err *e);

/* Whether a credential stands under this name of a header or parameter, also where its value is no secret of ours. */
bool http_name_is_private(const char *name);

void http_warm(const struct http_request *r); /* connects to r's host in the background; nothing for loopback */
void http_shutdown(void);                     /* once, after the last http_close */
#endif
