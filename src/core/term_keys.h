/* Bytes from a terminal to events. A zeroed struct term_keys is ready for use and owns its buffers until term_keys_free.
 * Bytes may come cut anywhere: events are those of the whole, as long as term_keys_flush is not called between. */
#ifndef QWEN_TERM_KEYS_H
#define QWEN_TERM_KEYS_H
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { TERM_KEYS_PASTE_MAX = 16 * 1024 * 1024 };
enum term_keys_type { TERM_KEYS_KEY, TERM_KEYS_PASTE, TERM_KEYS_FOCUS, TERM_KEYS_REPLY };

/* name: "a", "ctrl-c", "alt-shift-f", "enter"; of focus "in" or "out". text lives as long as the event and until the next call:
 * what a printable key types, the text of a paste with \n as line end, a reply without its ESC and its terminator ("]11;rgb:0/0/0"). */
struct term_keys_event {
  enum term_keys_type type;
  char name[32];
  const char *text; /* NULL when none */
  size_t len;
  bool cut; /* a paste was longer than TERM_KEYS_PASTE_MAX and lost its end */
};

struct term_keys {
  struct buf in, paste;
  size_t at; /* how much of in is used up */
  bool pasting, cut, last;
};

bool term_keys_feed(struct term_keys *k, const char *bytes, size_t n); /* false without memory */
bool term_keys_next(struct term_keys *k, struct term_keys_event *e);   /* false: nothing more for now */
double term_keys_patience(const struct term_keys *k); /* after this many seconds without bytes call term_keys_flush; 0: nothing is open */
void term_keys_flush(struct term_keys *k);            /* what is open is all there is: a lone Esc is the Esc key */
void term_keys_free(struct term_keys *k);
#endif
