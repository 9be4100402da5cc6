/* The ranking of fuzzy.h: a greedy match of the letters, made as short as it can be, with points for beginnings of words and neighbours. */
#include "fuzzy.h"

#include <stdbool.h>
#include <string.h>

enum { HIT = 16, WORD_BEGINS = 10, NEIGHBOUR = 8, GAP = 1, GAP_MAX = 12, IN_LAST_PART = 24, LONG_NAME = 64, WORD_MAX = 256 };

static unsigned char lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c; }
static bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
static bool fits(unsigned char c, unsigned char letter) { return c == letter || (!is_upper(letter) && lower(c) == letter); }

static bool begins_word(const char *s, size_t i) {
  if (i == 0 || strchr("/_-. ", s[i - 1])) return true;
  return is_upper((unsigned char)s[i]) && is_lower((unsigned char)s[i - 1]);
}

/* Points of the letters in s[from..n), or -1: forward to the first end of a match, then back for its last beginning. */
static int match(const char *s, size_t from, size_t n, const char *word, size_t len) {
  size_t k = 0, i = from;
  for (; i < n && k < len; i++) k += fits((unsigned char)s[i], (unsigned char)word[k]);
  if (k < len) return -1;
  size_t at = i, place[WORD_MAX];
  while (k > 0) {
    at--;
    if (fits((unsigned char)s[at], (unsigned char)word[k - 1])) place[--k] = at;
  }
  int score = 0;
  for (k = 0; k < len; k++) {
    size_t gap = k ? place[k] - place[k - 1] - 1 : 0;
    score += HIT + (begins_word(s, place[k]) ? WORD_BEGINS : 0) + (k && gap == 0 ? NEIGHBOUR : 0);
    score -= gap > GAP_MAX ? GAP_MAX : (int)gap * GAP;
  }
  return score;
}

static int score_of(const char *s, size_t n, const char *word, size_t len) {
  const char *slash = memrchr(s, '/', n);
  int whole = match(s, 0, n, word, len);
  if (whole < 0) return -1;
  if (slash) {
    int last = match(s, (size_t)(slash - s) + 1, n, word, len);
    if (last >= 0 && last + IN_LAST_PART > whole) whole = last + IN_LAST_PART;
  } else {
    whole += IN_LAST_PART;
  }
  return whole * LONG_NAME - (int)(n > LONG_NAME ? LONG_NAME : n) + LONG_NAME; /* of two alike the shorter one */
}

size_t fuzzy_rank(const char *list, size_t n, const char *word, size_t word_len, struct fuzzy_match *best, size_t limit) {
  size_t count = 0;
  if (word_len > WORD_MAX) return 0;
  for (const char *s = list, *end = list + n, *next; s < end; s = next + 1) {
    next = memchr(s, '\0', (size_t)(end - s));
    if (!next) next = end;
    struct fuzzy_match one = {s, (size_t)(next - s), 0};
    one.score = one.len ? score_of(s, one.len, word, word_len) : -1;
    if (one.score < 0 || (count == limit && (limit == 0 || one.score <= best[limit - 1].score))) continue;
    size_t at = count < limit ? count++ : limit - 1;
    for (; at > 0 && best[at - 1].score < one.score; at--) best[at] = best[at - 1];
    best[at] = one;
  }
  return count;
}
