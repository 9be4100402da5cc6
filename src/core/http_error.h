/* What curl reports, in our kinds and words. */
#ifndef QWEN_HTTP_ERROR_H
#define QWEN_HTTP_ERROR_H
#include "curl.h"

/* where: "host:port" for the reader; reason: curl's own words, "" when it gave none; os_error: errno of the connection or 0. */
void http_explain(struct err *e, CURLcode code, const char *where, const char *reason, long os_error);
/* "user:password@" in text becomes "***@", in place. */
void http_hide_password(char *text);
#endif
