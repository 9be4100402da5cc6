/* Whether a Lua pattern comes to an end in time: the same search as the standard library's, with a bound on its steps. It gives no
 * captures; who may go on calls the standard function. */
#ifndef QWEN_PATTERN_H
#define QWEN_PATTERN_H
#include <stdbool.h>
#include <stddef.h>

enum pattern_end {
  PATTERN_NONE,  /* it fits nowhere */
  PATTERN_FOUND, /* it fits */
  PATTERN_ODD,   /* the pattern is malformed or too complex: the standard function says so */
  PATTERN_SPENT, /* the steps are used up */
};

struct pattern_text {
  const char *text, *pattern; /* a NUL behind each */
  size_t text_len, pattern_len;
  size_t start;               /* where the search begins; not behind the end */
  size_t most;                /* matches, one behind the other; 1 is a find */
  bool anchors;               /* a ^ at the beginning holds it to the start */
  long steps;                 /* how many there may be; what is left of them */
  size_t from, to;            /* of the last match */
};

/* Whether an ordinary function may be called without a look: no search of this size can take longer than these steps. */
bool pattern_harmless(const struct pattern_text *t);
enum pattern_end pattern_try(struct pattern_text *t);
#endif
