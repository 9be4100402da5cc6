/* libcurl, loaded on first use: a run that sends nothing never pays for it. The table lives as long as the process.
 * Only files in src/core that speak to libcurl include this. */
#ifndef QWEN_HTTP_CURL_H
#define QWEN_HTTP_CURL_H
#include <curl/curl.h>

#include "err.h"

/* Every function we call, by its name after "curl_". */
#define HTTP_CURL_FUNCTIONS(X)                                                                                   \
  X(global_init) X(easy_init) X(easy_setopt) X(easy_getinfo) X(easy_pause) X(easy_cleanup) X(easy_strerror)      \
  X(easy_perform) X(easy_send) X(easy_recv)                                                                      \
  X(multi_init) X(multi_setopt) X(multi_add_handle) X(multi_remove_handle) X(multi_socket_action) X(multi_assign) \
  X(multi_info_read) X(multi_cleanup) X(url) X(url_set) X(url_get) X(url_cleanup) X(url_strerror) X(free)

struct http_curl_api {
#define X(name) __typeof__(curl_##name) *name;
  HTTP_CURL_FUNCTIONS(X)
#undef X
};

/* NULL and *e when libcurl is missing or too old. */
const struct http_curl_api *http_curl_load(struct err *e);
#endif
