/* When the next place of a key is free: from the log, from what servers said, and from the turns of those ahead. */
#include <math.h>

#include "limit_internal.h"

/* False: it is so old that it was forgotten, or never was (or *e is set). */
bool limit_grant_at(struct plan *p, int64_t ord, double *at, int64_t *day) {
  sqlite3_stmt *get =
      ord < 1 ? NULL
              : limit_query(p, GRANT_GET, "SELECT at, day FROM grants WHERE key = ? AND ord = ?",
                            "ii", p->key, ord);
  if (!get || db_step(&p->l->db, get, p->e) <= 0) return false;
  *at = p->l->db.sql->column_double(get, 0);
  *day = p->l->db.sql->column_int64(get, 1);
  p->l->db.sql->reset(get);
  return true;
}

static int64_t day_at(const struct plan *p, double t) {
  int64_t day = (int64_t)floor((p->wall + (t - p->now)) / DAY);
  return day > p->day ? day : p->day;
}

/* When the window has room again, given that `at` fills it. */
double limit_after(const struct plan *p, const struct limit_window *w, double at, int64_t day, double t) {
  if (!w->day) return at + w->per + w->margin;
  if (day < day_at(p, t)) return t;
  return p->now + ((double)(day + 1) * DAY - p->wall) + w->margin;
}

/* The earliest time from t on at which one more fits into a window of grants: the n-th last must have left it. */
static double free_count(struct plan *p, const struct limit_window *w, double t) {
  int64_t ord = p->last + p->turns - (int64_t)w->n + 1, day = 0;
  double at = 0;
  if (ord > p->last) {
    at = p->at[ord - p->last - 1];
    day = day_at(p, at);
  } else if (!limit_grant_at(p, ord, &at, &day)) {
    return t;
  }
  double free = limit_after(p, w, at, day, t);
  return free > t ? free : t;
}

/* The same for weights: from the newest back, until what is asked for no longer fits. What alone is too large counts as all of it. */
static double free_weight(struct plan *p, const struct limit_window *w, double t, double weight) {
  double room = w->n - (weight < w->n ? weight : w->n), sum = 0, start = w->day ? 0 : t - w->per - w->margin;
  for (int i = p->turns - 1; i >= 0 && p->at[i] > start; i--) {
    sum += p->weight[i];
    if (sum > room) return fmax(t, limit_after(p, w, p->at[i], day_at(p, p->at[i]), t));
  }
  const struct db_sqlite_api *sql = p->l->db.sql;
  sqlite3_stmt *back = limit_query(
      p, GRANTS_BACK, "SELECT at, day, weight FROM grants WHERE key = ? ORDER BY ord DESC", "i",
      p->key);
  while (back && db_step(&p->l->db, back, p->e) > 0) {
    double at = sql->column_double(back, 0);
    int64_t day = sql->column_int64(back, 1);
    sum += sql->column_double(back, 2);
    bool gone = w->day ? day < day_at(p, t) : at <= start;
    if (gone || sum > room) {
      sql->reset(back);
      return gone ? t : fmax(t, limit_after(p, w, at, day, t));
    }
  }
  return t;
}

/* The weight, or the number, of the grants after number ord. */
static double since(struct plan *p, int64_t ord, bool weighted) {
  if (!weighted) return (double)(p->last - ord);
  sqlite3_stmt *get = limit_query(
      p, SINCE, "SELECT total(weight) FROM grants WHERE key = ? AND ord > ?", "ii", p->key, ord);
  double sum = 0;
  if (get && db_step(&p->l->db, get, p->e) > 0) {
    sum = p->l->db.sql->column_double(get, 0);
    p->l->db.sql->reset(get);
  }
  return sum;
}

struct tight {
  int64_t ord;
  double remain, until;
  bool weighted;
};

/* What servers said that still counts. */
static int load_tight(struct plan *p, struct tight out[LIMIT_WINDOWS]) {
  const struct db_sqlite_api *sql = p->l->db.sql;
  sqlite3_stmt *list = limit_query(
      p, TIGHT_LIST,
      "SELECT ord, remain, until, weighted FROM tight WHERE key = ? AND until > ? LIMIT 16", "id",
      p->key, p->now);
  int n = 0;
  while (list && n < LIMIT_WINDOWS && db_step(&p->l->db, list, p->e) > 0)
    out[n++] = (struct tight){sql->column_int64(list, 0), sql->column_double(list, 1), sql->column_double(list, 2), sql->column_int64(list, 3)};
  if (list) sql->reset(list);
  return n;
}

/* The turn of one more, after those that are planned: not before them, all windows at once. *full is what it waits for; at first what the
 * one before it waits for. */
static double turn(struct plan *p, const struct limit_ask *ask, double weight, const struct tight *tight, int tights, int *full) {
  double t = p->turns ? fmax(p->now, p->at[p->turns - 1]) : p->now;
  if (!p->turns) *full = -1;
  if (p->until > t) {
    t = p->until;
    *full = -1;
  }
  for (int i = 0; i < ask->count; i++) { /* each is a lower bound by itself: later is never worse */
    const struct limit_window *w = &ask->windows[i];
    double free = w->weighted ? free_weight(p, w, t, weight) : free_count(p, w, t);
    if (free > t) {
      t = free;
      *full = i;
    }
  }
  for (int i = 0; i < tights; i++) {
    double used = since(p, tight[i].ord, tight[i].weighted);
    for (int k = 0; k < p->turns; k++) used += tight[i].weighted ? p->weight[k] : 1;
    if (tight[i].until > t && used + (tight[i].weighted ? weight : 1) > tight[i].remain) {
      t = tight[i].until;
      *full = -2;
    }
  }
  return t;
}

/* The same for number i in a queue where nothing is weighed: it depends on few of those before it, and turns never go back. p->at holds the
 * turns that are known, the others are negative. */
static double counted_turn(struct plan *p, const struct limit_ask *ask, int i, const struct tight *tight, int tights, int *full) {
  double t = fmax(p->now, p->until);
  *full = -1;
  if (p->at[i] >= 0) return p->at[i];
  for (int k = 0; k < ask->count; k++) {
    const struct limit_window *w = &ask->windows[k];
    int before = w->n > i ? -1 : i - (int)w->n, other;
    double at = before < 0 ? 0 : counted_turn(p, ask, before, tight, tights, &other);
    int64_t day = before < 0 ? 0 : day_at(p, at);
    if (before < 0 && !limit_grant_at(p, p->last + i + 1 - (int64_t)w->n, &at, &day)) continue;
    double free = limit_after(p, w, at, day, t);
    if (free > t) t = free, *full = k;
  }
  for (int k = 0; k < tights; k++)
    if (tight[k].until > t && since(p, tight[k].ord, false) + i + 1 > tight[k].remain) t = tight[k].until, *full = -2;
  return p->at[i] = t;
}

static bool is_weighed(const struct limit_ask *ask, const struct tight *tight, int tights) {
  for (int i = 0; i < ask->count; i++)
    if (ask->windows[i].weighted) return true;
  for (int i = 0; i < tights; i++)
    if (tight[i].weighted) return true;
  return false;
}

double limit_turn(struct plan *p, const struct limit_ask *ask, int ahead, int *full) {
  struct tight tight[LIMIT_WINDOWS];
  int tights = load_tight(p, tight);
  *full = -1;
  if (!is_weighed(ask, tight, tights)) {
    for (int i = 0; i <= ahead; i++) p->at[i] = -1;
    return counted_turn(p, ask, ahead, tight, tights, full);
  }
  for (p->turns = 0; p->turns < ahead; p->turns++) p->at[p->turns] = turn(p, ask, p->weight[p->turns], tight, tights, full);
  return turn(p, ask, ask->weight, tight, tights, full);
}
