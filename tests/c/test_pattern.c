/* pattern_next beside the search of the standard library: random patterns and texts, the same places and captures; and its budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static struct pattern_search search_of(const char *text, size_t n, const char *pattern) {
  return (struct pattern_search){.text = text, .text_len = n, .pattern = pattern, .pattern_len = strlen(pattern), .anchors = true, .budget = 1e9};
}

/* Calls string.NAME with the text, the pattern and one value more; leaves what it gives, or false for an error. */
static bool standard(lua_State *L, const char *name, const struct pattern_search *s, lua_Integer init) {
  lua_settop(L, 0);
  lua_getglobal(L, "string");
  lua_getfield(L, -1, name);
  lua_remove(L, 1);
  lua_pushlstring(L, s->text, s->text_len);
  lua_pushlstring(L, s->pattern, s->pattern_len);
  if (init) lua_pushinteger(L, init);
  else lua_pushliteral(L, "");
  return lua_pcall(L, 3, LUA_MULTRET, 0) == LUA_OK;
}

/* Whether the captures are those that string.find left behind its two places. */
static bool same_captures(lua_State *L, const struct pattern_search *s) {
  if (lua_gettop(L) - 2 != s->count) return false;
  for (int i = 0; i < s->count; i++) {
    const struct pattern_capture *c = &s->captures[i];
    size_t n;
    if (c->kind == PATTERN_POSITION) {
      if (!lua_isinteger(L, i + 3) || (size_t)lua_tointeger(L, i + 3) != c->at + 1) return false;
    } else {
      const char *text = lua_isinteger(L, i + 3) ? "" : lua_tolstring(L, i + 3, &n);
      if (c->kind != PATTERN_TEXT || n != c->len || memcmp(text, s->text + c->at, n) != 0) return false;
    }
  }
  return true;
}

static bool has_open(const struct pattern_search *s) {
  for (int i = 0; i < s->count; i++)
    if (s->captures[i].kind == PATTERN_OPEN) return true;
  return false;
}

static void check_find(lua_State *L, struct pattern_search s, int *found, int *broken) {
  bool ok = standard(L, "find", &s, (lua_Integer)s.at + 1);
  size_t start = s.at;
  enum pattern_result got = pattern_next(&s);
  if (!ok) { /* an open capture is an error of whoever reads it */
    (*broken)++;
    if (got != PATTERN_BROKEN && !(got == PATTERN_FOUND && has_open(&s)))
      fail_msg("'%s' in '%s' from %zu: %d, not an error", s.pattern, s.text, start, got);
    if (got == PATTERN_BROKEN) assert_non_null(s.problem);
    return;
  }
  bool there = !lua_isnil(L, 1);
  *found += there;
  if (got != (there ? PATTERN_FOUND : PATTERN_NONE)) fail_msg("'%s' in '%s' from %zu: %d", s.pattern, s.text, start, got);
  if (there && (s.from + 1 != (size_t)lua_tointeger(L, 1) || s.to != (size_t)lua_tointeger(L, 2) || !same_captures(L, &s)))
    fail_msg("'%s' in '%s' from %zu: [%zu, %zu)", s.pattern, s.text, start, s.from, s.to);
}

/* As many matches as string.gsub replaces. */
static void check_count(lua_State *L, struct pattern_search s) {
  if (!standard(L, "gsub", &s, 0)) return;
  lua_Integer count = 0;
  while (pattern_next(&s) == PATTERN_FOUND) count++;
  if (count != lua_tointeger(L, 2)) fail_msg("'%s' in '%s': %d times", s.pattern, s.text, (int)count);
  assert_int_equal(pattern_next(&s), PATTERN_NONE);
}

static void same_as_the_standard(void **state) {
  (void)state;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  char p[128], text[64];
  int found = 0, broken = 0;
  for (int i = 0; i < 200000; i++) {
    size_t pattern_len, text_len;
    make(p, &pattern_len, text, &text_len);
    struct pattern_search s = search_of(text, text_len, p);
    check_count(L, s);
    s.at = chance((uint32_t)text_len + 1);
    if (strpbrk(p, "^$*+?.([%-")) check_find(L, s, &found, &broken); /* else it is looked for as it stands */
  }
  assert_true(found > 20000 && broken > 10000);
  lua_close(L);
}

/* "%x" for each x that there is, on each byte. */
static void classes(void **state) {
  (void)state;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  int found = 0, broken = 0;
  for (int letter = 1; letter < 256; letter++) {
    char alone[] = {'%', (char)letter, 0}, inside[] = {'[', '^', '%', (char)letter, 'A', ']', 0};
    for (int byte = 0; byte < 256; byte++) {
      char text[] = {(char)byte, 0};
      check_find(L, search_of(text, 1, alone), &found, &broken);
      check_find(L, search_of(text, 1, inside), &found, &broken);
    }
  }
  assert_true(found > 30000 && broken > 256);
  lua_close(L);
}

/* -- the budget ------------------------------------------------------------------------------------------------------ */

static char many_a[100001];
static long looks, looks_max;

static bool count_looks(void) { return ++looks >= looks_max; }

/* All matches, with at most so many looks at the clock; gives how the search ended. */
static enum pattern_result run(const char *text, size_t n, const char *pattern, long most) {
  struct pattern_search s = search_of(text, n, pattern);
  enum pattern_result result;
  s.stop = count_looks;
  looks = 0;
  looks_max = most;
  while ((result = pattern_next(&s)) == PATTERN_FOUND) continue;
  return result;
}

static const char *repeated(const char *piece, int times, const char *rest) {
  static char p[256];
  *p = '\0';
  while (times-- > 0) strcat(p, piece);
  return strcat(p, rest);
}

static void goes_back_for_ever(void **state) {
  (void)state;
  assert_int_equal(run(many_a, 60, repeated(".-", 30, "b"), 1000), PATTERN_SPENT);
  assert_int_equal(looks, 1000);
  assert_int_equal(run(many_a, 39, repeated("a?", 40, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), 1000), PATTERN_SPENT);
  assert_int_equal(run(many_a, 100000, "a-b", 1000), PATTERN_SPENT);
  assert_int_equal(run(many_a, 100000, ".*b", 1000), PATTERN_SPENT);
  assert_int_equal(run(many_a, 100000, "%bab", 1000), PATTERN_SPENT);
}

static void ends_soon(void **state) {
  (void)state;
  assert_int_equal(run(many_a, 100000, "^(a*)b", 100), PATTERN_NONE);
  assert_int_equal(run(many_a, 100000, "a+", 100), PATTERN_NONE);
  assert_int_equal(run(many_a, 100000, "(a)", 200), PATTERN_NONE);
  assert_int_equal(run(many_a, 100000, "%f[b]", 100), PATTERN_NONE);
}

static double cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void budget_is_cpu_time(void **state) {
  (void)state;
  struct pattern_search s = search_of(many_a, 60, repeated(".-", 30, "b"));
  s.budget = 0;
  assert_int_equal(pattern_next(&s), PATTERN_SPENT);
  assert_int_equal(pattern_next(&s), PATTERN_SPENT);
  double before = cpu();
  pattern_renew(&s, 0.02);
  s.at = 0;
  assert_int_equal(pattern_next(&s), PATTERN_SPENT);
  assert_true(cpu() - before >= 0.02);

  struct pattern_search quick = search_of(many_a, 100, "^(a*)$"); /* it ends before the first look at the clock */
  quick.budget = 0;
  assert_int_equal(pattern_next(&quick), PATTERN_FOUND);
  pattern_spend(&quick, 16 * PATTERN_STRIDE);
  quick.at = 0;
  quick.again = false;
  assert_int_equal(pattern_next(&quick), PATTERN_SPENT);
}

/* The longest text on which a pattern counts as harmless takes few steps, also when it fails in every way there is. */
static void harmless_ends(const char *pattern) {
  size_t n = 1;
  struct pattern_search s = search_of(many_a, n, pattern);
  while (n < sizeof many_a - 1 && (s.text_len = n + 1 + n / 50, pattern_harmless(&s)) && s.text_len < sizeof many_a) n = s.text_len;
  if (run(many_a, n, pattern, 1100) == PATTERN_SPENT) fail_msg("%s on %zu bytes", pattern, n);
}

static void harmless(void **state) {
  (void)state;
  struct pattern_search s = search_of(many_a, 1000, "^%s*(.-)%s*$");
  assert_false(pattern_harmless(&s));
  s.at = 900;
  assert_true(pattern_harmless(&s));
  s = search_of(many_a, 100000, "plain");
  assert_true(pattern_harmless(&s));
  s = search_of(many_a, 100000, "%bab");
  assert_false(pattern_harmless(&s));
  for (int times = 1; times <= 12; times++) {
    harmless_ends(repeated(".-", times, "b"));
    harmless_ends(repeated(".*", times, "b"));
    harmless_ends(repeated("a+", times, "b"));
    harmless_ends(repeated("a?", times, "b"));
    harmless_ends(repeated("(.-)", times, "b"));
    harmless_ends(repeated("[^b-zA-Z0-9 _]*", times, "b"));
    harmless_ends(repeated("%bab.-", times, "b"));
  }
  harmless_ends("(.-)%1b");
}

static int fill(void **state) {
  (void)state;
  memset(many_a, 'a', sizeof many_a - 1);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_the_standard), cmocka_unit_test(classes),
                                     cmocka_unit_test(goes_back_for_ever), cmocka_unit_test(ends_soon),
                                     cmocka_unit_test(budget_is_cpu_time), cmocka_unit_test(harmless)};
  return cmocka_run_group_tests(tests, fill, NULL);
}
