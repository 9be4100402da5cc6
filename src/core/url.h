/* Addresses as curl reads them, so that what is checked is what is contacted. The struct owns its handle until url_free. */
#ifndef QWEN_URL_H
#define QWEN_URL_H
#include <stdbool.h>

#include "curl.h"

enum { URL_HOST_MAX = 256, URL_ORIGIN_MAX = URL_HOST_MAX + 16 };

struct url {
  CURLU *handle;
  char *path; /* from libcurl */
  char scheme[8]; /* "http" or "https" */
  char host[URL_HOST_MAX]; /* lower case, IPv6 in brackets */
  int port;
  char origin[URL_ORIGIN_MAX]; /* "https://host:443" */
  bool loopback;
};

/* http and https only. On failure *u is empty; the words never hold a password of the address. */
bool url_parse(const char *text, struct url *u, struct err *e);
void url_free(struct url *u);
/* "scheme://host" or "scheme://host:port" written by a person, into the one form that is compared; without curl. */
bool url_origin(const char *text, char out[URL_ORIGIN_MAX]);
bool url_is_loopback(const char *host);
#endif
