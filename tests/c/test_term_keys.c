/* term_keys.h: what bytes mean as events, and that the way they are cut into pieces never changes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/term_keys.h"

/* Events as text: "name", "name=text" for what types something, "P{paste}", "F{in}", "R{reply}". */
static void describe(struct term_keys *k, struct buf *out) {
  struct term_keys_event e;
  while (term_keys_next(k, &e)) {
    if (out->len) buf_addc(out, ' ');
    if (e.type == TERM_KEYS_KEY) {
      assert_true(strlen(e.name) > 0);
      buf_adds(out, e.name);
      if (e.text && (e.len != strlen(e.name) || memcmp(e.text, e.name, e.len) != 0)) buf_addf(out, "=%.*s", (int)e.len, e.text);
      else if (!e.text && strlen(e.name) == 1) buf_adds(out, "(no text)");
    } else {
      buf_addf(out, "%c{", "KPFR"[e.type]);
      if (e.type == TERM_KEYS_FOCUS) buf_adds(out, e.name);
      else buf_add(out, e.text, e.len);
      buf_adds(out, e.cut ? "...}" : "}");
    }
  }
}

static void run(struct buf *out, const char *s, size_t n, size_t first, size_t rest, bool flush) {
  struct term_keys k = {0};
  out->len = 0;
  for (size_t i = 0, size = first; i < n; i += size, size = rest) {
    if (size > n - i) size = n - i;
    assert_true(term_keys_feed(&k, s + i, size));
    describe(&k, out);
  }
  if (flush) {
    term_keys_flush(&k);
    describe(&k, out);
    assert_true(term_keys_patience(&k) == 0);
  }
  term_keys_free(&k);
}

static void same_in_all_pieces(const char *s, size_t n, const struct buf *want) {
  struct buf got = {0};
  for (size_t first = 1; first <= n + 1; first++) {
    if (first > n) run(&got, s, n, 1, 1, true);
    else run(&got, s, n, first, n, true);
    assert_int_equal(got.len, want->len);
    if (want->len) assert_memory_equal(got.data, want->data, want->len);
  }
  buf_free(&got);
}

struct pair { const char *in, *out; };

static void check(const struct pair *p) {
  struct buf got = {0};
  for (; p->in; p++) {
    size_t n = strlen(p->in);
    run(&got, p->in, n, n, n, true);
    buf_addc(&got, '\0');
    assert_string_equal(got.data, p->out);
    got.len--;
    same_in_all_pieces(p->in, n, &got);
  }
  buf_free(&got);
}

static void characters(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"aZ1~", "a Z 1 ~"}, {" ", "space= "}, {"\u00e9\u6f22\U0001F600", "\u00e9 \u6f22 \U0001F600"}, {"\r", "enter"}, {"\n", "ctrl-j"},
    {"\t", "tab"}, {"\x7f", "backspace"}, {"\x08", "ctrl-h"}, {"\x03\x01\x1a", "ctrl-c ctrl-a ctrl-z"},
    {"\x1c\x1d\x1e\x1f", "ctrl-\\ ctrl-] ctrl-^ ctrl-_"},
    {"a\xff\xe2\x82z", "a z"}, {"a\xe2", "a"}, {"\xc2\x9b" "A", "A"}, {NULL, NULL}};
  check(pairs);
  struct buf got = {0};
  run(&got, "\0", 1, 1, 1, true);
  assert_int_equal(got.len, 10);
  assert_memory_equal(got.data, "ctrl-space", 10);
  buf_free(&got);
}

static void escape_and_alt(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"\x1b", "esc"}, {"\x1b\x1b", "esc esc"}, {"\x1b\x1b[A", "esc up"}, {"\x1b" "f\x1b" "B", "alt-f alt-shift-b"}, {"\x1b\r", "alt-enter"},
    {"\x1b\x7f", "alt-backspace"}, {"\x1b\x01", "ctrl-alt-a"}, {"\x1b\u00e9", "alt-\u00e9"}, {"\x1b ", "alt-space"}, {"\x1b.", "alt-."},
    {"\x1b[", "alt-["}, {"\x1bO", "alt-shift-o"}, {"\x1b]", "alt-]"}, {"\x1b]a", "alt-] a"}, {"\x1bPx", "alt-shift-p x"},
    {"\x1b\xff" "a", "a"},
    {"\x1bOz", "alt-shift-o z"}, {"\x1b_a", "alt-_ a"}, {NULL, NULL}};
  check(pairs);
}

static void function_keys(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left"}, {"\x1bOA\x1bOH\x1bOF", "up home end"},
    {"\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end home end"},
    {"\x1b[2~\x1b[3~\x1b[5~\x1b[6~", "insert delete pageup pagedown"}, {"\x1bOP\x1bOQ\x1bOR\x1bOS", "f1 f2 f3 f4"},
    {"\x1b[15~\x1b[17~\x1b[24~", "f5 f6 f12"}, {"\x1b[[A\x1b[[E", "f1 f5"}, {"\x1bOM", "enter"}, {"\x1b[Z", "shift-tab"},
    {"\x1b[1;5C\x1b[1;3D\x1b[1;2A\x1b[1;8B", "ctrl-right alt-left shift-up ctrl-alt-shift-down"}, {"\x1b[3;5~", "ctrl-delete"},
    {"\x1b[1;5P", "ctrl-f1"},
    {"\x1b[1;5R", "ctrl-f3"}, {"\x1b[1;9H", "super-home"}, {"\x1b[1;33A", "alt-up"}, {NULL, NULL}};
  check(pairs);
}

static void extended_keys(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"\x1b[13;2u\x1b[13;5u\x1b[13;9u", "shift-enter ctrl-enter super-enter"},
    {"\x1b[27u\x1b[9;5u\x1b[127;3u", "esc ctrl-tab alt-backspace"},
    {"\x1b[99;5u\x1b[105;5u", "ctrl-c ctrl-i"}, {"\x1b[97;6u", "ctrl-shift-a"}, {"\x1b[97u", "a"}, {"\x1b[97;2u", "A"},
    {"\x1b[49:33;2u", "!"},
    {"\x1b[97;1:1u\x1b[97;1:3u", "a"}, {"\x1b[233;3u", "alt-\u00e9"}, {"\x1b[97;65u", "a"},
    {"\x1b[57399u\x1b[57414u\x1b[57419;5u", "0 enter ctrl-up"},
    {"\x1b[57441;2u", ""}, {"\x1b[1114112u\x1b[55296u\x1b[99999999999999999999u", ""},
    {"\x1b[27;2;13~\x1b[27;5;9~\x1b[27;6;65~", "shift-enter ctrl-tab ctrl-shift-a"},
    {"\x1b[27;5;44~", "ctrl-,"}, {NULL, NULL}};
  check(pairs);
}

static void replies_and_noise(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\", "R{]11;rgb:1e1e/1e1e/1e1e}"}, {"\x1b]11;rgb:0/0/0\x07x", "R{]11;rgb:0/0/0} x"},
    {"\x1b[?62;22c", "R{[?62;22c}"},
    {"\x1b[>0;10;1c", "R{[>0;10;1c}"}, {"\x1b[12;40R", "R{[12;40R}"}, {"\x1b[1;1R", "R{[1;1R}"}, {"\x1b[0n", "R{[0n}"},
    {"\x1b[?2026;2$y", "R{[?2026;2$y}"},
    {"\x1b[?1u", "R{[?1u}"}, {"\x1b[>4;1m", "R{[>4;1m}"}, {"\x1bP1$r0m\x1b\\", "R{P1$r0m}"},
    {"\x1bP>|XTerm(380)\x1b\\", "R{P>|XTerm(380)}"}, {"\x1b_Gi=1;OK\x1b\\", "R{_Gi=1;OK}"},
    {"\x1b[8;24;80t", "R{[8;24;80t}"}, {"\x1b[I\x1b[O", "F{in} F{out}"}, {"\x1b[<0;1;1M\x1b[<0;1;1mx", "x"},
    {"\x1b[5;5X\x1b[99~x", "x"}, {"\x1b[201~x", "x"},
    {"\x1b[1\x1b[A", "up"}, {"\x1b[1\u00e9", "\u00e9"}, {"\x1b]11;r\rx", "enter x"}, {"\x1b]11;r\x1b[A", "up"}, {"\x1b]11;r", ""},
    {"\x1b[1;", ""}, {NULL, NULL}};
  check(pairs);
}

static void pastes(void **state) {
  (void)state;
  static const struct pair pairs[] = {
    {"\x1b[200~two\rlines\r\nand\n\x1b[201~x", "P{two\nlines\nand\n} x"}, {"\x1b[200~\x1b[201~", "P{}"},
    {"\x1b[200~a\x1b[A\x03\x1b[201\x1b[201~", "P{a\x1b[A\x03\x1b[201}"},
    {"\x1b[200~h\u00e9\xff\xe2\x82\x1b[201~", "P{h\u00e9\ufffd\ufffd}"}, {"\x1b[200~never closed", "P{never closed}"},
    {"\x1b[200~open\x1b[20", "P{open}"},
    {"\x1b[200~a\x1b[201~\x1b[200~b\x1b[201~", "P{a} P{b}"}, {NULL, NULL}};
  check(pairs);
}

static void a_huge_paste_is_cut(void **state) {
  (void)state;
  struct term_keys k = {0};
  struct term_keys_event e;
  static char chunk[65536];
  memset(chunk, 'x', sizeof chunk);
  term_keys_feed(&k, "\x1b[200~", 6);
  for (size_t n = 0; n < TERM_KEYS_PASTE_MAX + sizeof chunk; n += sizeof chunk) {
    term_keys_feed(&k, chunk, sizeof chunk);
    assert_false(term_keys_next(&k, &e));
  }
  term_keys_feed(&k, "\x1b[201~y", 7);
  assert_true(term_keys_next(&k, &e));
  assert_int_equal(e.type, TERM_KEYS_PASTE);
  assert_int_equal(e.len, TERM_KEYS_PASTE_MAX);
  assert_true(e.cut);
  assert_true(term_keys_next(&k, &e));
  assert_string_equal(e.name, "y");
  assert_false(term_keys_next(&k, &e));
  term_keys_free(&k);
}

static void endless_sequences_end(void **state) {
  (void)state;
  struct buf in = {0}, got = {0};
  buf_adds(&in, "\x1b]11;");
  while (in.len < 4096) buf_addc(&in, 'y');
  buf_adds(&in, "z\x1b[");
  for (int i = 0; i < 254; i++) buf_addc(&in, '1');
  buf_adds(&in, "A");
  run(&got, in.data, in.len, in.len, in.len, true);
  assert_int_equal(got.len, 3);
  assert_memory_equal(got.data, "z A", 3);
  same_in_all_pieces(in.data, in.len, &got);
  buf_free(&in);
  buf_free(&got);
}

static void patience(void **state) {
  (void)state;
  static const struct { const char *in; double seconds; } cases[] = {{"a", 0}, {"\x1b", 0.03}, {"\x1b[", 0.03}, {"\x1b[1;", 0.5},
      {"\x1b]11;", 0.5}, {"\x1b[200~x", 1}, {"\xe2", 0.5}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct term_keys k = {0};
    struct term_keys_event e;
    term_keys_feed(&k, cases[i].in, strlen(cases[i].in));
    while (term_keys_next(&k, &e)) continue;
    assert_true(term_keys_patience(&k) == cases[i].seconds);
    term_keys_free(&k);
  }
}

static uint32_t seed = 4711;
static uint32_t pick(uint32_t n) {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % n;
}

static void random_bytes(void **state) {
  (void)state;
  static const char *const atoms[] = {"\x1b", "\x1b[", "\x1bO", "\x1b]1", "\x1bP", "\x1b_G", "\x1b[200~", "\x1b[201~", "\x1b[?",
      "\x1b\\", "\x07", "1", ";", ":", "A", "u", "~",
    "27;5;13~", "97;5u", "R", "c", "$", "[", "\r", "\n", "\u00e9", "\U0001F600", "\xe2", "\x82", "\x7f", "x", "200~", "I"};
  struct buf in = {0}, got = {0};
  for (int round = 0; round < 100000; round++) {
    in.len = 0;
    for (uint32_t n = 1 + pick(10); n > 0; n--) {
      if (pick(5) == 0) buf_addc(&in, (char)pick(256));
      else buf_adds(&in, atoms[pick(sizeof atoms / sizeof *atoms)]);
    }
    run(&got, in.data, in.len, in.len, in.len, true);
    same_in_all_pieces(in.data, in.len, &got);
  }
  buf_free(&in);
  buf_free(&got);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(characters), cmocka_unit_test(escape_and_alt), cmocka_unit_test(function_keys), cmocka_unit_test(extended_keys),
    cmocka_unit_test(replies_and_noise), cmocka_unit_test(pastes), cmocka_unit_test(a_huge_paste_is_cut),
    cmocka_unit_test(endless_sequences_end),
    cmocka_unit_test(patience), cmocka_unit_test(random_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
