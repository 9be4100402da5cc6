/* Fuzzes the vault: no change of its bytes is taken for what was written, and any bytes are refused or read whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret_vault.h"

static const unsigned char key[SECRET_VAULT_KEY];

static void read_any(const char *bytes, size_t n, bool changed) {
  struct secret_vault v = {0};
  struct err e = {0};
  char *exact = malloc(n + (n == 0));
  if (!exact) abort();
  if (n) memcpy(exact, bytes, n);
  secret_vault_peek(exact, n, &v, &e);
  secret_vault_free(&v);
  v = (struct secret_vault){0};
  bool ok = secret_vault_read(exact, n, key, &v, &e);
  if (ok == changed || (!ok && (e.kind == ERR_NONE || v.count))) abort();
  secret_vault_free(&v);
  free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct buf whole;
  struct err e = {0};
  if (!whole.len) {
    struct secret_vault v;
    if (!secret_vault_new(&v, SECRET_VAULT_RANDOM_KEY, &e) || !secret_vault_set(&v, "one", "first", 5, &e) || !secret_vault_set(&v, "two", "", 0, &e) ||
        !secret_vault_write(&v, key, &whole, &e))
      abort();
    secret_vault_free(&v);
  }
  read_any((const char *)data, size, true);
  char *copy = malloc(whole.len);
  if (!copy) abort();
  memcpy(copy, whole.data, whole.len);
  for (size_t i = 0; i + 2 < size; i += 3) copy[(data[i] | (size_t)data[i + 1] << 8) % whole.len] ^= (char)data[i + 2];
  size_t n = size % 3 == 1 ? data[size - 1] % whole.len : whole.len; /* cut off, or not */
  read_any(copy, n, n != whole.len || memcmp(copy, whole.data, n) != 0);
  free(copy);
  return 0;
}
