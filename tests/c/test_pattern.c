/* pattern_try beside the standard library's search: random patterns and texts, the same places; and what never ends is given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "core/pattern.h"

static uint32_t seed = 1;

static uint32_t chance(uint32_t n) {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % n;
}

static const char *const pieces[] = {"a",  "b",    "c",   ".",  "%a",  "%d",  "%w",    "%s",    "%S",   "[ab]", "[^a]", "[a-c]", "[%a_]",
                                     "[]a]", "[^]]", "(",   ")",  "()",  "%1",  "%2",    "%b()",  "%f[a]", "%f[^b]", "*",  "+",     "-",
                                     "?",  "$",    "^",   "%",  "[",   "]",   "%%",    "a*",    ".-",   "(.-)", "%0",   "x"};
static const char letters[] = "aaabbc ()_1-\n%";

/* A pattern in p and a text in s, with a NUL behind each. */
static void make(char *p, size_t *pattern_len, char *s, size_t *text_len) {
  *p = '\0';
  for (uint32_t n = 1 + chance(7); n > 0; n--) strcat(p, pieces[chance(sizeof pieces / sizeof *pieces)]);
  *pattern_len = strlen(p);
  *text_len = chance(14);
  for (size_t i = 0; i < *text_len; i++) s[i] = letters[chance(sizeof letters - 1)];
  s[*text_len] = '\0';
}

/* What string.find says: PATTERN_ODD for an error. */
static enum pattern_end standard_find(lua_State *L, const struct pattern_text *t, size_t *from, size_t *to) {
  lua_getglobal(L, "string");
  lua_getfield(L, -1, "find");
  lua_pushlstring(L, t->text, t->text_len);
  lua_pushlstring(L, t->pattern, t->pattern_len);
  lua_pushinteger(L, (lua_Integer)t->start + 1);
  enum pattern_end end = PATTERN_ODD;
  if (lua_pcall(L, 3, 2, 0) == LUA_OK) {
    end = lua_isnil(L, -2) ? PATTERN_NONE : PATTERN_FOUND;
    *from = end ? (size_t)lua_tointeger(L, -2) - 1 : 0;
    *to = end ? (size_t)lua_tointeger(L, -1) : 0;
  }
  lua_settop(L, 0);
  return end;
}

/* How often string.gsub finds it; -1 for an error. */
static long standard_count(lua_State *L, const struct pattern_text *t) {
  lua_getglobal(L, "string");
  lua_getfield(L, -1, "gsub");
  lua_pushlstring(L, t->text, t->text_len);
  lua_pushlstring(L, t->pattern, t->pattern_len);
  lua_pushliteral(L, "");
  long n = lua_pcall(L, 3, 2, 0) == LUA_OK ? (long)lua_tointeger(L, -1) : -1;
  lua_settop(L, 0);
  return n;
}

static void same_as_the_standard(void **state) {
  (void)state;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  char p[128], s[64];
  int found = 0, odd = 0;
  for (int i = 0; i < 200000; i++) {
    struct pattern_text t = {.text = s, .pattern = p, .most = 1, .anchors = true, .steps = 1000000};
    make(p, &t.pattern_len, s, &t.text_len);
    t.start = chance((uint32_t)t.text_len + 1);
    size_t from = 0, to = 0;
    enum pattern_end want = standard_find(L, &t, &from, &to), got;
    if (strpbrk(p, "^$*+?.([%-")) { /* else it is looked for as it stands */
      got = pattern_try(&t);
      if (want != got && !(want == PATTERN_ODD && got == PATTERN_FOUND)) /* an open capture is told afterwards */
        fail_msg("'%s' in '%s' from %zu: %d, not %d", p, s, t.start, got, want);
      if (want == PATTERN_FOUND && (t.from != from || t.to != to))
        fail_msg("'%s' in '%s' from %zu: [%zu, %zu), not [%zu, %zu)", p, s, t.start, t.from, t.to, from, to);
      found += want == PATTERN_FOUND;
      odd += want == PATTERN_ODD;
    }
    struct pattern_text one = t;
    one.start = 0;
    long n = standard_count(L, &one);
    if (n >= 0) { /* one match fewer and it is found as often as was allowed, one more and it is not */
      one.most = (size_t)n + 1;
      one.steps = 1000000;
      got = pattern_try(&one);
      assert_int_equal(got, n > 0 ? PATTERN_FOUND : PATTERN_NONE);
    }
  }
  assert_true(found > 20000 && odd > 10000);
  lua_close(L);
}

static enum pattern_end try(const char *text, size_t n, const char *pattern, size_t most) {
  struct pattern_text t = {.text = text, .text_len = n, .pattern = pattern, .pattern_len = strlen(pattern), .most = most, .anchors = true, .steps = 5000000};
  return pattern_try(&t);
}

static void gives_up(void **state) {
  (void)state;
  static char text[100001];
  memset(text, 'a', sizeof text - 1);
  char p[128] = "";
  for (int i = 0; i < 30; i++) strcat(p, ".-");
  strcat(p, "b");
  assert_int_equal(try(text, 60, p, 1), PATTERN_SPENT);
  memset(p, 0, sizeof p);
  for (int i = 0; i < 40; i++) strcat(p, "a?");
  assert_int_equal(try(text, 39, strcat(p, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), 1), PATTERN_SPENT);
  assert_int_equal(try(text, 100000, "a-b", 1), PATTERN_SPENT);
  assert_int_equal(try(text, 100000, ".*b", SIZE_MAX), PATTERN_SPENT);
  assert_int_equal(try(text, 100000, "^(a*)b", 1), PATTERN_NONE);
  assert_int_equal(try(text, 100000, "a+", SIZE_MAX), PATTERN_FOUND);
  assert_int_equal(try(text, 100000, "%bab", SIZE_MAX), PATTERN_SPENT);
  assert_int_equal(try(text, 100000, "%f[b]", SIZE_MAX), PATTERN_NONE);
}

static void harmless(void **state) {
  (void)state;
  struct pattern_text t = {.text_len = 1000, .pattern = "^%s*(.-)%s*$", .steps = 20000000};
  t.pattern_len = strlen(t.pattern);
  assert_false(pattern_harmless(&t));
  t.text_len = 20;
  assert_true(pattern_harmless(&t));
  t.pattern = "plain";
  t.pattern_len = 5;
  t.text_len = 1000000;
  assert_true(pattern_harmless(&t));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_the_standard), cmocka_unit_test(gives_up), cmocka_unit_test(harmless)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
