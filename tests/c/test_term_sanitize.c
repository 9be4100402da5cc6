/* term_sanitize.h and utf8.h: what is dropped, what stays, and that the way a text is cut into pieces never changes the result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/buf.h"
#include "../../src/core/term_sanitize.h"
#include "../../src/core/utf8.h"

struct pair { const char *in, *out; };

/* Feeds s in pieces: the first one of `first` bytes, the others of `rest` bytes. */
static void clean_in_pieces(struct buf *out, bool visible, const char *s, size_t n, size_t first, size_t rest) {
  struct term_sanitize c = {.visible = visible};
  out->len = 0;
  for (size_t i = 0, size = first; i < n; i += size, size = rest) {
    if (size > n - i) size = n - i;
    assert_true(term_sanitize_feed(&c, out, s + i, size));
  }
  assert_true(term_sanitize_end(&c, out));
}

static void same_in_all_pieces(const char *s, size_t n, bool visible, const struct buf *want) {
  struct buf got = {0};
  for (size_t first = 0; first <= n; first++) {
    clean_in_pieces(&got, visible, s, n, first, n);
    assert_int_equal(got.len, want->len);
    if (want->len) assert_memory_equal(got.data, want->data, want->len);
  }
  clean_in_pieces(&got, visible, s, n, 1, 1);
  assert_int_equal(got.len, want->len);
  if (want->len) assert_memory_equal(got.data, want->data, want->len);
  buf_free(&got);
}

static void check_pairs(const struct pair *p, bool visible) {
  struct buf got = {0};
  for (; p->in; p++) {
    size_t n = strlen(p->in);
    clean_in_pieces(&got, visible, p->in, n, n, n);
    buf_addc(&got, '\0');
    assert_string_equal(got.data, p->out);
    got.len--;
    same_in_all_pieces(p->in, n, visible, &got);
  }
  buf_free(&got);
}

static void keeps_text(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"", ""}, {"plain\ttext\n", "plain\ttext\n"}, {"h\u00e9 \u6f22\u5b57 \u0915\u094d\u0937", "h\u00e9 \u6f22\u5b57 \u0915\u094d\u0937"},
    {"\U0001F469\u200d\U0001F469\u200d\U0001F467!", "\U0001F469\u200d\U0001F469\u200d\U0001F467!"}, /* family */
    {"\u2764\ufe0f\u200d\U0001F525", "\u2764\ufe0f\u200d\U0001F525"},                               /* heart on fire */
    {"\U0001F44D\U0001F3FD", "\U0001F44D\U0001F3FD"},                                               /* skin tone */
    {"\U0001F468\U0001F3FD\u200d\U0001F680", "\U0001F468\U0001F3FD\u200d\U0001F680"},
    {"\u00a9\ufe0e", "\u00a9\ufe0e"}, {"\ue0b0", "\ue0b0"}, {"e\u0301", "e\u0301"}, {NULL, NULL}};
  check_pairs(pairs, false);
}

static void drops_sequences(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"a\x1b[31mred\x1b[0mb", "aredb"}, {"a\x1b[?1049hb", "ab"}, {"a\x1b[1;2\x1b[3mb", "ab"}, {"a\x1b[12", "a"},
    {"a\x1b]0;title\x07z", "az"}, {"a\x1b]0;title\x1b\\z", "az"}, {"a\x1b]52;c;aGk=\xc2\x9cz", "az"},
    {"a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\z", "alinkz"}, {"a\x1bP+q544e\x1b\\z", "az"}, {"a\x1b_Gf=100;AAAA\x1b\\z", "az"},
    {"a\x1b^pm\x1b\\z", "az"}, {"a\x1bXsos\x1b\\z", "az"}, {"a\x1b(0qz", "aqz"}, {"a\x1b#8z", "az"}, {"a\x1b%Gz", "az"},
    {"a\x1b cz", "az"}, {"a\x1b" "7z", "az"}, {"a\x1b" "cz", "az"},
    {"a\x1b]0;never closed\nnext", "a\nnext"}, {"a\x1b[never\nz", "aever\nz"}, {"a\x1b[1\nz", "a\nz"}, {"a\x1b\nz", "a\nz"},
    {"a\x1b]x\x18z", "az"},
    {"a\x1b]x\x1az", "az"}, {"a\x1b[1\x1a" "2z", "a2z"}, {"a\x1b]x\x1b[31mz", "az"}, {"a\x1b]x\x1b]y\x07z", "az"}, {"a\x1b\x1b[mz", "az"}, {"a\x1b[\x07" "1mz", "az"},
    {"a\x1b\u00e9z", "a\u00e9z"}, {"a\x1b[1\u00e9z", "a\u00e9z"}, {"a\x1b]\u00e9\xff\x07z", "az"}, {"a\x1b[\xffz", "a\ufffdz"},
    {"a\xc2\x9b" "31mz", "az"}, {"a\xc2\x9d" "0;t\x07z", "az"}, {"a\xc2\x90q\xc2\x9cz", "az"}, {"a\xc2\x85z", "az"},
    {"\x9b" "31m", "\ufffd31m"},
    {NULL, NULL}};
  check_pairs(pairs, false);
}

static void drops_characters(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"a\rb\r\nc", "ab\nc"}, {"pass\b\b\b\bword", "password"}, {"a\x01\x07\x0b\x0c\x0e\x1f\x7fz", "az"},
    {"a\u202e\u202d\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061cz", "az"},
    {"a\u200b\u200c\u200d\u2060\u2061\u2064\ufeff\u00ad\u180e\u3164\u034fz", "az"}, {"a\u2028\u2029\ufffbz", "az"},
    {"a\U000E0041\U000E007F\U000E0100z", "az"}, {"a\ufe0f\ufe00z", "az"}, {"a\u200d\U0001F600", "a\U0001F600"},
    {"\U0001F600\ufe0f\ufe0f\ufe0e\ufe0fz", "\U0001F600\ufe0fz"}, {"\U0001F600\u200dz", "\U0001F600z"}, {"\U0001F600\u200d", "\U0001F600"},
    {"\U0001F600\u200d\u200d\U0001F600", "\U0001F600\U0001F600"}, {"\U0001F600\u200d\xff", "\U0001F600\ufffd"},
    {"\U0001F600\u200d\x1b[m\U0001F600", "\U0001F600\U0001F600"}, {NULL, NULL}};
  check_pairs(pairs, false);
}

static void repairs_utf8(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"a\xffz", "a\ufffdz"}, {"a\xe2\x82z", "a\ufffdz"}, {"a\xe2\x82", "a\ufffd"}, {"a\xf0\x9f\x98\xf0\x9f\x98\x80", "a\ufffd\U0001F600"},
    {"\xc0\xaf", "\ufffd\ufffd"}, {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"}, {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"},
    {"\x80\xbf", "\ufffd\ufffd"}, {"\xe0\x80\xaf", "\ufffd\ufffd\ufffd"}, {"\xe2\xe2\x82\xac", "\ufffd\u20ac"}, {NULL, NULL}};
  check_pairs(pairs, false);
  struct buf got = {0};
  for (const struct pair *p = pairs; p->in; p++) {
    got.len = 0;
    assert_int_equal(utf8_scrub(&got, p->in, strlen(p->in)), 0);
    buf_addc(&got, '\0');
    assert_string_equal(got.data, p->out);
  }
  buf_free(&got);
}

static void shows_what_it_drops(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"rm -rf /\x1b[2K\rls", "rm -rf /\\x1b[2K\\rls"}, {"a\u202e\u200bz", "a\\u202e\\u200bz"}, {"a\U000E0041z", "a\\u{e0041}z"},
    {"a\xc2\x9bz", "a\\u009bz"}, {"a\x07\x7fz", "a\\x07\\x7fz"}, {"a\xff\xe2\x82z", "a\\xff\\xe2\\x82z"},
    {"\x1b]0;t\x07", "\\x1b]0;t\\x07"},
    {"\U0001F600\u200dz\u200d", "\U0001F600\\u200dz\\u200d"}, {"a\n\tb", "a\n\tb"}, {NULL, NULL}};
  check_pairs(pairs, true);
}

static bool allowed(uint32_t p) {
  return p == '\n' || p == '\t' || (p >= 0x20 && p < 0x7f) || (p >= 0xa0 && p != 0xad && p != 0x61c && p != 0x200b && p != 0x200c &&
         !(p >= 0x200e && p <= 0x200f) && !(p >= 0x2028 && p <= 0x202e) && !(p >= 0x2060 && p <= 0x206f) && p != 0xfeff && p < 0xe0000) ||
         p >= 0xf0000;
}

static void check_output(const struct buf *out) {
  for (size_t i = 0; i < out->len;) {
    uint32_t p = 0;
    size_t len = utf8_decode(out->data + i, out->len - i, &p);
    assert_int_not_equal(len, 0);
    assert_true(allowed(p));
    i += len;
  }
}

static void every_pair_after_escape(void **state) {
  (void)state;
  struct buf out = {0};
  char s[] = "a\x1b??b";
  for (int x = 0; x < 256; x++)
    for (int y = 0; y < 256; y += x == '[' || x == ']' || x == 'O' ? 1 : 17) {
      s[2] = (char)x;
      s[3] = (char)y;
      clean_in_pieces(&out, false, s, 5, 5, 5);
      check_output(&out);
      same_in_all_pieces(s, 5, false, &out);
    }
  buf_free(&out);
}

static uint32_t seed = 12345;
static uint32_t pick(uint32_t n) {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % n;
}

static void random_texts(void **state) {
  (void)state;
  static const char *const atoms[] = {"\x1b", "[", "]", "P", "\\", "\x07", "\x18", "31m", "a", "\n", "\r", "\t", ";", "\xc2\x9b",
      "\xc2\x9c",
    "\u200d", "\ufe0f", "\U0001F469", "\U0001F3FD", "\u202e", "\U000E0041", "\xe2", "\x82", "\xac", "\xf0\x9f", "\xff", "\u00e9",
    "\u6f22", " ", "#"};
  struct buf in = {0}, out = {0}, again = {0};
  for (int round = 0; round < 100000; round++) {
    in.len = 0;
    for (uint32_t n = pick(12); n > 0; n--) {
      if (pick(4) == 0) buf_addc(&in, (char)pick(256));
      else buf_adds(&in, atoms[pick(sizeof atoms / sizeof *atoms)]);
    }
    const char *s = in.data ? in.data : "";
    clean_in_pieces(&out, false, s, in.len, in.len, in.len);
    check_output(&out);
    same_in_all_pieces(s, in.len, false, &out);
    clean_in_pieces(&again, false, out.data ? out.data : "", out.len, out.len, out.len);
    assert_int_equal(again.len, out.len); /* clean text stays as it is */
    if (out.len) assert_memory_equal(again.data, out.data, out.len);
    clean_in_pieces(&out, true, s, in.len, in.len, in.len);
    check_output(&out);
    if (round % 8 == 0) same_in_all_pieces(s, in.len, true, &out);
  }
  buf_free(&in);
  buf_free(&out);
  buf_free(&again);
}

static void utf8_round_trip(void **state) {
  (void)state;
  for (uint32_t p = 0; p < 0x110400; p++) {
    char bytes[4];
    uint32_t back = 0;
    size_t len = utf8_encode(p, bytes);
    bool character = p < 0xd800 || (p > 0xdfff && p < 0x110000);
    assert_int_equal(len > 0, character);
    if (!character) continue;
    assert_int_equal(utf8_decode(bytes, len, &back), len);
    assert_int_equal(back, p);
    for (size_t cut = 1; cut < len; cut++) {
      assert_int_equal(utf8_valid(bytes, cut), 0);
      assert_true(utf8_open(bytes, cut));
      assert_int_equal(utf8_bad(bytes, cut), cut);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(keeps_text), cmocka_unit_test(drops_sequences), cmocka_unit_test(drops_characters), cmocka_unit_test(repairs_utf8),
    cmocka_unit_test(shows_what_it_drops), cmocka_unit_test(every_pair_after_escape), cmocka_unit_test(random_texts),
    cmocka_unit_test(utf8_round_trip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
