/* Keeps the fields of http_head.h in one buffer: two lengths, then name and value. */
#include "http_head.h"

#include <string.h>
#include <strings.h>

struct lengths {
  size_t name, value;
};

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* A CR, LF or NUL would end the field early for whoever reads it next; other controls are for terminals. */
static bool has_control(const char *line, size_t n) {
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)line[i];
    if ((c < ' ' && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

static enum http_head_line keep(struct buf *head, const char *line, size_t n, const char *colon) {
  const char *value = colon + 1, *end = line + n;
  while (value < end && is_blank(*value)) value++;
  while (end > value && is_blank(end[-1])) end--;
  while (colon > line && is_blank(colon[-1])) colon--;
  struct lengths lengths = {(size_t)(colon - line), (size_t)(end - value)};
  if (lengths.name == 0) return HTTP_HEAD_BAD;
  if (!buf_reserve(head, sizeof lengths + n)) return HTTP_HEAD_NO_MEMORY;
  buf_add(head, &lengths, sizeof lengths);
  for (const char *p = line; p < colon; p++) buf_addc(head, *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p);
  buf_add(head, value, lengths.value);
  return HTTP_HEAD_FIELD;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "HTTP/1.1 200 OK", "HTTP/2 200": versions of libcurl differ in what else they take for one. */
static bool is_status(const char *line, size_t n) {
  size_t at = 5;
  if (at >= n || !is_digit(line[at++])) return false;
  if (at < n && line[at] == '.' && (++at >= n || !is_digit(line[at++]))) return false;
  if (at + 4 > n || line[at] != ' ' || line[at + 1] == '0') return false;
  for (size_t i = at + 1; i <= at + 3; i++)
    if (!is_digit(line[i])) return false;
  return at + 4 == n || line[at + 4] == ' ';
}

enum http_head_line http_head_add(struct buf *head, const char *line, size_t n) {
  if (n > 0 && line[n - 1] == '\n') n--;
  if (n > 0 && line[n - 1] == '\r') n--;
  if (n == 0) return HTTP_HEAD_END;
  if (has_control(line, n)) return HTTP_HEAD_BAD;
  if (n > 5 && strncasecmp(line, "HTTP/", 5) == 0) { /* no name of a field has a slash */
    head->len = 0;
    return is_status(line, n) ? HTTP_HEAD_STATUS : HTTP_HEAD_BAD;
  }
  const char *colon = is_blank(line[0]) ? NULL : memchr(line, ':', n);
  return colon ? keep(head, line, n, colon) : HTTP_HEAD_FIELD;
}

bool http_head_next(const struct buf *head, size_t *at, struct http_field *field) {
  struct lengths lengths;
  if (*at >= head->len) return false;
  memcpy(&lengths, head->data + *at, sizeof lengths);
  const char *name = head->data + *at + sizeof lengths;
  *field = (struct http_field){name, name + lengths.name, lengths.name, lengths.value};
  *at += sizeof lengths + lengths.name + lengths.value;
  return true;
}

bool http_head_find(const struct buf *head, const char *name, struct http_field *field) {
  struct http_field each;
  bool found = false;
  for (size_t at = 0; http_head_next(head, &at, &each);) {
    if (each.name_len != strlen(name) || memcmp(each.name, name, each.name_len) != 0) continue;
    *field = each;
    found = true;
  }
  return found;
}
