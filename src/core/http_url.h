/* Addresses as curl reads them, so that what is checked is what is contacted. The struct owns its handle until http_url_free. */
#ifndef QWEN_HTTP_URL_H
#define QWEN_HTTP_URL_H
#include <stdbool.h>

#include "http_curl.h"

enum { HTTP_URL_HOST_MAX = 256, HTTP_URL_ORIGIN_MAX = HTTP_URL_HOST_MAX + 16, HTTP_URL_JOINED_MAX = 8192 };

struct http_url {
  CURLU *handle;
  char *path;                   /* from libcurl */
  char scheme[8];               /* "http" or "https" */
  char host[HTTP_URL_HOST_MAX]; /* lower case, IPv6 in brackets */
  int port;
  char origin[HTTP_URL_ORIGIN_MAX]; /* "https://host:443" */
  bool loopback, private;           /* private: this machine, or a network that is not the internet */
  bool public;                      /* as far as name or number say: they are of the internet */
};

/* http and https only. On failure *u is empty; the words never hold a password of the address. */
bool http_url_parse(const char *text, struct http_url *u, struct err *e);
void http_url_free(struct http_url *u);
/* The address that a link means on the page of `base`; false where it is none, or longer than fits. */
bool http_url_join(const char *base, const char *link, char out[HTTP_URL_JOINED_MAX]);
/* "scheme://host" or "scheme://host:port" written by a person, into the one form that is compared; without curl. */
bool http_url_origin(const char *text, char out[HTTP_URL_ORIGIN_MAX]);
bool http_url_is_loopback(const char *host);
/* By the name or number alone: this machine, or one in a private network. */
bool http_url_is_private(const char *host);
#endif
