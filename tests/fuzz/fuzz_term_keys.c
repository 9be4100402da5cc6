/* Fuzzes the key decoder: any bytes, fed whole and in small pieces, must give the same events. */
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/term_keys.h"

static void take(struct term_keys *k, struct buf *out) {
  struct term_keys_event e;
  while (term_keys_next(k, &e)) {
    buf_addf(out, "%d %s %d ", (int)e.type, e.name, (int)e.cut);
    if (e.text) buf_add(out, e.text, e.len);
    buf_addc(out, '\n');
  }
}

static void play(const char *bytes, size_t n, size_t step, struct buf *out) {
  struct term_keys k = {0};
  for (size_t at = 0; at < n; at += step) {
    if (!term_keys_feed(&k, bytes + at, n - at < step ? n - at : step)) abort();
    take(&k, out);
  }
  term_keys_flush(&k);
  take(&k, out);
  term_keys_free(&k);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  if (size < 2) return 0;
  struct buf whole = {0}, pieces = {0};
  const char *bytes = (const char *)data + 1;
  play(bytes, size - 1, size, &whole);
  play(bytes, size - 1, 1 + data[0] % 16, &pieces);
  if (whole.len != pieces.len || (whole.len && memcmp(whole.data, pieces.data, whole.len) != 0)) abort();
  buf_free(&whole);
  buf_free(&pieces);
  return 0;
}
