/* Fuzzes sealing: what is taken out is as long as what it was, and sealing the rest again takes out nothing but positions. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret_seal.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
  static const char *const names[] = {"a", "token"};
  static struct secret_seal once, again;
  struct err e;
  if (!secret_seal_json((const char *)data, size, names, 2, &once, &e)) {
    if (once.count || once.text.data || e.kind != ERR_PROTOCOL) abort();
    return 0;
  }
  for (size_t i = 0; i < once.count; i++)
    if (once.values[i].len == 0 || once.values[i].len > size) abort();
  if (!secret_seal_json(once.text.data, once.text.len, names, 2, &again, &e) || again.count != once.count) abort();
  for (size_t i = 0; i < again.count; i++)
    if (again.values[i].len > 2 || again.values[i].data[0] < '1' || again.values[i].data[0] > '9') abort();
  secret_seal_free(&once);
  secret_seal_free(&again);
  return 0;
}
