/* Bytes from a terminal to events. A zeroed struct keys is ready for use and owns its buffers until keys_free.
 * Bytes may come cut anywhere: events are those of the whole, as long as keys_flush is not called between. */
#ifndef QWEN_KEYS_H
#define QWEN_KEYS_H
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { KEYS_PASTE_MAX = 16 * 1024 * 1024 };
enum key_type { KEY_KEY, KEY_PASTE, KEY_FOCUS, KEY_REPLY };

/* name: "a", "ctrl-c", "alt-shift-f", "enter"; of focus "in" or "out". text lives as long as the event and until the next call:
 * what a printable key types, the text of a paste with \n as line end, a reply without its ESC and its terminator ("]11;rgb:0/0/0"). */
struct key_event {
  enum key_type type;
  char name[32];
  const char *text; /* NULL when none */
  size_t len;
  bool cut;         /* a paste was longer than KEYS_PASTE_MAX and lost its end */
};

struct keys {
  struct buf in, paste;
  size_t at;            /* how much of in is used up */
  bool pasting, cut, last;
};

bool keys_feed(struct keys *k, const char *bytes, size_t n); /* false without memory */
bool keys_next(struct keys *k, struct key_event *e);         /* false: nothing more for now */
double keys_patience(const struct keys *k);                  /* after this many seconds without bytes call keys_flush; 0: nothing is open */
void keys_flush(struct keys *k);                             /* what is open is all there is: a lone Esc is the Esc key */
void keys_free(struct keys *k);
#endif
