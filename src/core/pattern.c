/* See pattern.h. The search goes back step by step as the manual of Lua 5.4 (6.4.1) describes it. */
#include "pattern.h"

#include <ctype.h>
#include <string.h>

enum { MOST_CAPTURES = 32, MOST_DEPTH = 200 };

static const ptrdiff_t OPEN = -1, POSITION = -2;

struct search {
  const unsigned char *begin, *end, *pattern_end;
  long steps;
  int depth, level;
  enum pattern_end stop; /* ODD or SPENT: all is given up */
  struct {
    const unsigned char *at;
    ptrdiff_t len;
  } captures[MOST_CAPTURES];
};

typedef const unsigned char *place;

static place give_up(struct search *r, enum pattern_end why) {
  if (!r->stop) r->stop = why;
  return NULL;
}

/* The end of a single item: a character, a class, or a set. NULL: malformed. */
static place item_end(struct search *r, place p) {
  if (*p == '%') return p + 1 < r->pattern_end ? p + 2 : give_up(r, PATTERN_ODD);
  if (*p != '[') return p + 1;
  p += p[1] == '^' ? 2 : 1;
  do {
    if (p >= r->pattern_end) return give_up(r, PATTERN_ODD);
    p += *p == '%' && p + 1 < r->pattern_end ? 2 : 1;
  } while (p >= r->pattern_end || *p != ']');
  return p + 1;
}

static bool in_class(int c, int class) {
  bool in;
  switch (tolower(class)) {
  case 'a': in = isalpha(c); break;
  case 'c': in = iscntrl(c); break;
  case 'd': in = isdigit(c); break;
  case 'g': in = isgraph(c); break;
  case 'l': in = islower(c); break;
  case 'p': in = ispunct(c); break;
  case 's': in = isspace(c); break;
  case 'u': in = isupper(c); break;
  case 'w': in = isalnum(c); break;
  case 'x': in = isxdigit(c); break;
  default: return class == c;
  }
  return isupper(class) ? !in : in;
}

/* p: at the '['; last: at the ']'. */
static bool in_set(int c, place p, place last) {
  bool wanted = true;
  if (p[1] == '^') {
    wanted = false;
    p++;
  }
  while (++p < last) {
    if (*p == '%') {
      if (in_class(c, *++p)) return wanted;
    } else if (p[1] == '-' && p + 2 < last) {
      p += 2;
      if (p[-2] <= c && c <= *p) return wanted;
    } else if (*p == c) {
      return wanted;
    }
  }
  return !wanted;
}

static bool fits(struct search *r, place s, place p, place item) {
  r->steps -= 1 + (item - p) / 8;
  if (s >= r->end) return false;
  switch (*p) {
  case '.': return true;
  case '%': return in_class(*s, p[1]);
  case '[': return in_set(*s, p, item - 1);
  default: return *p == *s;
  }
}

static place match(struct search *r, place s, place p);

static place match_most(struct search *r, place s, place p, place item) {
  ptrdiff_t n = 0;
  while (fits(r, s + n, p, item)) n++;
  for (; n >= 0 && !r->stop; n--) {
    place end = match(r, s + n, item + 1);
    if (end) return end;
  }
  return NULL;
}

static place match_least(struct search *r, place s, place p, place item) {
  while (!r->stop) {
    place end = match(r, s, item + 1);
    if (end) return end;
    if (!fits(r, s, p, item)) return NULL;
    s++;
  }
  return NULL;
}

static place open_capture(struct search *r, place s, place p) {
  bool position = p[1] == ')';
  if (r->level >= MOST_CAPTURES) return give_up(r, PATTERN_ODD);
  r->captures[r->level].at = s;
  r->captures[r->level++].len = position ? POSITION : OPEN;
  place end = match(r, s, p + (position ? 2 : 1));
  if (!end) r->level--;
  return end;
}

static place close_capture(struct search *r, place s, place p) {
  int i = r->level - 1;
  while (i >= 0 && r->captures[i].len != OPEN) i--;
  if (i < 0) return give_up(r, PATTERN_ODD);
  r->captures[i].len = s - r->captures[i].at;
  place end = match(r, s, p + 1);
  if (!end) r->captures[i].len = OPEN;
  return end;
}

/* %1: the same text again. */
static place match_again(struct search *r, place s, int digit) {
  int i = digit - '1';
  if (i < 0 || i >= r->level || r->captures[i].len == OPEN) return give_up(r, PATTERN_ODD);
  size_t len = (size_t)r->captures[i].len; /* of a position it is too long for any text, as in the standard library */
  r->steps -= r->captures[i].len > 0 ? r->captures[i].len / 8 : 0;
  return (size_t)(r->end - s) >= len && memcmp(r->captures[i].at, s, len) == 0 ? s + len : NULL;
}

/* %bxy */
static place match_balance(struct search *r, place s, place p) {
  if (p + 1 >= r->pattern_end) return give_up(r, PATTERN_ODD);
  if (s >= r->end || *s != p[0]) return NULL;
  for (int open = 1; ++s < r->end;) {
    r->steps--;
    if (*s == p[1]) {
      if (--open == 0) return s + 1;
    } else if (*s == p[0]) {
      open++;
    }
  }
  return NULL;
}

/* %f[set]: the place between one outside and one inside. Gives the rest of the pattern. */
static place match_border(struct search *r, place s, place p) {
  if (*p != '[') return give_up(r, PATTERN_ODD);
  place item = item_end(r, p);
  if (!item) return NULL;
  int before = s == r->begin ? 0 : s[-1], after = s < r->end ? *s : 0;
  return !in_set(before, p, item - 1) && in_set(after, p, item - 1) ? item : NULL;
}

static place match_here(struct search *r, place s, place p) {
  while (p < r->pattern_end) {
    if (r->stop || r->steps-- <= 0) return give_up(r, PATTERN_SPENT);
    if (*p == '(') return open_capture(r, s, p);
    if (*p == ')') return close_capture(r, s, p);
    if (*p == '$' && p + 1 == r->pattern_end) return s == r->end ? s : NULL;
    if (*p == '%' && p[1] == 'b') {
      if (!(s = match_balance(r, s, p + 2))) return NULL;
      p += 4;
    } else if (*p == '%' && p[1] == 'f') {
      if (!(p = match_border(r, s, p + 2))) return NULL;
    } else if (*p == '%' && isdigit(p[1])) {
      if (!(s = match_again(r, s, p[1]))) return NULL;
      p += 2;
    } else {
      place item = item_end(r, p), end;
      if (!item) return NULL;
      int many = item < r->pattern_end ? *item : 0;
      if (many == '-') return match_least(r, s, p, item);
      if (many == '*') return match_most(r, s, p, item);
      bool one = fits(r, s, p, item);
      if (many == '+') return one ? match_most(r, s + 1, p, item) : NULL;
      if (many == '?') {
        if (one && (end = match(r, s + 1, item + 1))) return end;
        p = item + 1;
      } else {
        if (!one) return NULL;
        s++;
        p = item;
      }
    }
  }
  return s;
}

static place match(struct search *r, place s, place p) {
  if (r->depth == MOST_DEPTH) return give_up(r, PATTERN_ODD);
  r->depth++;
  place end = match_here(r, s, p);
  r->depth--;
  return end;
}

/* Each sign of repetition may try every length at each place. */
bool pattern_harmless(const struct pattern_text *t) {
  double steps = (double)(t->text_len - t->start + 1), each = steps;
  for (size_t i = 0; i < t->pattern_len; i++) {
    char c = t->pattern[i];
    if (c == '*' || c == '+' || c == '-') steps *= each;
    else if (c == '?') steps *= 2;
  }
  return steps * (double)t->pattern_len <= (double)t->steps;
}

enum pattern_end pattern_try(struct pattern_text *t) {
  struct search r = { .begin = (place)t->text, .steps = t->steps };
  place p = (place)t->pattern, s = r.begin + t->start, last = NULL;
  bool anchored = t->anchors && *p == '^', found = false;
  size_t left = t->most;
  r.end = r.begin + t->text_len;
  r.pattern_end = p + t->pattern_len;
  if (anchored) p++;
  while (left > 0 && s <= r.end) {
    r.level = r.depth = 0;
    place end = match(&r, s, p);
    if (r.stop) break;
    if (end && end != last) {
      t->from = (size_t)(s - r.begin);
      t->to = (size_t)(end - r.begin);
      found = true;
      left--;
      s = last = end;
    } else {
      s++;
    }
    if (anchored) break;
  }
  t->steps = r.steps;
  return r.stop ? r.stop : found ? PATTERN_FOUND : PATTERN_NONE;
}
