/* What the files of the limiter share: its state, its statements, and one use of the file. Nobody else includes this. */
#ifndef QWEN_LIMIT_INTERNAL_H
#define QWEN_LIMIT_INTERNAL_H
#include "limit.h"
#include "db.h"

struct limit {
  struct db db;
  struct limit_clock clock;
  char boot[64];
  int64_t space; /* of process numbers; 0 when it cannot be told */
  bool damaged; /* the file was made anew after damage: all keys start with a pause */
};

/* Everything about one key and one moment that an ask computes with. */
struct plan {
  struct limit *l;
  double now, wall;
  bool leapt;       /* wall is by the time that passed, since the wall clock leapt at `since` */
  bool sure;        /* the clock of the file was confirmed by a server */
  double since;
  int64_t day;      /* of the wall clock, never earlier than that of the key's last grant */
  int64_t key, last;
  int64_t run;      /* how many in a row went before somebody in the background */
  double until;     /* the end of the pause */
  double *at, *weight; /* turns of those ahead, in order */
  int turns;
  struct lanes *lanes;
  struct err *e;
};

static const double DAY = 86400;
static const double CLOCKS_DIFFER = 3600; /* clocks that do by no more show the same time */

enum {
  CLOCK_GET, CLOCK_SET, CLOCK_NEW, MOVE_GRANTS, MOVE_KEYS, MOVE_TIGHT, DROP_QUEUE, KEY_GET, KEY_NEW, KEY_SPEC, KEY_SHUT, KEY_RUN, LAST, GRANT_GET, GRANT_NEW,
  GRANTS_BACK, GRANT_WEIGHT, GRANT_DROP, PRUNE, QUEUE_NEW, QUEUE_SEEN, QUEUE_LIST, QUEUE_DROP, QUEUE_PRUNE, TIGHT_LIST, TIGHT_SET, TIGHT_PRUNE, SINCE, KEYS,
  FORGET_GRANTS, FORGET_QUEUE, FORGET_TIGHT, FORGET_KEY, STRIKES, PAUSE_GET, GRANT_LATE, GRANTS_LEAP
};

/* Statement `number` of the file with its values bound by letters: i int64_t, d double, s text. To be stepped; NULL and p->e when
 * it cannot be prepared. */
sqlite3_stmt *limit_query(struct plan *p, int number, const char *text, const char *kinds, ...);
/* The same for one that gives no row, stepped to its end. */
bool limit_exec(struct plan *p, int number, const char *text, const char *kinds, ...);

/* Runs fn on the key between begin and commit, once more after a damaged file was put aside, and gives the lock back. An unknown key
 * is made, or is 0 in the plan. */
typedef bool (*limit_fn)(struct plan *p, void *arg);
bool limit_use(struct limit *l, const char *key, bool make, limit_fn fn, void *arg, struct err *e);
/* Writes the clock of the file: what the wall clock shows, whether a server confirmed that, and since when it has leapt (0: it has not). */
bool limit_set_clock(struct plan *p, double wall, bool sure, double since);
/* When grant number ord was; false when it is not known. */
bool limit_grant_at(struct plan *p, int64_t ord, double *at, int64_t *day);
/* The turn of one who asks behind so many, whose weights are in p->weight; *full: what it waits for, as in struct limit_answer. */
double limit_turn(struct plan *p, const struct limit_ask *ask, int ahead, int *full);
/* When the window has room again, given that a grant at `at` on `day` fills it; not before t. */
double limit_after(const struct plan *p, const struct limit_window *w, double at, int64_t day, double t);
#endif
