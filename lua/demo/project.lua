-- What `qwen demo` plays with: a tiny C project, a word counter with a mistake and the test that shows it, and the recorded model.
local files = {
  ["words.h"] = [[
#ifndef WORDS_H
#define WORDS_H
int count_words(const char *text);
#endif
]],
  ["words.c"] = [[
#include "words.h"

#include <ctype.h>

int count_words(const char *text) {
  int count = 0;
  for (; *text; text++)
    if (isspace((unsigned char)*text)) count++;
  return count;
}
]],
  ["test_words.c"] = [[
#include <stdio.h>

#include "words.h"

static int failed;

static void check(const char *text, int want) {
  int got = count_words(text);
  if (got == want) return;
  printf("FAIL count_words(\"%s\"): got %d, want %d\n", text, got, want);
  failed = 1;
}

int main(void) {
  check("", 0);
  check("one", 1);
  check("one two", 2);
  check("  two   words  ", 2);
  if (!failed) puts("all tests passed");
  return failed;
}
]],
  ["test.sh"] = [[
#!/bin/sh
set -e
cc -Wall -Wextra -o test_words test_words.c words.c
./test_words
]],
}

return { files = files, recording = require "demo.recording" }
