/* Which certificates a connection of curl's is checked with. */
#ifndef QWEN_HTTP_TLS_H
#define QWEN_HTTP_TLS_H
#include <stdbool.h>

#include "http_curl.h"

struct http_tls {
  const char *ca;    /* file or folder instead of the system's, "" for none of them, or NULL */
  const char *pem;   /* the text of certificates beside them, or NULL */
  bool insecure;     /* no check */
  const char *cert, *key, *password; /* files of our own certificate and its key, for a server that asks; or NULL */
};

bool http_tls_set(const struct http_curl_api *curl, CURL *easy, const struct http_tls *r, struct err *e);
#endif
