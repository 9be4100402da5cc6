/* http_curl.h on a machine without libcurl: the failure says what to install. */
#define HTTP_CURL_LIBRARY "libcurl-absent.so.4"
#include "../../src/core/http_curl.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void missing_library_in_words(void **state) {
  (void)state;
  struct err e;
  assert_null(http_curl_load(&e));
  assert_int_equal(e.kind, ERR_MISSING);
  assert_non_null(strstr(e.message, "libcurl-absent.so.4"));
  assert_non_null(strstr(e.message, "apt install libcurl4"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(missing_library_in_words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
