/* http_route.h: which hosts NO_PROXY means, which are private, and where no credential goes. */
#include "../../src/core/http_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *way(const char *url, const char *no_proxy) {
  struct http_url u;
  struct err e;
  setenv("NO_PROXY", no_proxy, 1);
  setenv("HTTP_PROXY", "http://proxy:1", 1);
  assert_true(http_url_parse(url, &u, &e));
  const char *proxy = http_route_proxy(&u, NULL);
  http_url_free(&u);
  return proxy ? "proxy" : "direct";
}

static void no_proxy(void **state) {
  (void)state;
  static const char *const cases[][3] = {
      {"https://a.corp.com/", "*.corp.com", "direct"},     {"https://a.corp.com/", ".corp.com", "direct"},
      {"https://a.corp.com/", "corp.com", "direct"},       {"https://corp.com/", ".corp.com", "direct"},
      {"https://acorp.com/", "corp.com", "proxy"},         {"https://acorp.com/", "*.corp.com", "proxy"},
      {"https://a.corp.com/", "A.Corp.Com", "direct"},     {"https://a.corp.com./", "corp.com", "direct"},
      {"https://a.corp.com/", "corp.com:443", "direct"},   {"https://a.corp.com/", "corp.com:80", "proxy"},
      {"http://a.corp.com/", "corp.com:80", "direct"},     {"https://a.corp.com:8443/", "*.corp.com:8443", "direct"},
      {"https://10.1.2.3/", "10.0.0.0/8", "direct"},       {"https://11.1.2.3/", "10.0.0.0/8", "proxy"},
      {"https://172.16.9.9/", "172.16.0.0/12", "direct"},  {"https://172.31.9.9/", "172.16.0.0/12", "direct"},
      {"https://172.32.9.9/", "172.16.0.0/12", "proxy"},   {"https://10.1.2.3/", "10.1.2.3", "direct"},
      {"https://10.1.2.3/", "10.1.2.3:443", "direct"},     {"https://10.1.2.3/", "10.1.2.30", "proxy"},
      {"https://1.2.3.4/", "0.0.0.0/0", "direct"},         {"https://10.1.2.3/", "10.0.0.0/33", "proxy"},
      {"https://10.1.2.3/", "10.0.0.0/", "proxy"},         {"https://10.1.2.3/", "10.0.0.0/x", "proxy"},
      {"https://[fd00::5]/", "fd00::/8", "direct"},        {"https://[fd00::5]/", "[fd00::]/8", "direct"},
      {"https://[fd00::5]/", "fd00::5", "direct"},         {"https://[fd00::5]/", "[fd00::5]", "direct"},
      {"https://[fd00::5]/", "[fd00::5]:443", "direct"},   {"https://[fd00::5]/", "[fd00::5]:80", "proxy"},
      {"https://[fd00:0:0::5]/", "fd00::5", "direct"},     {"https://[fe80::5]/", "fd00::/8", "proxy"},
      {"https://[::ffff:10.1.2.3]/", "10.0.0.0/8", "direct"}, {"https://a.b/", "*", "direct"},
      {"https://a.b/", "", "proxy"},                       {"https://a.b/", " , ,", "proxy"},
      {"https://a.b/", "x.y, a.b", "direct"},              {"https://a.b/", "x.y a.b", "direct"},
      {"https://a.b/", ".", "proxy"},                      {"https://a.b/", "*.", "proxy"},
      {"https://a.b/", "[", "proxy"},                      {"https://a.b/", ":443", "proxy"},
      {"http://127.0.0.1/", "", "direct"},                 {"http://[::1]/", "", "direct"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (strcmp(way(cases[i][0], cases[i][1]), cases[i][2]) != 0) fail_msg("%s with NO_PROXY=%s is not %s", cases[i][0], cases[i][1], cases[i][2]);
}

static void private_hosts(void **state) {
  (void)state;
  static const char *const inside[] = {"localhost", "127.0.0.1", "127.9.9.9", "[::1]", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1",
                                       "100.64.0.1", "[fd00::1]", "[fc00::1]", "[fe80::1]", "[febf::1]", "[::ffff:10.0.0.1]", "box", "box.", "gpu.local",
                                       "gpu.LAN", "host.docker.internal", "x.localhost", "nas.home.arpa", "gpu.local."};
  static const char *const outside[] = {"example.com", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8", "[2001:db8::1]",
                                        "[fec0::1]", "[::ffff:8.8.8.8]", "x.local.example", "lan.example", "internal.com", ".local.x", "10.0.0.1.example"};
  for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
    if (!http_url_is_private(inside[i])) fail_msg("%s is private", inside[i]);
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    if (http_url_is_private(outside[i])) fail_msg("%s is not private", outside[i]);
}

static bool exposed(const char *url, const char *proxy) {
  struct http_url u;
  struct err e;
  assert_true(http_url_parse(url, &u, &e));
  bool is = http_route_is_exposed(&u, proxy);
  http_url_free(&u);
  return is;
}

static void credentials(void **state) {
  (void)state;
  assert_false(exposed("https://gw.example/", "http://proxy.example:1"));
  assert_true(exposed("http://gw.example/", NULL));
  assert_false(exposed("http://10.0.0.1/", NULL));
  assert_false(exposed("http://10.0.0.1/", "http://ann:word@10.0.0.2:3128"));
  assert_false(exposed("http://10.0.0.1/", "[fd00::1]:3128"));
  assert_true(exposed("http://10.0.0.1/", "http://10.0.0.2@proxy.example:3128"));
  assert_true(exposed("http://127.0.0.1/", "proxy.example"));
  struct http_rule *rules = calloc(1, sizeof *rules);
  rules[0] = (struct http_rule){.origin = strdup("http://gw.example:80"), .plain = true};
  struct http_route route = {.rules = rules, .rule_count = 1};
  http_route_use(&route);
  assert_false(exposed("http://gw.example/v1", NULL));
  assert_true(exposed("http://gw.example:81/v1", NULL));
  http_route_use(&(struct http_route){0});
  assert_true(exposed("http://gw.example/v1", NULL));
}

int main(void) {
  for (const char *const *name = (const char *const[]){"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", NULL}; *name; name++)
    unsetenv(*name);
  const struct CMUnitTest tests[] = {cmocka_unit_test(no_proxy), cmocka_unit_test(private_hosts), cmocka_unit_test(credentials)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
