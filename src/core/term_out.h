/* Standard output behind a buffer that is written whenever the program is about to wait, and at the end.
 * A reader that is gone is remembered: later writes are dropped and flush says so. Nothing is ever cut for a slow reader: the program
 * waits for it, but for a terminal that term_out_attach has named, where the rest stays in the buffer and the loop goes on. */
#ifndef QWEN_TERM_OUT_H
#define QWEN_TERM_OUT_H
#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

struct err;
void term_out_init(void); /* ignores SIGPIPE, hooks into the loop */
void term_out_write(const char *bytes, size_t n);
bool term_out_flush(struct err *e);                     /* waits until all is written; e may be NULL */
bool term_out_write_error(const char *bytes, size_t n); /* standard error, at once, after a flush; cleaned: it is for people */

void term_out_attach(loop_fn taken, void *arg); /* standard output is a terminal nobody waits for; taken: after it was behind it has all */
void term_out_detach(void);                     /* a flush, and back */
bool term_out_behind(void);                     /* the terminal has not taken all that it was given */
#endif
