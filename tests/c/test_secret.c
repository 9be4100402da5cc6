/* secret.h and the origins of http_url.h: binding, sharing, hints, wiping, and every form that redaction must find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/secret.h"
#include "../../src/core/http_url.h"

static const char *const one[] = {"https://api.example.com"};

static struct secret *make(const char *name, const char *value) {
  struct err e;
  struct secret *s = secret_new(name, value, strlen(value), one, 1, &e);
  assert_non_null(s);
  return s;
}

static void redacts_to(const char *text, const char *want) {
  struct buf out = {0};
  bool changed = secret_redact(text, strlen(text), &out);
  assert_int_equal(changed, strcmp(text, want) != 0);
  buf_addc(&out, '\0');
  assert_string_equal(changed ? out.data : text, want);
  buf_free(&out);
}

static void origins_have_one_form(void **state) {
  (void)state;
  static const char *const good[][2] = {
    {"https://API.Example.com", "https://api.example.com:443"}, {"HTTPS://a.b:8443/", "https://a.b:8443"},
    {"http://127.0.0.1", "http://127.0.0.1:80"}, {"http://[::1]:8080", "http://[::1]:8080"}, {"https://[fe80::1]", "https://[fe80::1]:443"},
  };
  static const char *const bad[] = {
    "", "api.example.com", "ftp://a", "https://", "https:///", "https://a/v1", "https://u@a", "https://a:0", "https://a:65536", "https://a:x",
    "https://a:", "https://*.example.com", "https://a?b", "https://a#b", "https://a b", "https://[::1", "https://[::1]x", "https://a:+1",
    "https://a\\b", "https://a%2eb", "https://:443",
  };
  char out[HTTP_URL_ORIGIN_MAX];
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(http_url_origin(good[i][0], out));
    assert_string_equal(out, good[i][1]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(http_url_origin(bad[i], out));
}

/* What curl makes of an address decides, however it is spelled. */
static void addresses_as_curl_reads_them(void **state) {
  (void)state;
  static const struct { const char *text, *origin; bool loopback; } good[] = {
    {"https://API.example.com/v1", "https://api.example.com:443", false},
    {"https://api.example.com:443@evil.test/", "https://evil.test:443", false},
    {"https://evil.test#@api.example.com/", "https://evil.test:443", false},
    {"https://evil.test?@api.example.com/", "https://evil.test:443", false},
    {"https://api.example.com\\@evil.test/", "https://evil.test:443", false},
    {"https://api.example.com.evil.test/", "https://api.example.com.evil.test:443", false},
    {"http://2130706433/", "http://127.0.0.1:80", true}, {"http://0x7f.1:81/", "http://127.0.0.1:81", true},
    {"http://localhost/", "http://localhost:80", true}, {"http://[::1]:9/", "http://[::1]:9", true},
    {"http://localhost.evil.test/", "http://localhost.evil.test:80", false}, {"http://128.0.0.1/", "http://128.0.0.1:80", false},
  };
  static const char *const bad[] = {"", "example.com", "file:///etc/passwd", "gopher://a/", "ftp://a/", "https://", "https://a b/",
                                    "https://a\r\nX: y/", "http://[fe80::1%25eth0]/"};
  struct http_url u;
  struct err e;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    assert_true(http_url_parse(good[i].text, &u, &e));
    assert_string_equal(u.origin, good[i].origin);
    assert_int_equal(u.loopback, good[i].loopback);
    http_url_free(&u);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    if (http_url_parse(bad[i], &u, &e)) fail_msg("accepted: %s", bad[i]);
    assert_int_equal(e.kind, ERR_USAGE);
  }
}

static void binding_only_narrows(void **state) {
  (void)state;
  struct err e;
  static const char *const two[] = {"https://a.test", "https://b.test:8443"};
  static const char *const narrow[] = {"https://B.test:8443"}, *const wide[] = {"https://a.test", "https://c.test"};
  struct secret *s = secret_new("wide", "0123456789abcdef", 16, two, 2, &e);
  assert_true(secret_allows(s, "https://a.test:443"));
  assert_false(secret_allows(s, "http://a.test:443"));
  assert_false(secret_allows(s, "https://a.test:8443"));
  struct secret *b = secret_bind(s, narrow, 1, &e);
  assert_non_null(b);
  assert_true(secret_allows(b, "https://b.test:8443"));
  assert_false(secret_allows(b, "https://a.test:443"));
  assert_null(secret_bind(s, wide, 2, &e));
  assert_int_equal(e.kind, ERR_DENIED);
  assert_non_null(strstr(e.message, "https://c.test:443"));
  assert_null(secret_bind(b, two, 2, &e));
  struct secret *nowhere = secret_bind(s, NULL, 0, &e);
  assert_false(secret_allows(nowhere, "https://a.test:443"));
  secret_free(s); /* the value lives on in b */
  redacts_to("x 0123456789abcdef y", "x <secret wide> y");
  secret_free(nowhere);
  secret_free(b);
  redacts_to("x 0123456789abcdef y", "x 0123456789abcdef y");
}

static void refuses_what_no_header_can_hold(void **state) {
  (void)state;
  struct err e;
  assert_null(secret_new("n", "", 0, one, 1, &e));
  assert_null(secret_new("n", "ab\ncd", 5, one, 1, &e));
  assert_null(strstr(e.message, "ab"));
  assert_null(secret_new("n", "ab\0cd", 5, one, 1, &e));
  static const char *const bad[] = {"api.example.com"};
  assert_null(secret_new("n", "abcdefgh", 8, bad, 1, &e));
  assert_int_equal(e.kind, ERR_USAGE);
  redacts_to("abcdefgh", "abcdefgh"); /* nothing of a failed attempt stays */
}

static void hints(void **state) {
  (void)state;
  char hint[SECRET_HINT_SIZE];
  struct secret *s = make("a", "sk-0123456789a1b2");
  secret_hint(s, hint);
  assert_string_equal(hint, "sk-...a1b2");
  secret_free(s);
  s = make("a", "short-15-bytes!");
  secret_hint(s, hint);
  assert_string_equal(hint, "");
  secret_free(s);
  s = make("a", "\x1b[2K-0123456789a1b2");
  secret_hint(s, hint);
  assert_string_equal(hint, "?[2...a1b2");
  secret_free(s);
}

static void redacts_every_form(void **state) {
  (void)state;
  struct secret *s = make("key", "sk-p?ss w>rd/1");
  redacts_to("", "");
  redacts_to("nothing here", "nothing here");
  redacts_to("sk-p?ss w>rd/1", "<secret key>");
  redacts_to("asksk-p?ss w>rd/1sk-p?ss w>rd/1b", "ask<secret key><secret key>b");
  redacts_to("k=sk-p%3Fss%20w%3Erd%2F1&a", "k=<secret key>&a");
  redacts_to("k=sk-p%3fss%20w%3erd%2f1&a", "k=<secret key>&a");
  redacts_to("k=sk-p%3Fss+w%3Erd%2F1&a", "k=<secret key>&a");
  secret_free(s);
  s = make("quoted", "a\"b\\c\tdefgh");
  redacts_to("{\"k\":\"a\\\"b\\\\c\\u0009defgh\"}", "{\"k\":\"<secret quoted>\"}");
  secret_free(s);
}

static void encode(const char *in, size_t n, const char *last_two, char *out) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (size_t i = 0; i < n; i += 3) {
    unsigned v = (unsigned)(unsigned char)in[i] << 16;
    if (i + 1 < n) v |= (unsigned)(unsigned char)in[i + 1] << 8;
    if (i + 2 < n) v |= (unsigned)(unsigned char)in[i + 2];
    for (int k = 0; k < 4; k++) {
      unsigned six = v >> (18 - 6 * k) & 63;
      *out++ = i + (size_t)k > n ? '=' : six < 62 ? letters[six] : last_two[six - 62];
    }
  }
  *out = '\0';
}

/* "user:SECRET" and the like: whatever stands before and after, at most one letter at each end of the encoded value is left. */
static void redacts_base64_at_every_place(void **state) {
  (void)state;
  static const char value[] = "\xff\xee\xfb?>~sk-0123456789abcdef";
  struct secret *s = make("key", value);
  for (size_t before = 0; before < 7; before++)
    for (size_t after = 0; after < 4; after++)
      for (int variant = 0; variant < 2; variant++) {
        char plain[64], text[128];
        size_t n = (size_t)snprintf(plain, sizeof plain, "%.*s%s%.*s", (int)before, "zzzzzz", value, (int)after, "yyy");
        encode(plain, n, variant ? "-_" : "+/", text);
        struct buf out = {0};
        assert_true(secret_redact(text, strlen(text), &out));
        buf_addc(&out, '\0');
        char *hit = strstr(out.data, "<secret key>");
        assert_non_null(hit);
        size_t left = strlen(out.data) - strlen("<secret key>");
        assert_true(left <= (before * 8 + 5) / 6 + 1 + (after * 8 + 5) / 6 + 1 + 2);
        buf_free(&out);
      }
  secret_free(s);
}

static void longer_secrets_go_first(void **state) {
  (void)state;
  struct secret *inner = make("inner", "12345678"), *outer = make("outer", "abc12345678def"), *tiny = make("tiny", "1234567");
  redacts_to("abc12345678def 12345678 1234567", "<secret outer> <secret inner> 1234567");
  secret_free(outer);
  redacts_to("abc12345678def", "abc<secret inner>def");
  secret_free(inner);
  secret_free(tiny);
}

static void same_value_is_shared(void **state) {
  (void)state;
  struct secret *a = make("first", "0123456789"), *b = make("second", "0123456789");
  redacts_to("0123456789", "<secret first>");
  assert_string_equal(secret_name(b), "second");
  secret_free(a);
  redacts_to("0123456789", "<secret first>");
  secret_free(b);
  redacts_to("0123456789", "0123456789");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(origins_have_one_form), cmocka_unit_test(addresses_as_curl_reads_them), cmocka_unit_test(binding_only_narrows),
    cmocka_unit_test(refuses_what_no_header_can_hold), cmocka_unit_test(hints), cmocka_unit_test(redacts_every_form),
    cmocka_unit_test(redacts_base64_at_every_place), cmocka_unit_test(longer_secrets_go_first), cmocka_unit_test(same_value_is_shared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
