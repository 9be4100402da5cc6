/* The one sanitiser before every terminal sink: valid UTF-8 with newline and tab as its only controls; no escape sequence, no C1,
 * no bidi control, no invisible character (but joiners and variation selectors inside emoji).
 * Text may come in pieces cut anywhere: the result is that of the whole. A zeroed struct clean is ready for use; it owns nothing. */
#ifndef QWEN_CLEAN_H
#define QWEN_CLEAN_H
#include <stdbool.h>
#include <stddef.h>

struct buf;

enum clean_state { CLEAN_TEXT, CLEAN_ESCAPE, CLEAN_INTERMEDIATE, CLEAN_CSI, CLEAN_STRING, CLEAN_STRING_ESCAPE };
enum clean_emoji { CLEAN_NO_EMOJI, CLEAN_EMOJI, CLEAN_EMOJI_DRESSED /* has its selector or skin tone */, CLEAN_EMOJI_JOINED };

struct clean {
  bool visible;            /* show what would be dropped, as \x1b or \u202e */
  enum clean_state state;
  enum clean_emoji emoji;  /* what the last characters were */
  char part[4];            /* beginning of a character whose rest has not come */
  size_t part_len;
};

bool clean_feed(struct clean *c, struct buf *out, const char *s, size_t n); /* appends to out; false without memory */
bool clean_end(struct clean *c, struct buf *out);                           /* no more pieces; c is as new, but for visible */
bool clean_is_plain(const char *s, size_t n);                               /* printable ASCII, newline and tab only */
#endif
