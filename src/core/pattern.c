/* The search of pattern.h. Captures are filled in place; giving up is a state that ends every loop. */
#include "pattern.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

enum { DEPTH_MAX = 200, HARMLESS_STEPS = 4 * 1000 * 1000 };

typedef const unsigned char *place;

struct run {
  struct pattern_search *s;
  place begin, end, pattern_end;
  int depth;
  enum pattern_result failed; /* PATTERN_BROKEN or PATTERN_SPENT: all is given up */
};

static place broken(struct run *r, const char *problem) {
  if (!r->failed) {
    r->failed = PATTERN_BROKEN;
    r->s->problem = problem;
  }
  return NULL;
}

static double cpu_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void look_at_clock(struct run *r) {
  struct pattern_search *s = r->s;
  double now = cpu_now();
  s->steps = 0;
  if (s->deadline == 0) s->deadline = now + s->budget;
  if (!r->failed && (now >= s->deadline || (s->stop && s->stop()))) r->failed = PATTERN_SPENT;
}

static void step(struct run *r, size_t steps) {
  r->s->steps += (long)steps;
  if (r->s->steps >= PATTERN_STRIDE) look_at_clock(r);
}

/* The end of a single item: a character, a class, or a set. NULL: malformed. */
static place item_end(struct run *r, place p) {
  if (*p == '%') return p + 1 < r->pattern_end ? p + 2 : broken(r, "malformed pattern (ends with '%')");
  if (*p != '[') return p + 1;
  p += p[1] == '^' ? 2 : 1;
  do {
    if (p >= r->pattern_end) return broken(r, "malformed pattern (missing ']')");
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
    case 'z': in = c == 0; break; /* the standard functions know it, too */
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

static bool fits(struct run *r, place s, place p, place item) {
  step(r, 1 + (size_t)(item - p) / 8);
  if (s >= r->end || r->failed) return false;
  switch (*p) {
    case '.': return true;
    case '%': return in_class(*s, p[1]);
    case '[': return in_set(*s, p, item - 1);
    default: return *p == *s;
  }
}

static place match(struct run *r, place s, place p);

static place match_most(struct run *r, place s, place p, place item) {
  ptrdiff_t n = 0;
  while (fits(r, s + n, p, item)) n++;
  for (; n >= 0 && !r->failed; n--) {
    place end = match(r, s + n, item + 1);
    if (end) return end;
  }
  return NULL;
}

static place match_least(struct run *r, place s, place p, place item) {
  while (!r->failed) {
    place end = match(r, s, item + 1);
    if (end) return end;
    if (!fits(r, s, p, item)) return NULL;
    s++;
  }
  return NULL;
}

static place open_capture(struct run *r, place s, place p) {
  bool position = p[1] == ')';
  if (r->s->count >= PATTERN_CAPTURES) return broken(r, "too many captures");
  struct pattern_capture *c = &r->s->captures[r->s->count++];
  *c = (struct pattern_capture){(size_t)(s - r->begin), 0, position ? PATTERN_POSITION : PATTERN_OPEN};
  place end = match(r, s, p + (position ? 2 : 1));
  if (!end) r->s->count--;
  return end;
}

static place close_capture(struct run *r, place s, place p) {
  struct pattern_capture *c = r->s->captures + r->s->count;
  do {
    if (c-- == r->s->captures) return broken(r, "invalid pattern capture");
  } while (c->kind != PATTERN_OPEN);
  c->kind = PATTERN_TEXT;
  c->len = (size_t)(s - r->begin) - c->at;
  place end = match(r, s, p + 1);
  if (!end) c->kind = PATTERN_OPEN;
  return end;
}

/* %1: the same text again. */
static place match_again(struct run *r, place s, int digit) {
  int i = digit - '1';
  if (i < 0 || i >= r->s->count || r->s->captures[i].kind == PATTERN_OPEN) return broken(r, "invalid capture index in pattern");
  const struct pattern_capture *c = &r->s->captures[i];
  if (c->kind == PATTERN_POSITION) return NULL; /* a position is no text */
  step(r, c->len / 8);
  return (size_t)(r->end - s) >= c->len && memcmp(r->begin + c->at, s, c->len) == 0 ? s + c->len : NULL;
}

/* %bxy */
static place match_balance(struct run *r, place s, place p) {
  if (p + 1 >= r->pattern_end) return broken(r, "malformed pattern (missing arguments to '%b')");
  if (s >= r->end || *s != p[0]) return NULL;
  for (int open = 1; ++s < r->end && !r->failed;) {
    step(r, 1);
    if (*s == p[1]) {
      if (--open == 0) return s + 1;
    } else if (*s == p[0]) {
      open++;
    }
  }
  return NULL;
}

/* %f[set]: the place between one outside and one inside. Gives the rest of the pattern. */
static place match_border(struct run *r, place s, place p) {
  if (*p != '[') return broken(r, "malformed pattern (missing '[' after '%f')");
  place item = item_end(r, p);
  if (!item) return NULL;
  int before = s == r->begin ? 0 : s[-1], after = s < r->end ? *s : 0;
  return !in_set(before, p, item - 1) && in_set(after, p, item - 1) ? item : NULL;
}

static place match_here(struct run *r, place s, place p) {
  while (p < r->pattern_end) {
    step(r, 1);
    if (r->failed) return NULL;
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

static place match(struct run *r, place s, place p) {
  if (r->depth == DEPTH_MAX) return broken(r, "pattern too complex");
  r->depth++;
  place end = match_here(r, s, p);
  r->depth--;
  return end;
}

enum pattern_result pattern_next(struct pattern_search *s) {
  struct run r = {.s = s, .begin = (place)s->text};
  place p = (place)s->pattern;
  bool anchored = s->anchors && *p == '^';
  r.end = r.begin + s->text_len;
  r.pattern_end = p + s->pattern_len;
  if (anchored && s->again) return PATTERN_NONE;
  for (place at = r.begin + s->at; at <= r.end; at++) {
    s->count = 0;
    place end = match(&r, at, p + anchored);
    if (r.failed) return r.failed;
    size_t to = end ? (size_t)(end - r.begin) : 0;
    if (end && !(s->again && to == s->to)) {
      s->from = (size_t)(at - r.begin);
      s->at = s->to = to;
      s->again = true;
      return PATTERN_FOUND;
    }
    if (anchored) break;
  }
  s->at = s->text_len + 1;
  return PATTERN_NONE;
}

void pattern_spend(struct pattern_search *s, size_t bytes) { s->steps += (long)(bytes / 16); }

void pattern_renew(struct pattern_search *s, double budget) {
  s->budget = budget;
  s->deadline = 0;
  s->steps = 0;
}

/* The places where the match begins and where each repetition ends are choices in rising order: n * (n + 1) / 2 * (n + 2) / 3 ... ways
 * at most. A step of each way costs no more than the pattern is long. */
bool pattern_harmless(const struct pattern_search *s) {
  double n = (double)(s->text_len - s->at + 1), steps = (double)s->pattern_len;
  int choices = 0;
  if (!s->anchors || *s->pattern != '^') steps *= n, choices = 1;
  for (size_t i = 0; i < s->pattern_len; i++) {
    char c = s->pattern[i];
    bool scans = c == '%' && (s->pattern[i + 1] == 'b' || isdigit((unsigned char)s->pattern[i + 1])); /* much text at each place */
    if (c == '*' || c == '+' || c == '-' || scans) {
      steps *= (n + choices) / (choices + 1);
      choices++;
    }
    if (c == '?') steps *= 2;
  }
  return steps <= HARMLESS_STEPS;
}
