/* Which names of a long list a person may mean by a few letters: those that hold the letters in their order, best first. */
#ifndef QWEN_FUZZY_H
#define QWEN_FUZZY_H
#include <stddef.h>

struct fuzzy_match {
  const char *name; /* points into the list */
  size_t len;
  int score;
};

/* list: names, each with a NUL behind it. Fills best[0..limit) in order of score; gives how many. Letters of the word in upper case
 * fit only themselves. */
size_t fuzzy_rank(const char *list, size_t n, const char *word, size_t word_len, struct fuzzy_match *best, size_t limit);
#endif
