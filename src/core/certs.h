/* Which certificates a connection of curl's is checked with. */
#ifndef QWEN_CERTS_H
#define QWEN_CERTS_H
#include <stdbool.h>

#include "curl.h"

struct certs {
  const char *ca;    /* file or folder instead of the system's, or NULL */
  const char *extra; /* file beside the system's, or NULL */
  bool insecure;     /* no check */
};

bool certs_set(const struct curl_api *curl, CURL *easy, const struct certs *r, struct err *e);
#endif
