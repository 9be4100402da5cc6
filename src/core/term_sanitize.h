/* The one sanitiser before every terminal sink: valid UTF-8 with newline and tab as its only controls; no escape sequence, no C1,
 * no bidi control, no invisible character (but joiners and variation selectors inside emoji).
 * Text may come in pieces cut anywhere: the result is that of the whole. A zeroed struct term_sanitize is ready for use; it owns nothing. */
#ifndef QWEN_TERM_SANITIZE_H
#define QWEN_TERM_SANITIZE_H
#include <stdbool.h>
#include <stddef.h>

struct buf;

enum term_sanitize_state {
  TERM_SANITIZE_TEXT,
  TERM_SANITIZE_ESCAPE,
  TERM_SANITIZE_INTERMEDIATE,
  TERM_SANITIZE_CSI,
  TERM_SANITIZE_STRING,
  TERM_SANITIZE_STRING_ESCAPE
};
enum term_sanitize_emoji {
  TERM_SANITIZE_NO_EMOJI,
  TERM_SANITIZE_EMOJI,
  TERM_SANITIZE_EMOJI_DRESSED, /* has its selector or skin tone */
  TERM_SANITIZE_EMOJI_JOINED
};

struct term_sanitize {
  bool visible; /* show what would be dropped, as \x1b or \u202e */
  enum term_sanitize_state state;
  enum term_sanitize_emoji emoji; /* what the last characters were */
  char part[4];                   /* beginning of a character whose rest has not come */
  size_t part_len;
};

bool term_sanitize_feed(struct term_sanitize *c, struct buf *out, const char *s, size_t n); /* appends to out; false without memory */
bool term_sanitize_end(struct term_sanitize *c, struct buf *out); /* no more pieces; c is as new, but for visible */
bool term_sanitize_is_plain(const char *s, size_t n);             /* printable ASCII, newline and tab only */
#endif
