/* The way from here to a host: the proxy between, certificates, and whether a secret may go without TLS. What the host program says
 * once (http_route_use) counts for every request that does not say otherwise. */
#ifndef QWEN_HTTP_ROUTE_H
#define QWEN_HTTP_ROUTE_H
#include <stdbool.h>
#include <stddef.h>

#include "http_url.h"

struct http_variable { /* beside the environment, which is stronger */
  char *name, *value;
};

struct http_rule { /* for one origin, "scheme://host:port" */
  char *origin, *cert, *key, *password; /* all but the first may be NULL */
  bool plain;                           /* a secret may go there without TLS */
};

struct http_route {
  char *proxy;  /* for all hosts but those of NO_PROXY, "" for none; NULL: the environment decides */
  bool forced;  /* that proxy is for this machine as well */
  char *ca, *pem;
  bool insecure;
  struct http_variable *variables;
  size_t variable_count;
  struct http_rule *rules;
  size_t rule_count;
};

/* Takes over the strings and lists, which are from malloc. */
void http_route_use(struct http_route *route);
const struct http_route *http_route_now(void);
const struct http_rule *http_route_rule(const char *origin); /* NULL: there is none */
/* The proxy for an address, NULL for none: `own` where the request names one. Good until the next http_route_use. */
const char *http_route_proxy(const struct http_url *u, const char *own);
/* Whether others can read what is sent: without TLS, beyond private networks, and not allowed by a rule. No credential goes there. */
bool http_route_is_exposed(const struct http_url *u, const char *proxy);
#endif
