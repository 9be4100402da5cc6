/* Lua patterns with a bound on the time of a search: it goes back step by step, as the manual of Lua 5.4 (6.4.1) describes it,
 * and is given up when a budget of CPU time is used up. A struct pattern_search owns nothing; its texts belong to the caller. */
#ifndef QWEN_PATTERN_H
#define QWEN_PATTERN_H
#include <stdbool.h>
#include <stddef.h>

enum { PATTERN_CAPTURES = 32, PATTERN_STRIDE = 4096 /* steps between two looks at the clock: a few microseconds */ };

enum pattern_result {
  PATTERN_NONE,   /* it fits nowhere from here on */
  PATTERN_FOUND,  /* from, to and the captures are filled */
  PATTERN_BROKEN, /* problem says why: the pattern is malformed or too complex */
  PATTERN_SPENT   /* the budget is used up */
};

enum pattern_capture_kind { PATTERN_TEXT, PATTERN_POSITION, PATTERN_OPEN /* its ")" is missing */ };

struct pattern_capture {
  size_t at, len;
  enum pattern_capture_kind kind;
};

struct pattern_search {
  const char *text, *pattern; /* a NUL behind each */
  size_t text_len, pattern_len;
  bool anchors;               /* a ^ at the beginning holds the search to its start */
  size_t at;                  /* where the next search begins; behind the end when all is searched */
  double budget;              /* seconds of this thread's CPU time for one stretch of searching */
  bool (*stop)(void);         /* asked at each look at the clock, true ends the search; may be NULL */

  size_t from, to;            /* of the last match */
  int count;                  /* of its captures */
  const char *problem;

  bool again;                 /* there was a match: none may end where it ended */
  long steps;                 /* since the last look at the clock */
  double deadline;            /* of this stretch; 0 before its first look at the clock */

  struct pattern_capture captures[PATTERN_CAPTURES];
};

/* The next match, behind the last one. A search begins with a struct that is zeroed but for its first part and the captures, which
 * are most of it. */
enum pattern_result pattern_next(struct pattern_search *s);
/* Work of the caller's with so many bytes counts, too. */
void pattern_spend(struct pattern_search *s, size_t bytes);
/* Another stretch begins: something ran in between that has a bound of its own. */
void pattern_renew(struct pattern_search *s, double budget);
/* Whether no search of this size can take longer than some milliseconds, however its pattern goes back. */
bool pattern_harmless(const struct pattern_search *s);
#endif
