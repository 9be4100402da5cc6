/* secret_vault.h: vectors written by another implementation, every bit of a vault, what a file may not ask for, entries from another file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/fs.h"
#include "../../src/core/secret_vault.h"

static unsigned char key[SECRET_VAULT_KEY];

static struct buf load(const char *name) {
  char path[128];
  struct buf out = {0};
  struct err e;
  snprintf(path, sizeof path, "tests/cases/vault/%s.vault", name);
  assert_true(fs_read(path, 1 << 20, &out, &e));
  return out;
}

static void holds(const struct secret_vault *v, const char *name, const char *text) {
  const struct secret_vault_entry *entry = secret_vault_find(v, name);
  assert_non_null(entry);
  assert_int_equal(entry->value.len, strlen(text));
  if (text[0]) assert_memory_equal(entry->value.data, text, strlen(text));
}

static void vectors(void **state) {
  (void)state;
  struct err e;
  struct secret_vault v;
  unsigned char derived[SECRET_VAULT_KEY];
  struct buf b = load("machine");
  assert_true(secret_vault_read(b.data, b.len, key, &v, &e));
  assert_int_equal(v.count, 2);
  assert_int_equal(v.generation, 7);
  holds(&v, "one", "{\"secret\":\"sk-0123456789\"}");
  holds(&v, "two", "");
  secret_vault_free(&v);
  buf_free(&b);
  b = load("phrase");
  assert_true(secret_vault_peek(b.data, b.len, &v, &e));
  assert_int_equal(v.kdf, SECRET_VAULT_ARGON2ID);
  assert_true(secret_vault_derive(&v, "correct horse", 13, derived, &e));
  assert_true(secret_vault_read(b.data, b.len, derived, &v, &e));
  holds(&v, "one", "{\"secret\":\"sk-0123456789\"}");
  secret_vault_free(&v);
  assert_true(secret_vault_peek(b.data, b.len, &v, &e));
  assert_true(secret_vault_derive(&v, "correct horsf", 13, derived, &e));
  assert_false(secret_vault_read(b.data, b.len, derived, &v, &e));
  assert_int_equal(e.kind, ERR_AUTH);
  assert_non_null(strstr(e.message, "passphrase"));
  buf_free(&b);
  b = load("empty");
  assert_true(secret_vault_read(b.data, b.len, key, &v, &e));
  assert_int_equal(v.count, 0);
  secret_vault_free(&v);
  buf_free(&b);
}

/* Nothing that was not written is ever read: one bit changed, cut anywhere, something added. */
static void every_change_is_seen(void **state) {
  (void)state;
  struct err e;
  struct secret_vault v;
  struct buf b = load("machine");
  for (size_t bit = 0; bit < b.len * 8; bit++) {
    b.data[bit / 8] ^= (char)(1 << bit % 8);
    if (secret_vault_read(b.data, b.len, key, &v, &e)) fail_msg("bit %zu may be changed", bit);
    assert_null(v.entries);
    b.data[bit / 8] ^= (char)(1 << bit % 8);
  }
  for (size_t n = 0; n < b.len; n++)
    if (secret_vault_read(b.data, n, key, &v, &e)) fail_msg("%zu of %zu bytes are taken", n, b.len);
  assert_true(buf_addc(&b, 'x'));
  assert_false(secret_vault_read(b.data, b.len, key, &v, &e));
  buf_free(&b);
}

static void costs_are_limited(void **state) {
  (void)state;
  static const struct { int at; uint32_t value; bool taken; } cases[] = {
    {12, 10, true}, {12, 11, false}, {12, 0, false}, {12, UINT32_MAX, false}, {16, 1 << 20, true}, {16, (1 << 20) + 1, false},
    {16, UINT32_MAX, false}, {16, 7, false}, {44, 1000, true}, {44, 1001, false}, {44, UINT32_MAX, false}, {8, 2, false},
  };
  struct err e;
  struct secret_vault v;
  struct buf b = load("phrase");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *copy = malloc(b.len);
    memcpy(copy, b.data, b.len);
    for (int k = 0; k < 4; k++) copy[cases[i].at + k] = (char)(cases[i].value >> (8 * k));
    if (cases[i].at == 8) copy[9] = b.data[9], copy[10] = copy[11] = 0;
    if (secret_vault_peek(copy, b.len, &v, &e) != cases[i].taken) fail_msg("%u at %d", cases[i].value, cases[i].at);
    free(copy);
  }
  buf_free(&b);
}

static void written_and_read(void **state) {
  (void)state;
  struct err e;
  struct secret_vault v, w;
  struct buf first = {0}, second = {0};
  char name[16], text[64];
  assert_true(secret_vault_new(&v, SECRET_VAULT_RANDOM_KEY, &e));
  for (int i = 0; i < 50; i++) {
    snprintf(name, sizeof name, "n%d", i);
    snprintf(text, sizeof text, "value %d", i);
    assert_true(secret_vault_set(&v, name, text, strlen(text), &e));
  }
  assert_true(secret_vault_set(&v, "n7", "", 0, &e));
  assert_true(secret_vault_remove(&v, "n8"));
  assert_false(secret_vault_remove(&v, "n8"));
  assert_true(secret_vault_write(&v, key, &first, &e));
  assert_true(secret_vault_read(first.data, first.len, key, &w, &e));
  assert_int_equal(w.count, 49);
  assert_int_equal(w.generation, 1);
  holds(&w, "n7", "");
  holds(&w, "n49", "value 49");
  assert_null(secret_vault_find(&w, "n8"));
  assert_true(secret_vault_write(&w, key, &second, &e));
  assert_int_equal(first.len, second.len);
  /* An entry of the older file does not fit into the newer one: both are in the same place under the same name. */
  memcpy(second.data + 88, first.data + 88, second.len - 88);
  secret_vault_free(&w);
  assert_false(secret_vault_read(second.data, second.len, key, &w, &e));
  char *big = calloc(1, SECRET_VAULT_FILE_MAX);
  assert_true(secret_vault_set(&v, "big", big, SECRET_VAULT_FILE_MAX, &e));
  buf_free(&second);
  assert_false(secret_vault_write(&v, key, &second, &e));
  assert_int_equal(e.kind, ERR_TOO_LONG);
  memset(name, 'x', sizeof name);
  char *long_name = calloc(1, SECRET_VAULT_NAME_MAX + 2);
  memset(long_name, 'x', SECRET_VAULT_NAME_MAX + 1);
  assert_false(secret_vault_set(&v, long_name, "", 0, &e));
  free(long_name);
  free(big);
  buf_free(&first);
  buf_free(&second);
  secret_vault_free(&v);
}

int main(void) {
  for (int i = 0; i < SECRET_VAULT_KEY; i++) key[i] = (unsigned char)i;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(vectors), cmocka_unit_test(every_change_is_seen), cmocka_unit_test(costs_are_limited), cmocka_unit_test(written_and_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
