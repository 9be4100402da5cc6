/* Standard output behind a buffer that is written whenever the program is about to wait, and at the end.
 * A reader that is gone is remembered: later writes are dropped and flush says so. Nothing is ever cut for a slow reader. */
#ifndef QWEN_OUT_H
#define QWEN_OUT_H
#include <stdbool.h>
#include <stddef.h>

struct err;
void out_init(void);                              /* ignores SIGPIPE, hooks into the loop */
void out_write(const char *bytes, size_t n);
bool out_flush(struct err *e);                    /* e may be NULL */
bool out_write_error(const char *bytes, size_t n); /* standard error, at once, after a flush; cleaned: it is for people */
#endif
