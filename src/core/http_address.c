/* The tables of the IANA special-purpose registries, as far as they are not reached globally. */
#include "http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

struct network {
  unsigned char start[8];
  int bits;
};

static const struct network v4_special[] = {
    {{0}, 8},          {{10}, 8},          {{100, 64}, 10},    {{127}, 8},
    {{169, 254}, 16},  {{172, 16}, 12},    {{192, 0, 0}, 24},  {{192, 0, 2}, 24},
    {{192, 88, 99}, 24}, {{192, 168}, 16}, {{198, 18}, 15},    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24}, {{224}, 4},       {{240}, 4}};

/* Of IPv6 only 2000::/3 is global, but for these. */
static const struct network v6_special[] = {
    {{0x20, 0x01, 0}, 23}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x3f, 0xff, 0}, 20}};

static bool within(const unsigned char *a, const struct network *n) {
  size_t whole = (size_t)n->bits / 8, rest = (size_t)n->bits % 8;
  if (memcmp(a, n->start, whole) != 0) return false;
  return rest == 0 || ((a[whole] ^ n->start[whole]) >> (8 - rest)) == 0;
}

static bool in_any(const unsigned char *a, const struct network *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (within(a, &list[i])) return true;
  return false;
}

static bool v4_is_public(const unsigned char *a) {
  return !in_any(a, v4_special, sizeof v4_special / sizeof *v4_special);
}

static bool v6_is_public(const unsigned char *a) {
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
  if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0) return v4_is_public(a + 12);
  if (a[0] == 0x20 && a[1] == 0x02) return v4_is_public(a + 2); /* 6to4 */
  return (a[0] & 0xe0) == 0x20 && !in_any(a, v6_special, sizeof v6_special / sizeof *v6_special);
}

bool http_address_is_public(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in v4;
    memcpy(&v4, address, sizeof v4);
    return v4_is_public((const unsigned char *)&v4.sin_addr);
  }
  if (address->sa_family != AF_INET6) return false;
  struct sockaddr_in6 v6;
  memcpy(&v6, address, sizeof v6);
  return v6_is_public((const unsigned char *)&v6.sin6_addr);
}

bool http_address_may_be_public(const char *host) {
  unsigned char a[16];
  char bare[INET6_ADDRSTRLEN + 1];
  size_t skip = host[0] == '[', n = strcspn(host + skip, "]%");
  if (n > 1 && host[skip + n - 1] == '.') n--; /* 127.0.0.1. */
  if (n >= sizeof bare) return true;
  memcpy(bare, host + skip, n);
  bare[n] = '\0';
  if (inet_pton(AF_INET, bare, a) == 1) return v4_is_public(a);
  return inet_pton(AF_INET6, bare, a) != 1 || v6_is_public(a);
}
