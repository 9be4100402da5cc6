/* The one curl multi handle of the process on the event loop: it moves all transfers and keeps connections for the next ones.
 * An easy handle belongs to the caller; its CURLOPT_PRIVATE is given to the done function. */
#ifndef QWEN_HTTP_MULTI_H
#define QWEN_HTTP_MULTI_H
#include "http_curl.h"

/* Called once when the transfer has ended by itself, from the loop and outside of curl's callbacks: it may call http_multi_remove. */
typedef void (*http_multi_done_fn)(void *owner, CURLcode code);

bool http_multi_add(CURL *easy, http_multi_done_fn done, struct err *e);
void http_multi_remove(CURL *easy); /* at any time outside of curl's callbacks; nothing is called for it afterwards */
void http_multi_free(void);         /* closes kept connections; every transfer must have been removed */
#endif
