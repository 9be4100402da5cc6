/* term_plain.h: what is redrawn stands once, what is no text goes, and no text of hostile form takes longer than its length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/core/buf.h"
#include "../../src/core/term_plain.h"

static void test_lines(void **state) {
  static const struct {
    const char *in, *out;
  } cases[] = {
      {"plain\n\ttext\n", "plain\n\ttext\n"},
      {"a\r\nb\r\r\nc", "a\nb\nc"},
      {"10%\r20%\r100%\n", "100%\n"},
      {"10%\r", "10%"},
      {"x\ny 1\ry 2", "x\ny 2"},
      {"gone\r\033[K\nkept", "\nkept"},
      {"gone\033[2Kx", "x"},
      {"old\033[1Gnew\033[Gnewer", "newer"},
      {"stays\033[K", "stays"},
      {"\033[1;31mred\033[m \033[38;2;1;2;3mx\033[0m", "red x"},
      {"\033]0;title\atext \033]8;;http://x\033\\link\033]8;;\033\\", "text link"},
      {"\033(Bx\0337y\033=z\033M", "xyz"},
      {"\033]never ends\nnext", "never ends\nnext"},
      {"\033[", ""},
      {"\033", ""},
      {"\033[12;", ""},
      {"a\033[1\nb", "a\nb"},
      {"ab\b\bc", "c"},
      {"\b\bx\n\by", "x\ny"},
      {"N\bNA\bA_\bx", "NAx"},
      {"\xc3\xa9\b\xe2\x82\xac\bx", "x"},
      {"a\f\v\x01\x7f z", "a z"},
      {"\xff\xfe bytes", "\xff\xfe bytes"},
      {"\033Ppixels\033\\after \033_app\033\\", "after "},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buf b = {0};
    assert_true(term_plain(&b, cases[i].in, strlen(cases[i].in)));
    assert_true(buf_addc(&b, '\0'));
    assert_string_equal(b.data, cases[i].out);
    buf_free(&b);
  }
}

static void test_zero_bytes(void **state) {
  struct buf b = {0};
  (void)state;
  assert_true(term_plain(&b, "a\0b\0", 4));
  assert_int_equal(b.len, 4);
  assert_memory_equal(b.data, "a\nb\n", 4);
  buf_free(&b);
}

/* Each of these would take minutes if anything were looked at again for each of its bytes. */
static void test_long(void **state) {
  static const char *const parts[] = {"\033]", "\033[", "\033[1;", "\r", "\b", "x\r", "xy\b", "\033P\033", "\033 "};
  enum { SIZE = 8 * 1024 * 1024 };
  char *text = malloc(SIZE);
  (void)state;
  assert_non_null(text);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    size_t n = strlen(parts[i]);
    for (size_t at = 0; at < SIZE; at++) text[at] = parts[i][at % n];
    struct buf b = {0};
    assert_true(term_plain(&b, text, SIZE));
    buf_free(&b);
  }
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_zero_bytes), cmocka_unit_test(test_long)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
