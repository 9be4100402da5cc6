/* The registry of secret.h. A value is kept once, in the order of decreasing length, so that a secret which holds another is replaced
 * whole. The forms to search for are made on the first redaction and wiped with the value. */
#include "secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "http_url.h"

enum { MAX_FORMS = 11 };

struct value {
  struct value *next;
  size_t handles;
  struct buf forms[MAX_FORMS]; /* what it may look like in text; the first is the value itself */
  size_t form_count;           /* 0 until it is needed */
  char *name;                  /* of the first handle: the one a redacted text shows */
  size_t len;
  char bytes[];
};

struct secret {
  struct value *value;
  char *name;
  size_t count;
  char (*origins)[HTTP_URL_ORIGIN_MAX];
};

static struct value *live;

/* -- values --------------------------------------------------------------------------------------------------------- */

static struct value *value_get(const char *name, const char *bytes, size_t len) {
  struct value **p = &live;
  while (*p && (*p)->len > len) p = &(*p)->next;
  for (struct value *v = *p; v && v->len == len; v = v->next)
    if (memcmp(v->bytes, bytes, len) == 0) return v->handles++, v;
  struct value *v = calloc(1, sizeof *v + len);
  if (!v) return NULL;
  v->name = strdup(name);
  if (!v->name) return free(v), NULL;
  for (char *c = v->name; *c; c++)
    if ((unsigned char)*c < ' ' || *c == '"' || *c == '\\') *c = '?'; /* it is put into JSON that is finished already */
  memcpy(v->bytes, bytes, len);
  v->len = len;
  v->handles = 1;
  v->next = *p;
  *p = v;
  return v;
}

static void value_drop(struct value *v) {
  if (--v->handles > 0) return;
  struct value **p = &live;
  while (*p != v) p = &(*p)->next;
  *p = v->next;
  for (size_t i = 0; i < v->form_count; i++) buf_wipe(&v->forms[i]);
  explicit_bzero(v->bytes, v->len);
  free(v->name);
  free(v);
}

/* -- handles -------------------------------------------------------------------------------------------------------- */

/* Takes over one count of v. */
static struct secret *handle_new(const char *name, struct value *v, const char *const *origins, size_t count, struct err *e) {
  struct secret *s = v ? calloc(1, sizeof *s) : NULL;
  if (!s) {
    if (v) value_drop(v);
    err_set(e, ERR_BROKEN, "out of memory");
    return NULL;
  }
  s->value = v;
  s->name = strdup(name);
  s->origins = calloc(count ? count : 1, sizeof *s->origins);
  bool ok = s->name && s->origins;
  if (!ok) err_set(e, ERR_BROKEN, "out of memory");
  for (; ok && s->count < count; s->count++) {
    ok = http_url_origin(origins[s->count], s->origins[s->count]);
    if (!ok) err_set(e, ERR_USAGE, "'%.64s' is not an origin: it must look like https://host:port", origins[s->count]);
  }
  if (ok) return s;
  secret_free(s);
  return NULL;
}

struct secret *secret_new(const char *name, const char *value, size_t len, const char *const *origins, size_t count, struct err *e) {
  if (len == 0 || memchr(value, '\r', len) || memchr(value, '\n', len) || memchr(value, '\0', len)) {
    err_set(e, ERR_USAGE, "the secret '%.64s' is %s: it would not fit into a header", name, len ? "more than one line" : "empty");
    return NULL;
  }
  return handle_new(name, value_get(name, value, len), origins, count, e);
}

struct secret *secret_bind(const struct secret *s, const char *const *origins, size_t count, struct err *e) {
  s->value->handles++;
  struct secret *bound = handle_new(s->name, s->value, origins, count, e);
  for (size_t i = 0; bound && i < bound->count; i++) {
    if (secret_allows(s, bound->origins[i])) continue;
    err_set(e, ERR_DENIED, "the secret '%.64s' is not allowed at %s, and a binding can only be narrowed", s->name, bound->origins[i]);
    secret_free(bound);
    bound = NULL;
  }
  return bound;
}

static void url_form(struct buf *out, const char *v, size_t n, const char *digits, bool plus) {
  buf_reserve(out, n * 3); /* at once: growing would leave copies behind */
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)v[i];
    if (isalnum(c) || strchr("-._~", c)) buf_addc(out, (char)c);
    else if (plus && c == ' ') buf_addc(out, '+');
    else buf_addc(out, '%'), buf_addc(out, digits[c >> 4]), buf_addc(out, digits[c & 15]);
  }
}

static void json_form(struct buf *out, const char *v, size_t n) {
  buf_reserve(out, n * 6 + 1);
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)v[i];
    if (c == '"' || c == '\\') buf_addc(out, '\\'), buf_addc(out, (char)c);
    else if (c < ' ') buf_addf(out, "\\u%04x", c);
    else buf_addc(out, (char)c);
  }
}

/* Takes over the bytes. */
static struct secret *derive(const struct secret *s, struct buf *made, struct err *e) {
  const char **origins = calloc(s->count + 1, sizeof *origins);
  struct value *v = origins && made->len ? value_get(s->name, made->data, made->len) : NULL;
  for (size_t i = 0; origins && i < s->count; i++) origins[i] = s->origins[i];
  struct secret *derived = handle_new(s->name, v, origins, s->count, e);
  free(origins);
  buf_wipe(made);
  return derived;
}

struct secret *secret_basic(const struct secret *s, const char *user, size_t n, struct err *e) {
  struct buf plain = {0}, made = {0};
  size_t total = n + 1 + s->value->len;
  if (buf_reserve(&plain, total) && buf_reserve(&made, 4 * (total / 3 + 1) + 1)) {
    buf_add(&plain, user, n);
    buf_addc(&plain, ':');
    buf_add(&plain, s->value->bytes, s->value->len);
    made.len = hash_base64(plain.data, plain.len, made.data);
  }
  buf_wipe(&plain);
  return derive(s, &made, e);
}

struct secret *secret_in_form(const struct secret *s, struct err *e) {
  struct buf made = {0};
  url_form(&made, s->value->bytes, s->value->len, "0123456789ABCDEF", false);
  return derive(s, &made, e);
}

struct secret *secret_in_json(const struct secret *s, struct err *e) {
  struct buf made = {0};
  json_form(&made, s->value->bytes, s->value->len);
  return derive(s, &made, e);
}

void secret_free(struct secret *s) {
  if (!s) return;
  value_drop(s->value);
  free(s->name);
  free(s->origins);
  free(s);
}

const char *secret_name(const struct secret *s) { return s->name; }
size_t secret_origin_count(const struct secret *s) { return s->count; }
const char *secret_origin(const struct secret *s, size_t i) { return s->origins[i]; }

bool secret_allows(const struct secret *s, const char *origin) {
  for (size_t i = 0; i < s->count; i++)
    if (strcmp(s->origins[i], origin) == 0) return true;
  return false;
}

void secret_hint(const struct secret *s, char out[SECRET_HINT_SIZE]) {
  const char *v = s->value->bytes;
  size_t n = s->value->len;
  out[0] = '\0';
  if (n < 16) return;
  memcpy(out, v, 3);
  memcpy(out + 3, "...", 3);
  memcpy(out + 6, v + n - 4, 4);
  out[10] = '\0';
  for (char *p = out; *p; p++)
    if (!isgraph((unsigned char)*p)) *p = '?';
}

const char *secret_value(const struct secret *s, size_t *len) {
  *len = s->value->len;
  return s->value->bytes;
}

/* -- redaction ------------------------------------------------------------------------------------------------------ */

/* The characters that v alone decides when it is encoded with shift bytes before it and anything after it. */
static void base64_form(struct buf *out, const char *v, size_t n, size_t shift, const char *last_two) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  size_t first = (shift * 8 + 5) / 6, stop = (shift + n) * 8 / 6;
  buf_reserve(out, n * 4 / 3 + 4);
  for (size_t c = first; c < stop; c++) {
    unsigned six = 0;
    for (size_t bit = c * 6; bit < c * 6 + 6; bit++) {
      unsigned char byte = (unsigned char)v[bit / 8 - shift];
      six = six << 1 | ((byte >> (7 - bit % 8)) & 1);
    }
    buf_addc(out, six < 62 ? letters[six] : last_two[six - 62]);
  }
}

static void make_forms(struct value *v) {
  size_t n = 0;
  struct buf *f = v->forms;
  buf_add(&f[n++], v->bytes, v->len);
  url_form(&f[n++], v->bytes, v->len, "0123456789ABCDEF", false);
  url_form(&f[n++], v->bytes, v->len, "0123456789abcdef", false);
  url_form(&f[n++], v->bytes, v->len, "0123456789ABCDEF", true);
  json_form(&f[n++], v->bytes, v->len);
  for (size_t shift = 0; shift < 3; shift++) {
    base64_form(&f[n++], v->bytes, v->len, shift, "+/");
    base64_form(&f[n++], v->bytes, v->len, shift, "-_");
  }
  /* Most forms of most keys are the same: keep each once. */
  for (size_t i = 0; i < n; i++) {
    bool again = f[i].len == 0;
    for (size_t j = 0; j < v->form_count && !again; j++) again = f[j].len == f[i].len && memcmp(f[j].data, f[i].data, f[i].len) == 0;
    if (again) {
      buf_wipe(&f[i]);
      continue;
    }
    struct buf kept = f[i];
    f[i] = (struct buf){0};
    f[v->form_count++] = kept;
  }
}

/* Replaces every occurrence of form in *text; false when there is none. */
static bool replace(struct buf *text, const struct buf *form, const char *name) {
  const char *from = text->data, *end = text->data + text->len;
  const char *hit = memmem(from, text->len, form->data, form->len);
  if (!hit) return false;
  struct buf out = {0};
  buf_reserve(&out, text->len);
  for (; hit; hit = memmem(from, (size_t)(end - from), form->data, form->len)) {
    buf_add(&out, from, (size_t)(hit - from));
    buf_addf(&out, "<secret %s>", name);
    from = hit + form->len;
  }
  buf_add(&out, from, (size_t)(end - from));
  buf_wipe(text);
  *text = out;
  return true;
}

bool secret_redact(const char *text, size_t n, struct buf *out) {
  struct buf copy = {0}; /* made at the first hit: most texts have none */
  for (struct value *v = live; v && v->len >= SECRET_SHOWN_MIN; v = v->next) {
    if (!v->form_count) make_forms(v);
    for (size_t i = 0; i < v->form_count; i++) {
      if (!copy.data) {
        if (!memmem(text, n, v->forms[i].data, v->forms[i].len)) continue;
        if (!buf_add(&copy, text, n)) return true; /* out of memory: nothing is shown rather than a secret */
      }
      replace(&copy, &v->forms[i], v->name);
    }
  }
  if (!copy.data) return false;
  buf_add(out, copy.data, copy.len);
  buf_wipe(&copy);
  return true;
}
