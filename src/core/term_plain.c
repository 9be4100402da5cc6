/* The text of what was written for a terminal. What may be shown on one is decided in term_sanitize.c. */
#include "term_plain.h"

#include <string.h>

#include "buf.h"

enum { ESC = 27, DEL = 127, STRING_MAX = 4096 };

struct line {
  struct buf *out;
  size_t start; /* where the last line begins */
  bool back;    /* the cursor stands at its first column: what comes next is written over it */
  const char *endless; /* no control string ends before this: it is not looked for twice */
};

/* The length of the control string that begins at s (behind ESC and its introducer); 0 when no end of it is near. */
static size_t string_length(struct line *l, const char *s, size_t n) {
  if (s < l->endless) return 0;
  size_t i = 0;
  for (; i < n && i < STRING_MAX && s[i] != '\n'; i++) {
    if (s[i] == '\a') return i + 1;
    if (s[i] == ESC && i + 1 < n && s[i + 1] == '\\') return i + 2;
  }
  l->endless = s + i;
  return 0;
}

static size_t span(const char *s, size_t n, unsigned char low, unsigned char high) {
  size_t i = 0;
  while (i < n && (unsigned char)s[i] >= low && (unsigned char)s[i] <= high) i++;
  return i;
}

/* A control sequence behind ESC [: erasing the line and going to its beginning are followed. Gives its length. */
static size_t sequence(struct line *l, const char *s, size_t n) {
  size_t parameters = span(s, n, 0x30, 0x3f), i = parameters + span(s + parameters, n - parameters, 0x20, 0x2f);
  if (i >= n || (unsigned char)s[i] < 0x40 || (unsigned char)s[i] > 0x7e) return i;
  if (s[i] == 'K' && (l->back || (parameters == 1 && s[0] == '2'))) l->out->len = l->start;
  if (s[i] == 'G' && (parameters == 0 || (parameters == 1 && s[0] == '1'))) l->back = true;
  return i + 1;
}

/* What stands behind an ESC; gives its length. */
static size_t escape(struct line *l, const char *s, size_t n) {
  if (n == 0) return 0;
  if (s[0] == '[') return 1 + sequence(l, s + 1, n - 1);
  if (strchr("]PX^_", s[0]) && s[0]) return 1 + string_length(l, s + 1, n - 1);
  size_t between = span(s, n, 0x20, 0x2f);
  return between < n && (unsigned char)s[between] >= 0x30 && (unsigned char)s[between] < DEL ? between + 1 : between;
}

static void rub_out(struct line *l) {
  struct buf *b = l->out;
  if (b->len == l->start) return;
  do b->len--;
  while (b->len > l->start && ((unsigned char)b->data[b->len] & 0xc0) == 0x80);
}

bool term_plain(struct buf *out, const char *s, size_t n) {
  struct line l = {.out = out, .start = out->len, .endless = s};
  for (size_t i = 0; i < n;) {
    size_t text = i;
    while (text < n && ((unsigned char)s[text] >= ' ' || s[text] == '\t') && s[text] != DEL) text++;
    if (text > i) {
      if (l.back) out->len = l.start;
      l.back = false;
      if (!buf_add(out, s + i, text - i)) return false;
      i = text;
      continue;
    }
    unsigned char c = (unsigned char)s[i++];
    if (c == '\n' || c == '\0') { /* lists with zero bytes stay lists */
      if (!buf_add(out, "\n", 1)) return false;
      l.start = out->len;
      l.back = false;
    } else if (c == '\r') {
      l.back = true;
    } else if (c == '\b') {
      rub_out(&l);
    } else if (c == ESC) {
      i += escape(&l, s + i, n - i);
    }
  }
  return true;
}
