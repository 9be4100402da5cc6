/* The sanitiser of term_sanitize.h: a walk over code points with the state of an escape sequence and of an emoji sequence. */
#include "term_sanitize.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "buf.h"
#include "utf8.h"

enum { ESC = 0x1b, CAN = 0x18, SUB = 0x1a, BEL = 0x07, DEL = 0x7f, ST = 0x9c, ZWJ = 0x200d };

static bool plain_byte(unsigned char c) { return (c >= 0x20 && c < DEL) || c == '\n' || c == '\t'; }

static size_t plain_run(const char *s, size_t n) {
  size_t i = 0;
  while (i < n && plain_byte((unsigned char)s[i])) i++;
  return i;
}

bool term_sanitize_is_plain(const char *s, size_t n) { return plain_run(s, n) == n; }

static bool add_point(struct buf *out, uint32_t p) {
  char bytes[4];
  return buf_add(out, bytes, utf8_encode(p, bytes));
}

static bool drop(struct term_sanitize *c, struct buf *out, uint32_t p) {
  if (!c->visible) return true;
  if (p == '\r') return buf_adds(out, "\\r");
  return buf_addf(out, p < 0x80 ? "\\x%02x" : p < 0x10000 ? "\\u%04x" : "\\u{%x}", (unsigned)p);
}

/* A joiner is written once the picture after it is known to be there. */
static bool settle_joiner(struct term_sanitize *c, struct buf *out, bool joins) {
  if (c->emoji != TERM_SANITIZE_EMOJI_JOINED) return true;
  c->emoji = TERM_SANITIZE_NO_EMOJI;
  return joins ? add_point(out, ZWJ) : drop(c, out, ZWJ);
}

/* What begins with this C1 control, or with ESC and this letter's 7-bit form. */
static enum term_sanitize_state opened_by(uint32_t c1) {
  if (c1 == 0x9b) return TERM_SANITIZE_CSI;
  return c1 == 0x90 || c1 == 0x98 || c1 == 0x9d || c1 == 0x9e || c1 == 0x9f ? TERM_SANITIZE_STRING : TERM_SANITIZE_TEXT;
}

static bool text_point(struct term_sanitize *c, struct buf *out, uint32_t p) {
  const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)p);
  bool picture = property->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
  if (p == ZWJ && (c->emoji == TERM_SANITIZE_EMOJI || c->emoji == TERM_SANITIZE_EMOJI_DRESSED)) {
    c->emoji = TERM_SANITIZE_EMOJI_JOINED;
    return true;
  }
  if (!settle_joiner(c, out, picture)) return false;
  bool selector = p == 0xfe0e || p == 0xfe0f, tone = p >= 0x1f3fb && p <= 0x1f3ff;
  if (c->emoji == TERM_SANITIZE_EMOJI && (selector || tone)) {
    c->emoji = TERM_SANITIZE_EMOJI_DRESSED; /* one only: a row of selectors can carry hidden text */
    return add_point(out, p);
  }
  c->emoji = picture ? TERM_SANITIZE_EMOJI : TERM_SANITIZE_NO_EMOJI;
  if (p == '\n' || p == '\t') return add_point(out, p);
  if (p < 0x20 || (p >= DEL && p < 0xa0)) {
    if (!c->visible) c->state = p == ESC ? TERM_SANITIZE_ESCAPE : opened_by(p);
    return drop(c, out, p);
  }
  bool separator = p == 0x2028 || p == 0x2029, annotation = p >= 0xfff9 && p <= 0xfffb;
  if (property->ignorable || separator || annotation) return drop(c, out, p);
  return add_point(out, p);
}

/* Inside a sequence: true when p belongs to it, false when the sequence is over and p is text. A newline ends every sequence, so
 * that one which is never closed hides a line at most. */
static bool swallowed(struct term_sanitize *c, uint32_t p) {
  enum term_sanitize_state state = c->state;
  bool string = state == TERM_SANITIZE_STRING || state == TERM_SANITIZE_STRING_ESCAPE;
  c->state = TERM_SANITIZE_TEXT;
  if (p == '\n') return false;
  if (p == CAN || p == SUB) return true;
  if (string) {
    if (p == BEL || p == ST || (state == TERM_SANITIZE_STRING_ESCAPE && p == '\\')) return true;
    if (p == ESC) return c->state = TERM_SANITIZE_STRING_ESCAPE, true;
    if (state == TERM_SANITIZE_STRING) return c->state = state, true;
    state = TERM_SANITIZE_ESCAPE; /* ESC and no backslash: the string was cut off by another sequence */
  }
  if (p == ESC) return c->state = TERM_SANITIZE_ESCAPE, true;
  if (p < 0x20) return c->state = state, true;
  if (p >= DEL) return false;
  if (state == TERM_SANITIZE_CSI) {
    if (p < 0x40) c->state = TERM_SANITIZE_CSI;
  } else if (p < 0x30) {
    c->state = TERM_SANITIZE_INTERMEDIATE;
  } else if (state == TERM_SANITIZE_ESCAPE && p >= 0x40 && p < 0x60) {
    c->state = opened_by(p + 0x40);
  }
  return true;
}

/* Takes one character off s and gives its length; 0 when its rest may still come. */
static size_t step(struct term_sanitize *c, struct buf *out, const char *s, size_t n, bool last, bool *ok) {
  uint32_t p = 0;
  size_t len = utf8_decode(s, n, &p);
  if (len > 0) {
    if (c->state == TERM_SANITIZE_TEXT || !swallowed(c, p)) *ok = text_point(c, out, p);
    return len;
  }
  len = utf8_bad(s, n);
  if (!last && utf8_open(s, n)) return 0;
  if (c->state != TERM_SANITIZE_TEXT && swallowed(c, 0xfffd)) return len;
  *ok = settle_joiner(c, out, false);
  c->emoji = TERM_SANITIZE_NO_EMOJI;
  if (!c->visible) *ok = *ok && add_point(out, 0xfffd);
  for (size_t i = 0; c->visible && i < len && *ok; i++) *ok = buf_addf(out, "\\x%02x", (unsigned char)s[i]);
  return len;
}

/* Characters from s; what is left is the beginning of one. */
static size_t steps(struct term_sanitize *c, struct buf *out, const char *s, size_t n, bool last, bool *ok) {
  size_t i = 0;
  while (i < n && *ok) {
    size_t run = c->state == TERM_SANITIZE_TEXT ? plain_run(s + i, n - i) : 0;
    if (run > 0) {
      *ok = settle_joiner(c, out, false) && buf_add(out, s + i, run);
      c->emoji = TERM_SANITIZE_NO_EMOJI;
      i += run;
      continue;
    }
    size_t len = step(c, out, s + i, n - i, last, ok);
    if (len == 0) break;
    i += len;
  }
  return i;
}

bool term_sanitize_feed(struct term_sanitize *c, struct buf *out, const char *s, size_t n) {
  bool ok = true;
  while (c->part_len > 0 && n > 0 && ok) { /* finish the character that was cut, byte by byte */
    c->part[c->part_len++] = *s++;
    n--;
    size_t done = steps(c, out, c->part, c->part_len, false, &ok);
    memmove(c->part, c->part + done, c->part_len - done);
    c->part_len -= done;
  }
  if (n == 0 || !ok) return ok;
  size_t done = steps(c, out, s, n, false, &ok);
  if (!ok) return false;
  c->part_len = n - done;
  memcpy(c->part, s + done, c->part_len);
  return true;
}

bool term_sanitize_end(struct term_sanitize *c, struct buf *out) {
  bool ok = true;
  steps(c, out, c->part, c->part_len, true, &ok);
  ok = ok && settle_joiner(c, out, false);
  *c = (struct term_sanitize){.visible = c->visible};
  return ok;
}
