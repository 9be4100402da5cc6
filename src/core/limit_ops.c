/* The limiter of limit.h after a grant: settling, giving back, pausing, what servers say, and looking at the windows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "limit_internal.h"

static const double LONGEST_SHUT = 3600;

/* -- afterwards ------------------------------------------------------------------------------------------------------ */

struct one {
  int64_t number;
  double value, seconds, *out;
  const struct limit_window *window;
};

static bool leave(struct plan *p, void *arg) {
  return limit_exec(p, QUEUE_DROP, "DELETE FROM queue WHERE ticket = ?", "i",
                    ((struct one *)arg)->number);
}

bool limit_leave(struct limit *l, int64_t ticket, struct err *e) { return limit_use(l, NULL, false, leave, &(struct one){.number = ticket}, e); }

static bool settle(struct plan *p, void *arg) {
  struct one *o = arg;
  return limit_exec(p, GRANT_WEIGHT, "UPDATE grants SET weight = ? WHERE key = ? AND ord = ?",
                    "dii", o->value, p->key, o->number);
}

bool limit_settle(struct limit *l, const char *key, int64_t grant, double weight, struct err *e) {
  return limit_use(l, key, false, settle, &(struct one){.number = grant, .value = weight}, e);
}

static bool sent(struct plan *p, void *arg) {
  struct one *o = arg;
  double at = 0;
  int64_t day = 0;
  err_clear(p->e);
  if (!limit_grant_at(p, o->number, &at, &day)) return p->e->kind == ERR_NONE;
  return limit_exec(p, GRANT_LATE, "UPDATE grants SET at = ?1 WHERE key = ?2 AND ord >= ?3 AND at < ?1", "dii",
                    fmin(at + o->seconds, p->now), p->key, o->number);
}

bool limit_sent(struct limit *l, const char *key, int64_t grant, double seconds, struct err *e) {
  return limit_use(l, key, false, sent, &(struct one){.number = grant, .seconds = seconds}, e);
}

static bool undo(struct plan *p, void *arg) {
  int64_t ord = ((struct one *)arg)->number;
  return ord != p->last || limit_exec(p, GRANT_DROP, "DELETE FROM grants WHERE key = ? AND ord = ?",
                                      "ii", p->key, ord);
}

bool limit_undo(struct limit *l, const char *key, int64_t grant, struct err *e) {
  return limit_use(l, key, false, undo, &(struct one){.number = grant}, e);
}

/* Three minutes without a refusal, and the next one is the first again. */
static bool shut(struct plan *p, void *arg) {
  struct limit *l = p->l;
  struct err *e = p->e;
  struct one *o = arg;
  sqlite3_stmt *get =
      limit_query(p, STRIKES, "SELECT struck, strikes FROM keys WHERE id = ?", "i", p->key);
  if (!get || db_step(&l->db, get, e) <= 0) return false;
  int64_t strikes = l->db.sql->column_double(get, 0) < p->now - 3 * 60 ? 0 : l->db.sql->column_int64(get, 1);
  l->db.sql->reset(get);
  double seconds = o->seconds < 0 ? fmin(60, pow(2, (double)strikes)) : fmin(o->seconds, LONGEST_SHUT);
  double until = fmax(p->until, p->now + seconds);
  *o->out = until - p->now;
  return limit_exec(p, KEY_SHUT, "UPDATE keys SET until = ?, struck = ?, strikes = ? WHERE id = ?",
                    "ddii", until, p->now, strikes < 16 ? strikes + 1 : strikes, p->key);
}

bool limit_shut(struct limit *l, const char *key, double seconds, double *out, struct err *e) {
  return limit_use(l, key, true, shut, &(struct one){.seconds = seconds, .out = out}, e);
}

static bool tighten(struct plan *p, void *arg) {
  struct one *o = arg;
  return limit_exec(p, TIGHT_PRUNE, "DELETE FROM tight WHERE until <= ?", "d", p->now) &&
         limit_exec(p, TIGHT_SET, "REPLACE INTO tight VALUES (?, ?, ?, ?, ?, ?)", "idiidd", p->key,
                    o->window->per, (int64_t)o->window->weighted, o->number, o->value,
                    p->now + fmin(o->seconds, DAY));
}

bool limit_tighten(struct limit *l, const char *key, int64_t grant, const struct limit_window *w, double left, double seconds, struct err *e) {
  return limit_use(l, key, true, tighten, &(struct one){.number = grant, .value = left, .seconds = seconds, .window = w}, e);
}

static bool date(struct plan *p, void *arg) {
  struct limit *l = p->l;
  double own = l->clock.wall();
  if (!(fabs(own - ((struct one *)arg)->value) <= CLOCKS_DIFFER)) return true;
  /* Between two confirmed times so much more has passed than the machine has seen: it stood still. What was granted before is older by
   * that, less what the clocks may differ; what was granted since is of today. */
  double stood = p->leapt && p->sure ? fmax(own - p->wall - 2 * CLOCKS_DIFFER, 0) : 0;
  double since = p->leapt ? p->since : HUGE_VAL;
  int64_t today = (int64_t)floor(own / DAY);
  return limit_exec(p, GRANTS_LEAP,
                    "UPDATE grants SET at = iif(at < ?1, at - ?2, at), day = iif(at < ?1, min(day, ?3), ?3)"
                    " WHERE ?2 > 0 OR at >= ?1 OR day > ?3",
                    "ddi", since, stood, today) &&
         limit_set_clock(p, own, true, 0);
}

bool limit_date(struct limit *l, double wall, struct err *e) { return limit_use(l, NULL, false, date, &(struct one){.value = wall}, e); }

struct seed {
  const double *ages, *weights;
  size_t count;
};

static bool seed(struct plan *p, void *arg) {
  struct seed *s = arg;
  if (p->last) return true; /* another process was faster */
  for (size_t i = 0; i < s->count; i++) {
    double age = s->ages[i] > 0 ? s->ages[i] : 0;
    if (!limit_exec(p, GRANT_NEW, "INSERT INTO grants VALUES (?, ?, ?, ?, ?)", "iidid", p->key,
                    (int64_t)i + 1, p->now - age, (int64_t)floor((p->wall - age) / DAY),
                    s->weights[i]))
      return false;
  }
  return true;
}

bool limit_seed(struct limit *l, const char *key, const double *ages, const double *weights, size_t count, struct err *e) {
  return limit_use(l, key, true, seed, &(struct seed){ages, weights, count}, e);
}

/* -- looking --------------------------------------------------------------------------------------------------------- */

struct usage {
  const struct limit_window *windows;
  int count;
  struct limit_use *use;
};

static bool usage(struct plan *p, void *arg) {
  struct usage *u = arg;
  const struct db_sqlite_api *sql = p->l->db.sql;
  memset(u->use, 0, (size_t)u->count * sizeof *u->use);
  if (!p->key) return true;
  sqlite3_stmt *back = limit_query(
      p, GRANTS_BACK, "SELECT at, day, weight FROM grants WHERE key = ? ORDER BY ord DESC", "i",
      p->key);
  int got = back ? 1 : -1;
  while (got > 0 && (got = db_step(&p->l->db, back, p->e)) > 0) {
    double at = sql->column_double(back, 0), weight = sql->column_double(back, 2);
    int64_t day = sql->column_int64(back, 1);
    for (int i = 0; i < u->count; i++) {
      const struct limit_window *w = &u->windows[i];
      struct limit_use *use = &u->use[i];
      if (w->day ? day < p->day : at <= p->now - w->per) continue;
      if (use->used == 0) use->all = limit_after(p, w, at, day, p->now) - p->now;
      use->used += w->weighted ? weight : 1;
      use->next = limit_after(p, w, at, day, p->now) - p->now;
    }
  }
  return got >= 0;
}

bool limit_usage(struct limit *l, const char *key, const struct limit_window *windows, int count, struct limit_use *out, struct err *e) {
  return limit_use(l, key, false, usage, &(struct usage){windows, count, out}, e);
}

struct key_list {
  struct limit_key *keys;
  size_t most, *count;
};

static bool keys(struct plan *p, void *arg) {
  struct key_list *k = arg;
  const struct db_sqlite_api *sql = p->l->db.sql;
  sqlite3_stmt *list = limit_query(
      p, KEYS,
      "SELECT name, spec, until, (SELECT count(*) FROM queue WHERE key = keys.id AND seen > ?1),"
      " (SELECT total(background) FROM queue WHERE key = keys.id AND seen > ?1) FROM keys ORDER BY "
      "name",
      "d", p->now - LIMIT_STALE);
  int got = list ? 1 : -1;
  *k->count = 0;
  while (got > 0 && *k->count < k->most && (got = db_step(&p->l->db, list, p->e)) > 0) {
    struct limit_key *key = &k->keys[(*k->count)++];
    snprintf(key->name, sizeof key->name, "%s", (const char *)sql->column_text(list, 0));
    snprintf(key->spec, sizeof key->spec, "%s", (const char *)sql->column_text(list, 1));
    key->shut = fmax(0, sql->column_double(list, 2) - p->now);
    key->waiting = (int)sql->column_int64(list, 3);
    key->background = (int)sql->column_int64(list, 4);
  }
  if (list) sql->reset(list);
  return got >= 0;
}

bool limit_keys(struct limit *l, struct limit_key *out, size_t most, size_t *count, struct err *e) {
  return limit_use(l, NULL, false, keys, &(struct key_list){out, most, count}, e);
}

static bool forget(struct plan *p, void *arg) {
  (void)arg;
  return limit_exec(p, FORGET_GRANTS, "DELETE FROM grants WHERE key = ?", "i", p->key) &&
         limit_exec(p, FORGET_QUEUE, "DELETE FROM queue WHERE key = ?", "i", p->key) &&
         limit_exec(p, FORGET_TIGHT, "DELETE FROM tight WHERE key = ?", "i", p->key) &&
         limit_exec(p, FORGET_KEY, "DELETE FROM keys WHERE id = ?", "i", p->key);
}

bool limit_forget(struct limit *l, const char *key, struct err *e) { return limit_use(l, key, false, forget, NULL, e); }
