/* Fuzzes the tree of a page: any bytes are parsed within the limits, each element that is opened is closed, in the order of a tree, and
 * looking at it from inside never steps out of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct err e;
  struct html *h = html_parse((const char *)data, size, &e);
  if (!h) {
    if (e.kind != ERR_TOO_LONG) abort();
    return 0;
  }
  size_t depth = 0, steps = 0;
  const char *what;
  enum html_step s;
  while ((s = html_next(h, &what)) != HTML_END) {
    bool found = false;
    if (s == HTML_NO_MEMORY || strlen(what) > 64 * size + 64) abort();
    if (s == HTML_OPEN) {
      depth++;
      html_attribute(h, "href");
      if (++steps % 8 == 0) html_holds(h, "table pre h1", &found);
      if (size > 0 && steps % (data[0] % 16 + 2) == 0) html_skip(h);
    }
    if (s == HTML_CLOSE && depth-- == 0) abort();
  }
  if (depth != 0) abort();
  html_free(h);
  return 0;
}
