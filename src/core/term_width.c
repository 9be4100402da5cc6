/* Widths as terminals draw them: the widest character of a cluster counts, an emoji selector or a pair of flags makes two columns. */
#include "term_width.h"

#include <stdbool.h>
#include <stdint.h>
#include <utf8proc.h>

#include "utf8.h"

static bool plain(const char *s, size_t n, size_t i) { return i < n && s[i] >= 0x20 && s[i] < 0x7f; }

static int point_width(uint32_t p) {
  if (p < 0x20 || (p >= 0x7f && p < 0xa0)) return 0;
  const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)p);
  if (property->charwidth == 0 && (property->category == UTF8PROC_CATEGORY_CN || property->category == UTF8PROC_CATEGORY_CO))
    return property->ignorable ? 0 : 1; /* not in the tables, yet drawn as a box or by the user's font */
  return property->charwidth;
}

/* The first cluster with its first character; *point is U+FFFD for bytes that are no text. */
static size_t cluster(const char *s, size_t n, int *columns, uint32_t *point) {
  *point = 0xfffd;
  size_t i = utf8_decode(s, n, point);
  if (i == 0) i = utf8_bad(s, n);
  *columns = point_width(*point);
  uint32_t before = *point, p = 0;
  utf8proc_int32_t state = 0;
  for (size_t len; i < n && (len = utf8_decode(s + i, n - i, &p)) > 0; i += len, before = p) {
    if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)p, &state)) break;
    int width = point_width(p);
    if (p == 0xfe0f || (p >= 0x1f1e6 && p <= 0x1f1ff)) width = 2;
    if (utf8proc_get_property((utf8proc_int32_t)p)->boundclass == UTF8PROC_BOUNDCLASS_SPACINGMARK) *columns += width; /* Thai am */
    else if (width > *columns && *columns > 0) *columns = width;
  }
  return i;
}

size_t term_width_next(const char *s, size_t n, int *columns) {
  uint32_t point;
  *columns = 0;
  if (n == 0) return 0;
  if (plain(s, n, 0) && (n == 1 || (unsigned char)s[1] < 0x80)) {
    *columns = 1;
    return 1;
  }
  return cluster(s, n, columns, &point);
}

size_t term_width_of(const char *s, size_t n) {
  size_t used;
  term_width_cut(s, n, SIZE_MAX, &used);
  return used;
}

size_t term_width_cut(const char *s, size_t n, size_t columns, size_t *used) {
  size_t i = 0;
  *used = 0;
  while (i < n) {
    int width;
    size_t len = term_width_next(s + i, n - i, &width);
    if ((size_t)width > columns - *used) break;
    *used += (size_t)width;
    i += len;
  }
  return i;
}

/* Closing marks of East Asian text do not begin a line. */
static bool closing(uint32_t p) {
  utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)p);
  return category == UTF8PROC_CATEGORY_PE || category == UTF8PROC_CATEGORY_PF || category == UTF8PROC_CATEGORY_PO;
}

/* Spaces at the end of a line of i bytes may hang over the edge: those that do are not part of it. */
static size_t without_hanging(size_t i, size_t run, size_t used, size_t columns) {
  size_t over = used > columns ? used - columns : 0;
  return i - (over < run ? over : run);
}

size_t term_width_line(const char *s, size_t n, size_t columns, size_t *next) {
  size_t i = 0, used = 0, end = 0, spaces = 0; /* spaces: where the present run of them began */
  bool after_space = false, after_wide = false;
  *next = 0; /* the last place to break, when not 0; the line before it ends at `end` */
  while (i < n) {
    int width;
    uint32_t point;
    if (s[i] == ' ') {
      if (!after_space) spaces = i;
      after_space = true;
      i++;
      used++;
      if (spaces > 0) end = spaces, *next = i;
      continue;
    }
    size_t len = plain(s, n, i) && plain(s, n, i + 1) ? (width = 1, point = 'a', (size_t)1) : cluster(s + i, n - i, &width, &point);
    bool wide = width > 1;
    if (i > 0 && !after_space && (wide || after_wide) && !closing(point)) end = *next = i;
    if (used + (size_t)width > columns && i > 0) {
      if (*next > 0) return end;
      *next = i;
      return without_hanging(i, after_space ? i - spaces : 0, used, columns);
    }
    used += (size_t)width;
    i += len;
    after_space = false;
    after_wide = wide;
  }
  *next = n;
  return without_hanging(n, after_space ? n - spaces : 0, used, columns);
}
