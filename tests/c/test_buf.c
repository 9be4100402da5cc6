/* buf.h and err.h: growth, dropping, formatting, and an error that fits its box. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/buf.h"
#include "../../src/core/err.h"

static void grows(void **state) {
  (void)state;
  struct buf b = {0};
  for (int i = 0; i < 1000; i++) assert_true(buf_addc(&b, (char)('a' + i % 26)));
  assert_int_equal(b.len, 1000);
  assert_int_equal(b.data[999], 'a' + 999 % 26);
  assert_true(buf_add(&b, NULL, 0));
  assert_true(buf_adds(&b, "end"));
  assert_memory_equal(b.data + 1000, "end", 3);
  buf_free(&b);
  assert_null(b.data);
  assert_int_equal(b.len + b.cap, 0);
}

static void formats(void **state) {
  (void)state;
  struct buf b = {0};
  char long_text[300];
  memset(long_text, 'x', sizeof long_text);
  long_text[299] = '\0';
  assert_true(buf_addf(&b, "%d-%s", 42, long_text));
  assert_int_equal(b.len, 3 + 299);
  assert_memory_equal(b.data, "42-xxx", 6);
  buf_free(&b);
}

static void drops(void **state) {
  (void)state;
  struct buf b = {0};
  buf_adds(&b, "0123456789");
  buf_drop(&b, 0);
  assert_int_equal(b.len, 10);
  buf_drop(&b, 4);
  assert_int_equal(b.len, 6);
  assert_memory_equal(b.data, "456789", 6);
  buf_drop(&b, 99);
  assert_int_equal(b.len, 0);
  buf_free(&b);
}

static void refuses_the_impossible(void **state) {
  (void)state;
  struct buf b = {0};
  buf_adds(&b, "kept");
  assert_false(buf_reserve(&b, SIZE_MAX));
  assert_false(buf_reserve(&b, SIZE_MAX - 2));
  assert_memory_equal(b.data, "kept", 4);
  buf_free(&b);
}

static void error_words(void **state) {
  (void)state;
  struct err e;
  err_set(&e, ERR_DENIED, "no %s", "way");
  assert_string_equal(e.message, "no way");
  assert_string_equal(err_kind_name(e.kind), "denied");
  assert_true(e.retry_after < 0);
  err_set(&e, ERR_BROKEN, "again: %s", e.message); /* an argument inside the error itself */
  assert_string_equal(e.message, "again: no way");
  assert_string_equal(err_kind_name((enum err_kind)99), "broken");
  assert_string_equal(err_kind_name(ERR_TOO_LONG), "too_long");
}

static void error_is_cut_at_a_character(void **state) {
  (void)state;
  struct err e;
  char text[2000];
  for (size_t i = 0; i + 3 < sizeof text; i += 3) memcpy(text + i, "\xe2\x82\xac", 4);
  for (int shift = 0; shift < 3; shift++) {
    err_set(&e, ERR_NETWORK, "%.*s%s", shift, "ab", text);
    size_t n = strlen(e.message);
    assert_true(n < sizeof e.message && n > sizeof e.message - 5);
    assert_int_equal((n - (size_t)(shift < 2 ? shift : 2)) % 3, 0);
  }
}

static void error_from_the_system(void **state) {
  (void)state;
  struct err e;
  err_errno(&e, ENOENT, "open", "/no/such");
  assert_int_equal(e.kind, ERR_MISSING);
  assert_string_equal(e.code, "ENOENT");
  assert_string_equal(e.path, "/no/such");
  assert_string_equal(e.message, "open /no/such: No such file or directory");
  err_errno(&e, EACCES, "listen", NULL);
  assert_int_equal(e.kind, ERR_DENIED);
  assert_string_equal(e.message, "listen: Permission denied");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(grows), cmocka_unit_test(formats), cmocka_unit_test(drops), cmocka_unit_test(refuses_the_impossible),
    cmocka_unit_test(error_words), cmocka_unit_test(error_is_cut_at_a_character), cmocka_unit_test(error_from_the_system),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
