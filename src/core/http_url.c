/* Parsing by curl_url, the comparable form of an origin, and what counts as this machine. */
#include "http_url.h"

#include "http_address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void lower(char *s) {
  for (; *s; s++) *s = (char)tolower((unsigned char)*s);
}

bool http_url_is_loopback(const char *host) {
  unsigned char v4[4], v6[16];
  char bare[HTTP_URL_HOST_MAX];
  if (strcmp(host, "localhost") == 0) return true;
  if (inet_pton(AF_INET, host, v4) == 1) return v4[0] == 127;
  if (host[0] != '[') return false;
  snprintf(bare, sizeof bare, "%s", host + 1);
  bare[strcspn(bare, "]")] = '\0';
  static const unsigned char one[16] = {[15] = 1};
  return inet_pton(AF_INET6, bare, v6) == 1 && memcmp(v6, one, 16) == 0;
}

static bool ends_with(const char *host, size_t n, const char *tail) {
  size_t len = strlen(tail);
  return n > len && strncasecmp(host + n - len, tail, len) == 0;
}

bool http_url_is_private(const char *host) {
  static const char *const tails[] = {".localhost", ".local", ".lan", ".internal", ".home.arpa"};
  unsigned char a[16];
  char bare[HTTP_URL_HOST_MAX];
  snprintf(bare, sizeof bare, "%s", host[0] == '[' ? host + 1 : host);
  bare[strcspn(bare, "]%")] = '\0';
  size_t n = strlen(bare);
  if (n > 1 && bare[n - 1] == '.') bare[--n] = '\0';
  if (inet_pton(AF_INET6, bare, a) == 1) {
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(a, mapped, 12) != 0) return http_url_is_loopback(host) || (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
    memmove(a, a + 12, 4);
  } else if (inet_pton(AF_INET, bare, a) != 1) {
    bool named = n > 0 && !strchr(bare, '.') && !strchr(bare, ':');
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) named |= ends_with(bare, n, tails[i]);
    return named;
  }
  return a[0] == 10 || a[0] == 127 || (a[0] == 192 && a[1] == 168) || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 169 && a[1] == 254) ||
         (a[0] == 100 && (a[1] & 0xc0) == 64); /* the last: addresses that a provider shares out, as VPNs do */
}

/* Copies one part of the parsed address; false when it is missing or does not fit, or *code says that there was no memory. */
static bool part(const struct http_curl_api *curl, CURLU *h, CURLUPart which, unsigned flags, char *out, size_t size, CURLUcode *code) {
  char *text = NULL;
  CURLUcode got = curl->url_get(h, which, &text, flags);
  if (got == CURLUE_OUT_OF_MEMORY) *code = got;
  if (got != CURLUE_OK) return false;
  bool fits = strlen(text) < size;
  if (fits) strcpy(out, text);
  curl->free(text);
  return fits;
}

static bool has_ascii_host(const struct http_curl_api *curl, CURLU *h) {
  char *host = NULL;
  if (curl->url_get(h, CURLUPART_HOST, &host, 0) != CURLUE_OK) return true; /* a missing one is reported later */
  bool ascii = true;
  for (const char *c = host; *c; c++) ascii = ascii && (unsigned char)*c < 0x80;
  curl->free(host);
  return ascii;
}

/* A host of other characters becomes the name or number that is looked up for it: what is judged has one spelling. */
static CURLUcode fold_host(const struct http_curl_api *curl, CURLU *h) {
  if (has_ascii_host(curl, h)) return CURLUE_OK;
  char *text = NULL;
  locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); /* libidn2 reads in that of the thread */
  locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
  CURLUcode code = curl->url_get(h, CURLUPART_URL, &text, CURLU_PUNYCODE);
  if (utf8) uselocale(before);
  if (utf8) freelocale(utf8);
  if (code == CURLUE_OK) code = curl->url_set(h, CURLUPART_URL, text, 0);
  curl->free(text);
  return code != CURLUE_OK || has_ascii_host(curl, h) ? code : CURLUE_BAD_HOSTNAME;
}

bool http_url_parse(const char *text, struct http_url *u, struct err *e) {
  *u = (struct http_url){0};
  const struct http_curl_api *curl = http_curl_load(e);
  if (!curl) return false;
  char port[8], zone[64];
  CURLU *h = curl->url();
  if (!h) {
    err_set(e, ERR_BROKEN, "out of memory");
    return false;
  }
  CURLUcode code = curl->url_set(h, CURLUPART_URL, text, 0);
  if (code == CURLUE_OK) code = fold_host(curl, h);
  if (code != CURLUE_OK) {
    err_set(e, ERR_USAGE, "the address is not usable (%s): it must look like https://host/path", curl->url_strerror(code));
    goto fail;
  }
  if (!part(curl, h, CURLUPART_SCHEME, 0, u->scheme, sizeof u->scheme, &code) ||
      (strcmp(u->scheme, "http") != 0 && strcmp(u->scheme, "https") != 0)) {
    err_set(e, ERR_USAGE, "only http and https addresses can be used; this one begins with '%.32s'", u->scheme[0] ? u->scheme : "?");
    goto fail;
  }
  if (!part(curl, h, CURLUPART_HOST, 0, u->host, sizeof u->host, &code) ||
      !part(curl, h, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port, &code) ||
      part(curl, h, CURLUPART_ZONEID, 0, zone, sizeof zone, &code) || code == CURLUE_OUT_OF_MEMORY) {
    err_set(e, ERR_USAGE, "the host name in the address is not usable: it is empty, has a zone, or is longer than %d bytes", HTTP_URL_HOST_MAX - 1);
    goto fail;
  }
  code = curl->url_get(h, CURLUPART_PATH, &u->path, 0);
  if (code != CURLUE_OK) {
    code = CURLUE_OUT_OF_MEMORY; /* nothing else can be wrong with it by now */
    goto fail;
  }
  lower(u->host);
  u->port = atoi(port);
  u->loopback = http_url_is_loopback(u->host);
  u->private = http_url_is_private(u->host);
  u->public = !u->private && http_address_may_be_public(u->host);
  snprintf(u->origin, sizeof u->origin, "%s://%s:%d", u->scheme, u->host, u->port);
  u->handle = h;
  return true;
fail:
  if (code == CURLUE_OUT_OF_MEMORY) err_set(e, ERR_BROKEN, "out of memory"); /* whatever it looked like */
  curl->url_cleanup(h);
  *u = (struct http_url){0};
  return false;
}

void http_url_free(struct http_url *u) {
  struct err e;
  if (!u->handle) return;
  http_curl_load(&e)->url_cleanup(u->handle);
  http_curl_load(&e)->free(u->path);
  *u = (struct http_url){0};
}

bool http_url_join(const char *base, const char *link, char out[HTTP_URL_JOINED_MAX]) {
  enum { LINK = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE | CURLU_ALLOW_SPACE };
  struct err e;
  const struct http_curl_api *curl = http_curl_load(&e);
  CURLU *h = curl ? curl->url() : NULL;
  if (!h) return false;
  CURLUcode code = curl->url_set(h, CURLUPART_URL, base, 0);
  bool same_page = *link == '#' || !*link; /* curl before 8 takes "#x" for a path */
  if (code == CURLUE_OK && same_page)
    code = curl->url_set(h, CURLUPART_FRAGMENT, *link ? link + 1 : NULL, *link ? CURLU_URLENCODE : 0);
  else if (code == CURLUE_OK)
    code = curl->url_set(h, CURLUPART_URL, link, LINK);
  bool joined = code == CURLUE_OK && part(curl, h, CURLUPART_URL, 0, out, HTTP_URL_JOINED_MAX, &code);
  curl->url_cleanup(h);
  return joined;
}

bool http_url_origin(const char *text, char out[HTTP_URL_ORIGIN_MAX]) {
  char rest[HTTP_URL_HOST_MAX];
  int port;
  bool secure = strncasecmp(text, "https://", 8) == 0;
  if (!secure && strncasecmp(text, "http://", 7) != 0) return false;
  text += secure ? 8 : 7;
  if (strlen(text) >= sizeof rest) return false;
  strcpy(rest, text);
  size_t n = strlen(rest);
  if (n > 0 && rest[n - 1] == '/') rest[--n] = '\0';
  /* No part but host and port; spaces, control characters, user names and patterns are not origins. */
  for (size_t i = 0; i < n; i++)
    if ((unsigned char)rest[i] <= ' ' || rest[i] == 0x7f || strchr("/\\?#@*%\"'<>", rest[i])) return false;
  char *bracket = rest[0] == '[' ? strchr(rest, ']') : NULL;
  if (rest[0] == '[' && !bracket) return false;
  char *colon = strchr(bracket ? bracket : rest, ':');
  if (bracket && bracket[1] != '\0' && bracket + 1 != colon) return false;
  if (colon) {
    char *end;
    *colon = '\0';
    if (!isdigit((unsigned char)colon[1])) return false;
    long value = strtol(colon + 1, &end, 10);
    if (*end || value < 1 || value > 65535) return false;
    port = (int)value;
  } else {
    port = secure ? 443 : 80;
  }
  if (!rest[0]) return false;
  lower(rest);
  snprintf(out, HTTP_URL_ORIGIN_MAX, "%s://%s:%d", secure ? "https" : "http", rest, port);
  return true;
}
