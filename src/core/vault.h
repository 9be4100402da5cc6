/* The vault's file format: bytes to entries and back. Files, locks and where a key comes from are in store_vault.c.
 *
 *   0  "QWENVALT"   8  version 1   9  how the key is made: 0 a random one, 1 argon2id   10  0 0   12  passes   16  KiB of memory
 *  20  salt (16)   36  generation (8)   44  number of entries   48  nonce (24) and tag (16) over these 48 bytes
 *  then each entry: length of its name (2), name, length of its text (4), nonce (24), ciphertext with tag
 *
 * All numbers little endian; XChaCha20-Poly1305-IETF. An entry is bound to the header, which holds the generation and the number of
 * entries, to its place and to its name: none can be changed, swapped, taken out or put back from an older file. An older file as a whole
 * cannot be told from a newer one. */
#ifndef QWEN_VAULT_H
#define QWEN_VAULT_H
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

enum { VAULT_KEY = 32, VAULT_SALT = 16, VAULT_NAME_MAX = 200, VAULT_ENTRIES_MAX = 1000, VAULT_FILE_MAX = 1 << 20 };
enum { VAULT_RANDOM_KEY = 0, VAULT_ARGON2ID = 1 };

struct vault_entry {
  char name[VAULT_NAME_MAX + 1];
  struct buf value;
};

struct vault {
  uint8_t kdf;
  uint32_t passes, kib;
  unsigned char salt[VAULT_SALT];
  uint64_t generation;
  struct vault_entry *entries;
  size_t count;
};

bool vault_new(struct vault *v, int kdf, struct err *e);
/* The header alone: enough to make the key. Refuses what would cost too much. */
bool vault_peek(const char *bytes, size_t n, struct vault *v, struct err *e);
bool vault_derive(const struct vault *v, const char *phrase, size_t n, unsigned char key[VAULT_KEY], struct err *e);
/* ERR_AUTH when the key is wrong or the bytes are not what was written. *v is empty then. */
bool vault_read(const char *bytes, size_t n, const unsigned char key[VAULT_KEY], struct vault *v, struct err *e);
/* Counts the generation up. */
bool vault_write(struct vault *v, const unsigned char key[VAULT_KEY], struct buf *out, struct err *e);
struct vault_entry *vault_find(const struct vault *v, const char *name);
bool vault_set(struct vault *v, const char *name, const char *bytes, size_t n, struct err *e);
bool vault_remove(struct vault *v, const char *name); /* false when it is not there */
void vault_free(struct vault *v); /* wipes */
#endif
