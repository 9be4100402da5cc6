/* Which proxy stands between, by variables and NO_PROXY, and the rules that were given for single hosts. */
#include "http_route.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct http_route now;

static void forget(void) {
  for (size_t i = 0; i < now.variable_count; i++) free(now.variables[i].name), free(now.variables[i].value);
  for (size_t i = 0; i < now.rule_count; i++) {
    struct http_rule *r = &now.rules[i];
    free(r->origin), free(r->cert), free(r->key);
    if (r->password) explicit_bzero(r->password, strlen(r->password));
    free(r->password);
  }
  free(now.variables), free(now.rules), free(now.proxy), free(now.ca), free(now.pem);
}

void http_route_use(struct http_route *route) {
  forget();
  now = *route;
  *route = (struct http_route){0};
}

const struct http_route *http_route_now(void) { return &now; }

const struct http_rule *http_route_rule(const char *origin) {
  for (size_t i = 0; i < now.rule_count; i++)
    if (strcmp(now.rules[i].origin, origin) == 0) return &now.rules[i];
  return NULL;
}

/* A variable with words; an empty one says nothing. */
static const char *variable(const char *name) {
  const char *value = getenv(name);
  if (value && *value) return value;
  for (size_t i = 0; i < now.variable_count; i++)
    if (strcmp(now.variables[i].name, name) == 0 && now.variables[i].value[0]) return now.variables[i].value;
  return NULL;
}

/* -- NO_PROXY ------------------------------------------------------------------------------------------------------- */

/* The bytes of an address; their number, or 0 for a name. */
static size_t bytes_of(const char *host, unsigned char out[16]) {
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (inet_pton(AF_INET, host, out) == 1) return 4;
  if (inet_pton(AF_INET6, host, out) != 1) return 0;
  if (memcmp(out, mapped, 12) != 0) return 16;
  memmove(out, out + 12, 4);
  return 4;
}

static bool in_network(const char *host, char *network) {
  unsigned char a[16], b[16];
  char *slash = strchr(network, '/'), *end = NULL;
  size_t n = bytes_of(host, a);
  if (slash) *slash = '\0';
  if (n == 0 || bytes_of(network, b) != n) return false;
  long bits = slash ? strtol(slash + 1, &end, 10) : (long)n * 8;
  if ((end && (*end || end == slash + 1)) || bits < 0 || bits > (long)n * 8) return false;
  if (memcmp(a, b, (size_t)bits / 8) != 0) return false;
  unsigned mask = bits % 8 ? 0xffu << (8 - bits % 8) & 0xff : 0;
  return mask == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

/* Whether an entry means a host: itself and what lies below it, an address, or a network; with a port that port alone. */
static bool names_host(char *entry, const char *host, int port) {
  char *colon = strrchr(entry, ':');
  bool bracket = entry[0] == '[';
  if (strcmp(entry, "*") == 0) return true;
  if (bracket) {
    char *close = strchr(entry, ']');
    if (!close) return false;
    colon = close[1] == ':' ? close + 1 : NULL;
    if (close[1] == '/') memmove(close, close + 1, strlen(close)); /* [fd00::]/8 */
    else *close = '\0';
    entry++;
  } else if (colon && strchr(entry, ':') != colon) {
    colon = NULL; /* an address of IPv6 */
  }
  if (colon) {
    if (atoi(colon + 1) != port) return false;
    *colon = '\0';
  }
  if (in_network(host, entry)) return true;
  if (entry[0] == '*' && entry[1] == '.') entry++;
  if (entry[0] == '.') entry++;
  size_t n = strlen(entry), all = strlen(host);
  if (n > 1 && entry[n - 1] == '.') n--;
  if (n == 0 || n > all || strncasecmp(host + all - n, entry, n) != 0) return false;
  return n == all || host[all - n - 1] == '.';
}

/* A host without the brackets of IPv6 and a final dot. */
static void bare_host(const char *host, char out[HTTP_URL_HOST_MAX]) {
  snprintf(out, HTTP_URL_HOST_MAX, "%s", host[0] == '[' ? host + 1 : host);
  out[strcspn(out, "]%")] = '\0';
  size_t n = strlen(out);
  if (n > 1 && out[n - 1] == '.') out[n - 1] = '\0';
}

static bool goes_direct(const struct http_url *u) {
  const char *list = variable("no_proxy");
  char host[HTTP_URL_HOST_MAX], entry[HTTP_URL_ORIGIN_MAX];
  if (!list) list = variable("NO_PROXY");
  bare_host(u->host, host);
  while (list && *list) {
    list += strspn(list, ", \t\r\n");
    size_t n = strcspn(list, ", \t\r\n");
    if (n > 0 && n < sizeof entry) {
      memcpy(entry, list, n);
      entry[n] = '\0';
      if (names_host(entry, host, u->port)) return true;
    }
    list += n;
  }
  return false;
}

/* -- the proxy ------------------------------------------------------------------------------------------------------ */

const char *http_route_proxy(const struct http_url *u, const char *own) {
  static const char *const names[][6] = {
      {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"},
      {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"}};
  if (own) return own[0] ? own : NULL;
  if (u->loopback && !now.forced) return NULL; /* a proxy is for what lies outside */
  const char *proxy = now.proxy;
  bool plain = strcmp(u->scheme, "http") == 0;
  for (size_t i = 0; !proxy && i < 6; i++) proxy = variable(names[plain][i]);
  return proxy && proxy[0] && !goes_direct(u) ? proxy : NULL;
}

bool http_route_is_exposed(const struct http_url *u, const char *proxy) {
  char host[HTTP_URL_HOST_MAX];
  const struct http_rule *rule = http_route_rule(u->origin);
  if (strcmp(u->scheme, "https") == 0 || (rule && rule->plain)) return false;
  if (!u->private || !proxy) return !u->private;
  const char *start = strstr(proxy, "://"), *name = strrchr(proxy, '@');
  start = name ? name + 1 : start ? start + 3 : proxy;
  size_t n = start[0] == '[' ? strcspn(start, "]") + 1 : strcspn(start, ":/");
  if (n >= sizeof host) return true;
  memcpy(host, start, n);
  host[n] = '\0';
  return !http_url_is_private(host);
}
