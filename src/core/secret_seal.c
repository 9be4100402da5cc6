/* A walk over the texts of a JSON value: one that is followed by a colon is a name, and the value after it may have to be taken out. */
#include "secret_seal.h"

#include <stdint.h>
#include <string.h>

struct cursor {
  const char *at, *end;
};

static void skip_space(struct cursor *c) {
  while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at) c->at++;
}

/* From behind the opening quote to behind the closing one; *n is the length between. */
static const char *skip_text(struct cursor *c, size_t *n) {
  const char *start = c->at;
  for (; c->at < c->end && *c->at != '"'; c->at++)
    if (*c->at == '\\' && ++c->at == c->end) return NULL;
  if (c->at >= c->end) return NULL;
  *n = (size_t)(c->at++ - start);
  return start;
}

static bool read_hex(const char *p, const char *end, unsigned *out) {
  *out = 0;
  if (end - p < 4) return false;
  for (int i = 0; i < 4; i++) {
    char c = p[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return false;
    *out = *out << 4 | (unsigned)digit;
  }
  return true;
}

static void add_utf8(struct buf *out, uint32_t c) {
  if (c < 0x80) buf_addc(out, (char)c);
  else if (c < 0x800) buf_addc(out, (char)(0xc0 | c >> 6)), buf_addc(out, (char)(0x80 | (c & 63)));
  else if (c < 0x10000) buf_addc(out, (char)(0xe0 | c >> 12)), buf_addc(out, (char)(0x80 | (c >> 6 & 63))), buf_addc(out, (char)(0x80 | (c & 63)));
  else {
    buf_addc(out, (char)(0xf0 | c >> 18)), buf_addc(out, (char)(0x80 | (c >> 12 & 63)));
    buf_addc(out, (char)(0x80 | (c >> 6 & 63))), buf_addc(out, (char)(0x80 | (c & 63)));
  }
}

/* What the text stands for; out has room for n bytes, more it cannot be. */
static bool unescape(const char *p, size_t n, struct buf *out) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *end = p + n;
  while (p < end) {
    if (*p != '\\') {
      buf_addc(out, *p++);
      continue;
    }
    if (++p == end) return false;
    const char *known = strchr(from, *p);
    if (*p && known) {
      buf_addc(out, to[known - from]);
      p++;
      continue;
    }
    unsigned c, low;
    if (*p++ != 'u' || !read_hex(p, end, &c)) return false;
    p += 4;
    if (c >= 0xdc00 && c < 0xe000) return false;
    if (c >= 0xd800 && c < 0xdc00) {
      if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || !read_hex(p + 2, end, &low) || low < 0xdc00 || low >= 0xe000) return false;
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      p += 6;
    }
    add_utf8(out, c);
  }
  return true;
}

static bool is_named(const char *p, size_t n, const char *const *names, size_t count, struct buf *scratch) {
  scratch->len = 0;
  if (!unescape(p, n, scratch)) return false;
  for (size_t i = 0; i < count; i++)
    if (strlen(names[i]) == scratch->len && memcmp(names[i], scratch->data ? scratch->data : "", scratch->len) == 0) return true;
  return false;
}

static const char damaged[] = "not valid JSON: a text does not end, or holds an unknown escape";

/* c stands at the value of a member that is to be sealed. Words for a failure, or NULL. */
static const char *seal_value(struct cursor *c, struct secret_seal *out) {
  size_t n;
  skip_space(c);
  if (c->end - c->at >= 4 && memcmp(c->at, "null", 4) == 0) return NULL;
  if (c->at >= c->end || *c->at != '"') return "a field that should hold a secret text holds something else";
  c->at++;
  const char *text = skip_text(c, &n);
  if (!text) return damaged;
  if (n == 0) {
    buf_adds(&out->text, "\"\"");
    return NULL;
  }
  if (out->count == SECRET_SEAL_MAX) return "more fields with secrets than anybody sends";
  struct buf *value = &out->values[out->count];
  if (!buf_reserve(value, n)) return "not enough memory";
  out->count++;
  if (!unescape(text, n, value)) return damaged;
  buf_addf(&out->text, "\"%zu\"", out->count);
  return NULL;
}

static const char *seal_all(struct cursor *c, const char *const *names, size_t count, struct buf *scratch, struct secret_seal *out) {
  const char *from = c->at, *why;
  size_t n;
  while (c->at < c->end) {
    if (*c->at++ != '"') continue;
    const char *name = skip_text(c, &n);
    if (!name) return damaged;
    skip_space(c);
    if (c->at >= c->end || *c->at != ':' || !is_named(name, n, names, count, scratch)) continue;
    c->at++;
    buf_add(&out->text, from, (size_t)(c->at - from));
    why = seal_value(c, out);
    if (why) return why;
    from = c->at;
  }
  buf_add(&out->text, from, (size_t)(c->end - from));
  return NULL;
}

bool secret_seal_json(const char *json, size_t n, const char *const *names, size_t count, struct secret_seal *out, struct err *e) {
  struct cursor c = {json, json + n};
  struct buf scratch = {0};
  *out = (struct secret_seal){0};
  const char *why = buf_reserve(&scratch, n + 1) && buf_reserve(&out->text, n + 4 * SECRET_SEAL_MAX + 1) ? seal_all(&c, names, count, &scratch, out)
                                                                                                 : "not enough memory";
  buf_wipe(&scratch);
  if (!why) return true;
  err_set(e, ERR_PROTOCOL, "%s", why);
  secret_seal_free(out);
  return false;
}

void secret_seal_free(struct secret_seal *s) {
  buf_wipe(&s->text);
  for (size_t i = 0; i < s->count; i++) buf_wipe(&s->values[i]);
  s->count = 0;
}
