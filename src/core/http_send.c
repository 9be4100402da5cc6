/* What a request sends and under which rules: origins of secrets, headers, body, proxy, certificates. The answer is in http.c. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http_address.h"
#include "http_route.h"
#include "http_tls.h"
#include "http_internal.h"

enum { REDIRECTS_MAX = 5 };

/* -- secrets -------------------------------------------------------------------------------------------------------- */

/* Whether what signs a request may go this way: with TLS, in a private network, or where the user allowed it. */
static bool check_plain(const struct http *h, const char *what, const char *name, struct err *e) {
  if (!http_route_is_exposed(&h->url, h->route)) return true;
  err_set(e, ERR_DENIED,
          "%s '%.64s' was not sent to %s%s: everyone on the way could read it; use an https:// address, or allow it in ~/.qwen/settings.json: "
          "\"connections\": {\"%s\": {\"plainHttp\": true}}",
          what, name, h->url.origin, h->route && h->url.private ? " through the proxy" : "", h->url.origin);
  snprintf(e->code, sizeof e->code, "plain_http");
  return false;
}

static bool check_secret(const struct http *h, const struct http_request *r, const struct secret *s, struct err *e) {
  const char *name = secret_name(s);
  if (r->follow) {
    err_set(e, ERR_USAGE, "redirects are not followed with a secret (%.64s): leave 'follow' out", name);
    return false;
  }
  if (!secret_allows(s, h->url.origin)) {
    struct buf list = {0};
    for (size_t i = 0; i < secret_origin_count(s); i++) buf_addf(&list, "%s%s", i ? ", " : "", secret_origin(s, i));
    buf_addc(&list, '\0');
    err_set(e, ERR_DENIED, "the secret '%.64s' was not sent to %s: it belongs to %.300s; correct the address, or sign in for this one", name,
            h->url.origin, list.data && list.data[0] ? list.data : "no origin");
    buf_free(&list);
    return false;
  }
  return check_plain(h, "the secret", name, e);
}

/* -- headers -------------------------------------------------------------------------------------------------------- */

static bool is_token(const char *s) {
  if (!*s) return false;
  for (; *s; s++)
    if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("!#$%&'*+-.^_`|~", *s))) return false;
  return true;
}

bool http_name_is_private(const char *name) {
  size_t n = strlen(name);
  return strcasestr(name, "auth") || strcasestr(name, "cookie") || strcasestr(name, "secret") || (n >= 3 && strcasecmp(name + n - 3, "key") == 0) ||
         (n >= 5 && strcasecmp(name + n - 5, "token") == 0);
}

static bool check_header(const struct http *h, const struct http_request *r, const struct http_header *header, struct err *e) {
  bool sealed = false;
  if (!is_token(header->name)) {
    err_set(e, ERR_USAGE, "'%.64s' is not a name for a header", header->name);
    return false;
  }
  if (strcasecmp(header->name, "content-length") == 0 || strcasecmp(header->name, "transfer-encoding") == 0) {
    err_set(e, ERR_USAGE, "the header '%s' is made from the body and cannot be set", header->name);
    return false;
  }
  for (size_t i = 0; i < header->count; i++) {
    const struct http_piece *p = &header->pieces[i];
    if (p->secret && !check_secret(h, r, p->secret, e)) return false;
    sealed |= p->secret != NULL;
    for (size_t k = 0; !p->secret && k < p->len; k++) {
      unsigned char c = (unsigned char)p->text[k];
      if ((c >= ' ' || c == '\t') && c != 0x7f) continue;
      err_set(e, ERR_USAGE, "the value of the header '%.64s' holds a line break or another control character", header->name);
      return false;
    }
  }
  return sealed || !http_name_is_private(header->name) || check_plain(h, "the header", header->name, e);
}

static int by_name(const void *a, const void *b) {
  return strcasecmp((*(const struct http_header *const *)a)->name, (*(const struct http_header *const *)b)->name);
}

static const char *piece(const struct http_piece *p, size_t *n) {
  if (p->secret) return secret_value(p->secret, n);
  *n = p->len;
  return p->text;
}

/* Our own words for curl: no waiting for "100 Continue", and no content type that the caller did not give. */
static char *const silent[] = {"Expect:", "Content-Type:"}; /* the second only where the caller names no type */
enum { SILENT = sizeof silent / sizeof silent[0] };

/* Writes all lines into h->lines, which is sized before: growing would leave copies of secrets behind. */
static bool join_headers(struct http *h, const struct http_request *r, const struct http_header **sorted) {
  size_t total = 0, n;
  bool typed = false;
  for (size_t i = 0; i < r->header_count; i++) {
    total += strlen(sorted[i]->name) + 3;
    for (size_t k = 0; k < sorted[i]->count; k++) piece(&sorted[i]->pieces[k], &n), total += n;
    typed |= strcasecmp(sorted[i]->name, "content-type") == 0;
  }
  h->list = calloc(r->header_count + SILENT, sizeof *h->list);
  if (!h->list || !buf_reserve(&h->lines, total + 1)) return false;
  struct curl_slist *node = h->list;
  for (size_t i = 0; i < r->header_count; i++, node++) {
    node->data = h->lines.data + h->lines.len;
    node->next = node + 1;
    buf_adds(&h->lines, sorted[i]->name);
    size_t colon = h->lines.len;
    buf_adds(&h->lines, ": ");
    for (size_t k = 0; k < sorted[i]->count; k++) {
      const char *text = piece(&sorted[i]->pieces[k], &n);
      buf_add(&h->lines, text, n);
    }
    if (h->lines.len == colon + 2) { /* curl's way to say: send it, but empty */
      h->lines.data[colon] = ';';
      h->lines.len = colon + 1;
    }
    buf_addc(&h->lines, '\0');
  }
  for (size_t i = typed ? SILENT - 1 : SILENT; i-- > 0; node++) *node = (struct curl_slist){silent[i], node + 1};
  node[-1].next = NULL;
  return true;
}

static bool make_headers(struct http *h, const struct http_request *r, struct err *e) {
  for (size_t i = 0; i < r->header_count; i++)
    if (!check_header(h, r, &r->headers[i], e)) return false;
  const struct http_header **sorted = calloc(r->header_count + 1, sizeof *sorted);
  for (size_t i = 0; sorted && i < r->header_count; i++) sorted[i] = &r->headers[i];
  if (sorted) qsort(sorted, r->header_count, sizeof *sorted, by_name);
  bool ok = sorted && join_headers(h, r, sorted);
  free(sorted);
  if (!ok) err_set(e, ERR_BROKEN, "out of memory");
  return ok;
}

/* -- the easy handle ------------------------------------------------------------------------------------------------ */

#define SET(option, value) h->curl->easy_setopt(h->easy, CURLOPT_##option, value)

static size_t on_send(char *room, size_t size, size_t count, void *arg) {
  struct http *h = arg;
  size_t n = h->sent.len - h->sent_at < size * count ? h->sent.len - h->sent_at : size * count;
  if (n) memcpy(room, h->sent.data + h->sent_at, n);
  h->sent_at += n;
  h->left = loop_now();
  return n;
}

/* curl repeats a request by itself when a connection that was used before dies: one that may have been carried out would go out, and be
 * billed, twice. So its body cannot be had again; a redirect takes it along. */
static int on_rewind(void *arg, curl_off_t offset, int origin) {
  struct http *h = arg;
  if (!h->follow || offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_FAIL;
  h->sent_at = 0;
  return CURL_SEEKFUNC_OK;
}

static bool make_body(struct http *h, const struct http_request *r, struct err *e) {
  const char *method = r->method ? r->method : r->has_body ? "POST" : "GET";
  size_t total = 0, n;
  if (!is_token(method)) {
    err_set(e, ERR_USAGE, "'%.32s' is not an HTTP method", method);
    return false;
  }
  for (size_t i = 0; i < r->body_count; i++) {
    if (r->body[i].secret && !check_secret(h, r, r->body[i].secret, e)) return false;
    h->sent_secret |= r->body[i].secret != NULL;
    piece(&r->body[i], &n);
    total += n;
  }
  if (!buf_reserve(&h->sent, total + 1)) { /* at once: growing would leave copies of secrets behind */
    err_set(e, ERR_BROKEN, "not enough memory for a request of %zu bytes", total);
    return false;
  }
  for (size_t i = 0; i < r->body_count; i++) {
    const char *text = piece(&r->body[i], &n);
    buf_add(&h->sent, text, n);
  }
  bool head = strcmp(method, "HEAD") == 0, post = strcmp(method, "POST") == 0 || r->has_body;
  if (post && !head) {
    SET(POST, 1L);
    SET(READFUNCTION, on_send);
    SET(READDATA, h);
    SET(SEEKFUNCTION, on_rewind);
    SET(SEEKDATA, h);
    SET(POSTFIELDSIZE_LARGE, (curl_off_t)h->sent.len);
  }
  if (head) SET(NOBODY, 1L);
  else SET(CUSTOMREQUEST, method);
  /* Without a body there is nothing to refuse to rewind; curl repeats nothing on a connection that is new. */
  if (h->sent.len == 0 && !head && strcmp(method, "GET") != 0) SET(FRESH_CONNECT, 1L);
  return true;
}

/* Names the proxy for the reader: without its password. */
static void name_proxy(struct http *h, const char *proxy) {
  const char *name = strrchr(proxy, '@'), *scheme = strstr(proxy, "://");
  bool known = name && scheme && scheme < name;
  snprintf(h->proxy, sizeof h->proxy, "%.*s%s", known ? (int)(scheme + 3 - proxy) : 0, proxy, name ? name + 1 : proxy);
  h->proxy[strcspn(h->proxy, "\r\n\t ")] = '\0';
  size_t n = strlen(h->proxy);
  if (n > 0 && h->proxy[n - 1] == '/') h->proxy[n - 1] = '\0';
}

/* What was chosen counts, whatever the environment says to curl itself. */
static void set_proxy(struct http *h) {
  SET(PROXY, h->route ? h->route : "");
  SET(NOPROXY, "");
  h->route = NULL;
}

/* Notes that the server asks for a certificate. curl tells only in its trace, which ends with the handshake (on_connected). */
static int on_trace(CURL *easy, curl_infotype type, char *text, size_t n, void *arg) {
  (void)easy;
  static const char words[] = "Request CERT";
  struct http *h = arg;
  if (type == CURLINFO_TEXT && memmem(text, n, words, sizeof words - 1)) h->asked_cert = true;
  return 0;
}

static bool set_tls(struct http *h, const struct http_request *r, struct err *e) {
  const struct http_route *route = http_route_now();
  const struct http_rule *rule = http_route_rule(h->url.origin);
  bool own = r->cert || !rule;
  struct http_tls tls = {r->ca ? r->ca : route->ca, r->ca || r->pem ? r->pem : route->pem, r->insecure || route->insecure,
                         own ? r->cert : rule->cert, own ? r->key : rule->key, own ? r->password : rule->password};
  if (strcmp(h->url.scheme, "https") == 0) {
    h->gave_cert = tls.cert != NULL;
    SET(VERBOSE, 1L);
    SET(DEBUGFUNCTION, on_trace);
    SET(DEBUGDATA, h);
  } else {
    tls.cert = NULL; /* a proxy is not shown it */
  }
  return http_tls_set(h->curl, h->easy, &tls, e);
}

/* A connection must not live on in a child. */
static int on_socket_made(void *arg, curl_socket_t fd, curlsocktype purpose) {
  (void)arg;
  (void)purpose;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return CURL_SOCKOPT_OK;
}

/* The very address that is connected to is judged, so no name can mean another one by then. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  struct http *h = arg;
  if (http_address_is_public(&address->addr)) return socket(address->family, address->socktype, address->protocol);
  h->kept_in = true;
  return CURL_SOCKET_BAD;
}

static bool check_outside(const struct http *h, struct err *e) {
  if (h->url.public) return true;
  err_set(e, ERR_DENIED, "%s is an address of this machine or of a private network; nothing was sent", h->where);
  snprintf(e->code, sizeof e->code, "private_address");
  return false;
}

/* A connection that is kept from another request may lead to where this one must not. */
static void set_outside(struct http *h) {
  SET(FRESH_CONNECT, 1L);
  if (h->route) return; /* the proxy finds the host */
  SET(OPENSOCKETFUNCTION, on_open_socket);
  SET(OPENSOCKETDATA, h);
}

static void set_rules(struct http *h, const struct http_request *r) {
  bool tls = strcmp(h->url.scheme, "https") == 0;
  SET(CURLU, h->url.handle); /* the very address that was checked */
  SET(PROTOCOLS_STR, "http,https");
  SET(REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
  SET(FOLLOWLOCATION, r->follow ? 1L : 0L);
  SET(MAXREDIRS, r->follow ? (long)REDIRECTS_MAX : 0L);
  SET(HEADEROPT, (long)CURLHEADER_SEPARATE);
  SET(SUPPRESS_CONNECT_HEADERS, 1L);
  SET(ACCEPT_ENCODING, "");
  SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(PIPEWAIT, tls ? 1L : 0L);
  SET(TCP_KEEPALIVE, 1L);
  SET(NOSIGNAL, 1L);
  SET(QUICK_EXIT, 1L); /* closing does not wait for a name that is being looked up */
  SET(CONNECTTIMEOUT_MS, r->connect_timeout > 0 && r->connect_timeout < 1e6 ? (long)(r->connect_timeout * 1000) + 500 : 1000000000L);
  SET(SOCKOPTFUNCTION, on_socket_made);
}

bool http_send_prepare(struct http *h, const struct http_request *r, struct err *e) {
  h->curl = http_curl_load(e);
  if (!h->curl) return false;
  bool usual = h->url.port == (strcmp(h->url.scheme, "https") == 0 ? 443 : 80);
  snprintf(h->where, sizeof h->where, "%s", h->url.host);
  if (!usual) snprintf(h->where + strlen(h->where), 8, ":%d", h->url.port);
  h->route = http_route_proxy(&h->url, r->proxy);
  if (h->route) name_proxy(h, h->route);
  if (r->outside && !check_outside(h, e)) return false;
  if (!make_headers(h, r, e)) goto fail;
  h->easy = h->curl->easy_init();
  if (!h->easy) {
    err_set(e, ERR_BROKEN, "out of memory");
    goto fail;
  }
  set_rules(h, r);
  if (r->outside) set_outside(h);
  SET(HTTPHEADER, h->list);
  bool ready = set_tls(h, r, e) && make_body(h, r, e);
  set_proxy(h);
  if (ready) return true;
  h->curl->easy_cleanup(h->easy);
  h->easy = NULL;
fail:
  http_send_wipe(h);
  return false;
}

void http_send_wipe(struct http *h) {
  buf_wipe(&h->lines);
  if (h->sent_secret) buf_wipe(&h->sent);
  else buf_free(&h->sent); /* words of a conversation, which may be much */
  free(h->list);
  h->list = NULL;
}

char *http_send_plain_url(const struct http_curl_api *curl, const char *address) {
  char *text = NULL, *copy = NULL;
  if (!address) return NULL;
  if (!strchr(address, '@')) return strdup(address);
  CURLU *u = curl->url();
  if (u && curl->url_set(u, CURLUPART_URL, address, 0) == CURLUE_OK) {
    curl->url_set(u, CURLUPART_USER, NULL, 0);
    curl->url_set(u, CURLUPART_PASSWORD, NULL, 0);
    if (curl->url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK) copy = strdup(text);
    curl->free(text);
  }
  curl->url_cleanup(u);
  return copy;
}
