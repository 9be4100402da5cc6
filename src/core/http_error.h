/* What curl reports, in our kinds and words. */
#ifndef QWEN_HTTP_ERROR_H
#define QWEN_HTTP_ERROR_H
#include <stdbool.h>

#include "http_curl.h"

struct http_error_cause {
  CURLcode code;
  const char *where;  /* "host:port" for the reader */
  const char *reason; /* curl's own words, "" when it gave none */
  const char *proxy;  /* the proxy that may stand between, without its password; "" when there is none */
  long os_error;      /* errno of the connection or 0 */
  long verify;        /* what the check of the certificate said, in OpenSSL's numbers; 0 when it had nothing to say */
  long tunnel;        /* the status of the proxy's answer to CONNECT; 0 without one */
  bool asked_cert, gave_cert; /* the server asked for a certificate before it said anything; it was given one */
};

/* e->code is the system's name of the failure, or "host", "proxy", "certificate", "client_certificate", "tls" where trying again does
 * not help. */
void http_error_explain(struct err *e, const struct http_error_cause *f);
/* "user:password@" in text becomes "***@", in place. */
void http_error_hide_password(char *text);
#endif
