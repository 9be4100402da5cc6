/* http_address.h: which numbers are of the internet. */
#include "../../src/core/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

static bool is_public(const char *text) {
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) return http_address_is_public((struct sockaddr *)&v4);
  assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
  return http_address_is_public((struct sockaddr *)&v6);
}

static void numbers(void **state) {
  (void)state;
  static const char *const outside[] = {
      "1.1.1.1", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.0.0.1", "128.0.0.1", "169.253.0.1",
      "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.1.1", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
      "2606:4700::1111", "2a00:1450::8", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1", "2001:4860:4860::8888"};
  static const char *const inside[] = {
      "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
      "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
      "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
      "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "fc00::1", "fd12::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
      "2001::1", "2001:db8::1", "2002:a00:1::", "2002:7f00:1::", "3fff::1", "100::1", "5f00::1"};
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
    if (!is_public(outside[i])) fail_msg("%s is of the internet", outside[i]);
    if (!http_address_may_be_public(outside[i])) fail_msg("%s as a host", outside[i]);
  }
  for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
    if (is_public(inside[i])) fail_msg("%s is not of the internet", inside[i]);
    if (http_address_may_be_public(inside[i])) fail_msg("%s as a host", inside[i]);
  }
}

static void others(void **state) {
  (void)state;
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  assert_false(http_address_is_public((struct sockaddr *)&local));
  assert_false(http_address_may_be_public("[::1]"));
  assert_false(http_address_may_be_public("127.0.0.1."));
  assert_true(http_address_may_be_public("[2606:4700::1111]"));
  assert_true(http_address_may_be_public("example.org"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(others)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
