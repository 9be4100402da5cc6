/* Rate limits that many processes keep together: an exact log of what was granted, several windows at once, first come first served.
 * A key names what is limited (an account). Time is CLOCK_BOOTTIME, so that a wall clock that jumps changes nothing; only windows of
 * a UTC day look at the wall clock. Every call but limit_open and limit_close needs limit_lock before and gives the lock back. */
#ifndef QWEN_LIMIT_H
#define QWEN_LIMIT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
enum { LIMIT_WINDOWS = 16, LIMIT_AHEAD = 1000 };

struct limit_window {
  double n, per;  /* at most n in any `per` seconds */
  double margin;  /* added to per: what the way to the server may differ between two grants */
  bool weighted;  /* counts the weight of a grant, not the grant */
  bool day;       /* per is the UTC day, not a sliding time */
};

struct limit_clock { /* in place of the system's, for tests */
  double (*now)(void), (*wall)(void);
  const char *boot;
};
struct limit_ask {
  const char *key, *spec, *pause; /* spec: words for the windows; pause: another key whose pause counts, too, or NULL */
  const struct limit_window *windows;
  int count;
  double weight;
  int64_t ticket;         /* 0 at first, then that of the last answer */
  bool background;        /* lets those go first that are not, three of four times */
};

struct limit_answer {
  int64_t grant;   /* 0: not yet */
  int64_t ticket;  /* place in the queue when not granted */
  double wait, again; /* seconds until this place can be granted, as it looks now, and after which to ask again */
  int ahead;       /* others in the queue before it */
  int window;      /* index of the window that is full, -1: the key pauses, -2: a server said so */
  bool first;      /* nothing was known of this key */
  bool leapt, unsure; /* the wall clock has leapt by days; no server's date has confirmed it since: see limit_date */
};

struct limit_use {
  double used, next, all; /* granted in the window; seconds until one is given back, and until all are */
};

struct limit; /* NULL clock: the system's. path ":memory:" is for this process alone. */
struct limit *limit_open(const char *path, const struct limit_clock *clock, struct err *e);
void limit_close(struct limit *l);
int limit_lock(struct limit *l, struct err *e); /* 1 taken, 0 held by another, -1 failed */
const char *limit_aside(const struct limit *l); /* where a damaged file went, "" when none was */

/* A grant, or a place in the queue. Who asks LIMIT_STALE - 1 seconds later than it was told to loses its claim until it asks. */
#define LIMIT_STALE 3.0
bool limit_take(struct limit *l, const struct limit_ask *ask, struct limit_answer *answer, struct err *e);
bool limit_leave(struct limit *l, int64_t ticket, struct err *e);
/* The real weight of a grant; and that its request left so many seconds later: no grant since counts as earlier than that. */
bool limit_settle(struct limit *l, const char *key, int64_t grant, double weight, struct err *e);
bool limit_sent(struct limit *l, const char *key, int64_t grant, double seconds, struct err *e);
/* A grant that was not used is given back, when it is still the newest. */
bool limit_undo(struct limit *l, const char *key, int64_t grant, struct err *e);
/* Nobody is granted anything for `seconds`; seconds < 0: one more doubling from 1 up to 60. Gives the seconds in force. */
bool limit_shut(struct limit *l, const char *key, double seconds, double *shut, struct err *e);
/* What a server said in its answer to a grant: at most `left` more until `seconds` from now, in the window that per and weighted name. */
bool limit_tighten(struct limit *l, const char *key, int64_t grant, const struct limit_window *w, double left, double seconds, struct err *e);
/* The server's own date: where the wall clock shows the same, it is right, and so was its leap. A server's word alone changes nothing. */
bool limit_date(struct limit *l, double wall, struct err *e);
/* Grants from before, oldest first, for a key of which nothing is known: ages in seconds. */
bool limit_seed(struct limit *l, const char *key, const double *ages, const double *weights, size_t count, struct err *e);
bool limit_usage(struct limit *l, const char *key, const struct limit_window *windows, int count, struct limit_use *use, struct err *e);

struct limit_key {
  char name[256], spec[256];
  double shut; /* seconds until the pause is over, 0 when there is none */
  int waiting, background; /* all; those of them in the background */
};
/* The keys that are known, by name: at most `most` of them. */
bool limit_keys(struct limit *l, struct limit_key *keys, size_t most, size_t *count, struct err *e);
bool limit_forget(struct limit *l, const char *key, struct err *e);
#endif
