/* Whether an address of a socket is one of the internet, as far as its number says: who lets others
 * choose where it connects asks this of the very address. Names are the business of http_url.h. */
#ifndef QWEN_HTTP_ADDRESS_H
#define QWEN_HTTP_ADDRESS_H
#include <stdbool.h>

struct sockaddr;

/* False for this machine, private, shared, link-local and multicast networks, for what is reserved, and
 * for an IPv6 address that holds such an IPv4 one. */
bool http_address_is_public(const struct sockaddr *address);
/* A number as a URL has it, IPv6 in brackets; true for every name. */
bool http_address_may_be_public(const char *host);
#endif
