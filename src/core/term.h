/* The terminal of standard input and output: raw while open, given back on close, exit, suspend and death by a signal.
 * One per process. The descriptor of term_open is ours alone (non-blocking without touching the one other programs share);
 * it stays open until term_close. */
#ifndef QWEN_TERM_H
#define QWEN_TERM_H
#include <stdbool.h>
#include <stddef.h>

struct err;
int term_open(struct err *e);           /* descriptor to read keys from, or -1 */
size_t term_early(void);                /* so many of its first bytes were typed before it was raw: there Enter is a \n */
void term_close(void);
void term_suspend(void);                /* gives the terminal back, stops this process, takes it again on continue */
void term_retake(void);                 /* raw again, after somebody else may have changed it */
void term_ask_extended_keys(void);      /* the terminal has said that it knows modifyOtherKeys */
bool term_dumb(void);                   /* the terminal knows no escape sequence */
void term_keep_title(bool keep);        /* the terminal remembers its title; false: it has it back */
void term_size(int *rows, int *columns);
#endif
