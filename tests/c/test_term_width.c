/* term_width.h: columns of what terminals draw, clusters that are never split, and wrapping that loses nothing but the spaces at breaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/buf.h"
#include "../../src/core/term_width.h"

static void columns_of_text(void **state) {
  (void)state;
  static const struct { const char *text; size_t columns, clusters; } cases[] = {
    {"", 0, 0}, {"hello", 5, 5}, {"h\u00e9llo", 5, 5}, {"e\u0301a", 2, 2}, {"\u6f22\u5b57", 4, 2}, {"\uff21", 2, 1}, {"\u30ab\u309a", 2, 1},
    {"\U0001F600", 2, 1}, {"\U0001F469\u200d\U0001F469\u200d\U0001F467", 2, 1}, {"\U0001F44D\U0001F3FD", 2, 1}, {"\u2764", 1, 1},
    {"\u2764\ufe0f", 2, 1}, {"\U0001F1E9\U0001F1EA", 2, 1}, {"\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 4, 2}, {"\U0001FA77", 2, 1},
    {"1\ufe0f\u20e3", 2, 1}, {"\u1112\u1161\u11ab", 2, 1}, {"\ud55c", 2, 1}, {"\ue0b0x", 2, 2}, {"a\tb\x01", 2, 4}, {"\xff\xfe", 2, 2},
    {"\u0e19\u0e49\u0e33", 2, 1}, {"\u00a9", 1, 1}, {"\u2500\u2502", 2, 2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *s = cases[i].text;
    size_t n = strlen(s), clusters = 0;
    if (term_width_of(s, n) != cases[i].columns) print_error("width of case %zu: %s\n", i, s);
    assert_int_equal(term_width_of(s, n), cases[i].columns);
    int columns;
    for (size_t at = 0, len; (len = term_width_next(s + at, n - at, &columns)) > 0; at += len) clusters++;
    if (clusters != cases[i].clusters) print_error("clusters of case %zu: %s\n", i, s);
    assert_int_equal(clusters, cases[i].clusters);
  }
}

static void cuts_between_clusters(void **state) {
  (void)state;
  const char *s = "a\u6f22e\u0301\U0001F469\u200d\U0001F467z"; /* 1 + 2 + 1 + 2 + 1 */
  static const struct { size_t columns, len, used; } cases[] = {{0, 0, 0}, {1, 1, 1}, {2, 1, 1}, {3, 4, 3}, {4, 7, 4}, {5, 7, 4},
      {6, 18, 6}, {7, 19, 7}, {99, 19, 7}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t used;
    assert_int_equal(term_width_cut(s, strlen(s), cases[i].columns, &used), cases[i].len);
    assert_int_equal(used, cases[i].used);
  }
}

static void check_wrap(const char *s, size_t columns, const char *want) {
  struct buf got = {0};
  size_t n = strlen(s), at = 0, next;
  do {
    size_t len = term_width_line(s + at, n - at, columns, &next);
    if (at > 0) buf_addc(&got, '|');
    buf_add(&got, s + at, len);
    at += next;
  } while (at < n);
  buf_addc(&got, '\0');
  assert_string_equal(got.data, want);
  buf_free(&got);
}

static void wraps(void **state) {
  (void)state;
  check_wrap("", 5, "");
  check_wrap("hello world", 80, "hello world");
  check_wrap("hello world", 11, "hello world");
  check_wrap("hello world", 10, "hello|world");
  check_wrap("hello   world", 6, "hello|world");
  check_wrap("hello ", 5, "hello");
  check_wrap("hello  ", 6, "hello ");
  check_wrap("hello world", 3, "hel|lo|wor|ld");
  check_wrap("  indented text", 10, "  indented|text");
  check_wrap("  looooong", 5, "  loo|ooong");
  check_wrap("      ", 3, "   ");
  check_wrap("      a", 3, "   |a");
  check_wrap("a b c d", 1, "a|b|c|d");
  check_wrap("\u6f22\u5b57\u6f22\u5b57", 5, "\u6f22\u5b57|\u6f22\u5b57");
  check_wrap("\u6f22\u5b57", 1, "\u6f22|\u5b57");
  check_wrap("ab \u6f22\u5b57\u6f22\u5b57", 6, "ab \u6f22|\u5b57\u6f22\u5b57");
  check_wrap("\u6f22\u5b57\u3002\u6f22", 4, "\u6f22|\u5b57\u3002|\u6f22");
  check_wrap("x \U0001F469\u200d\U0001F467\U0001F600 y", 3, "x|\U0001F469\u200d\U0001F467|\U0001F600|y");
  check_wrap("e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301|e\u0301");
}

static uint32_t seed = 99;
static uint32_t pick(uint32_t n) {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % n;
}

/* Lines fit, end, and put together again they are the text without the spaces left out at the breaks. */
static void random_wraps(void **state) {
  (void)state;
  static const char *const atoms[] = {"a", "word", " ", " ", "  ", "\u6f22", "\u3002", "e\u0301", "\U0001F469\u200d\U0001F467",
      "\u200d", "\xff", "\xe2\x82", "\x01", "\t", "\u0301", "-"};
  struct buf in = {0};
  for (int round = 0; round < 100000; round++) {
    in.len = 0;
    for (uint32_t n = pick(20); n > 0; n--) buf_adds(&in, atoms[pick(sizeof atoms / sizeof *atoms)]);
    const char *s = in.data ? in.data : "";
    size_t columns = 1 + pick(12), at = 0;
    while (at < in.len) {
      size_t next, len = term_width_line(s + at, in.len - at, columns, &next);
      assert_true(len <= next && next > 0 && at + next <= in.len);
      int first;
      size_t one = term_width_next(s + at, in.len - at, &first);
      assert_true(term_width_of(s + at, len) <= columns || len == one); /* but for one cluster that is wider than the line */
      for (size_t i = at + len; i < at + next; i++) assert_int_equal(s[i], ' ');
      at += next;
    }
  }
  buf_free(&in);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(columns_of_text), cmocka_unit_test(cuts_between_clusters), cmocka_unit_test(wraps),
                                     cmocka_unit_test(random_wraps)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
