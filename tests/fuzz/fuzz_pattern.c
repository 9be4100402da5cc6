/* Fuzzes the patterns: each search ends within its budget with places inside the text, and the pattern in pieces of memory of its exact
 * size is never read beyond its NUL. The first byte is the length of the pattern. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  size_t pattern_len = data[0] < size - 1 ? data[0] : size - 1, text_len = size - 1 - pattern_len;
  char *pattern = malloc(pattern_len + 1), *text = malloc(text_len + 1);
  if (!pattern || !text) abort();
  memcpy(pattern, data + 1, pattern_len);
  memcpy(text, data + 1 + pattern_len, text_len);
  pattern[pattern_len] = text[text_len] = '\0';
  struct pattern_search s = {.text = text, .text_len = text_len, .pattern = pattern, .pattern_len = pattern_len, .anchors = size % 2, .budget = 0.005};
  pattern_harmless(&s);
  size_t found = 0;
  while (pattern_next(&s) == PATTERN_FOUND && found++ <= text_len + 1) {
    if (s.from > s.to || s.to > text_len || s.count < 0 || s.count > PATTERN_CAPTURES) abort();
    for (int i = 0; i < s.count; i++)
      if (s.captures[i].at > text_len || (s.captures[i].kind == PATTERN_TEXT && s.captures[i].len > text_len - s.captures[i].at)) abort();
  }
  if (found > text_len + 1) abort(); /* each match ends behind the one before */
  free(pattern);
  free(text);
  return 0;
}
