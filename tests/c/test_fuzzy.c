/* fuzzy_rank: what fits, in which order, and that no length or byte of a name or a word leads astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/fuzzy.h"

static void expect_order(const char *list, size_t n, const char *word, const char *want) {
  struct fuzzy_match best[4];
  char got[256] = "";
  size_t count = fuzzy_rank(list, n, word, strlen(word), best, 4);
  for (size_t i = 0; i < count; i++) {
    if (i) strcat(got, " ");
    strncat(got, best[i].name, best[i].len);
  }
  assert_string_equal(got, want);
}
#define EXPECT(list, word, want) expect_order(list "\0", sizeof(list), word, want)

static void fits_and_order(void **state) {
  (void)state;
  EXPECT("a\0b\0c", "", "a b c");
  EXPECT("src/main.c\0src/match.c\0README", "main", "src/main.c");
  EXPECT("src/main.c\0README", "xyz", "");
  EXPECT("docs/maintain/x.md\0src/main.c", "main", "src/main.c docs/maintain/x.md"); /* in the last part of the path */
  EXPECT("src/some_long_name.c\0src/sln.c", "sln", "src/sln.c src/some_long_name.c"); /* neighbours */
  EXPECT("lib/axbxc.c\0lib/a_b_c.c", "abc", "lib/a_b_c.c lib/axbxc.c"); /* beginnings of words */
  EXPECT("src/Editor.lua\0src/editor.lua", "E", "src/Editor.lua"); /* a capital means itself */
  EXPECT("src/Editor.lua", "edit", "src/Editor.lua");
  EXPECT("a/b/main.c\0main.c", "main", "main.c a/b/main.c"); /* the shorter one */
  EXPECT("src/bind/text.c", "sbt", "src/bind/text.c");
  EXPECT("1\0""2\0""3\0""4\0""5", "", "1 2 3 4");
}

static void edges(void **state) {
  (void)state;
  struct fuzzy_match best[2];
  char word[400];
  memset(word, 'a', sizeof word);
  assert_int_equal(fuzzy_rank("a", 1, "a", 1, best, 2), 1); /* no NUL behind the last */
  assert_int_equal(fuzzy_rank("", 0, "a", 1, best, 2), 0);
  assert_int_equal(fuzzy_rank("\0\0", 2, "", 0, best, 2), 0);
  assert_int_equal(fuzzy_rank("a\0", 2, "a", 1, best, 0), 0);
  assert_int_equal(fuzzy_rank(word, sizeof word, word, sizeof word, best, 2), 0);
  assert_int_equal(fuzzy_rank(word, sizeof word, word, 256, best, 2), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(fits_and_order), cmocka_unit_test(edges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
