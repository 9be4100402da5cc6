/* The vault's file format: bytes to entries and back. Files, locks and where a key comes from are in secret_store_vault.c.
 *
 *   0  "QWENVALT"   8  version 1   9  how the key is made: 0 a random one, 1 argon2id   10  0 0   12  passes   16  KiB of memory
 *  20  salt (16)   36  generation (8)   44  number of entries   48  nonce (24) and tag (16) over these 48 bytes
 *  then each entry: length of its name (2), name, length of its text (4), nonce (24), ciphertext with tag
 *
 * All numbers little endian; XChaCha20-Poly1305-IETF. An entry is bound to the header, which holds the generation and the number of
 * entries, to its place and to its name: none can be changed, swapped, taken out or put back from an older file. An older file as a whole
 * cannot be told from a newer one. */
#ifndef QWEN_SECRET_VAULT_H
#define QWEN_SECRET_VAULT_H
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

enum { SECRET_VAULT_KEY = 32, SECRET_VAULT_SALT = 16 };
enum { SECRET_VAULT_NAME_MAX = 200, SECRET_VAULT_ENTRIES_MAX = 1000, SECRET_VAULT_FILE_MAX = 1 << 20 };
enum { SECRET_VAULT_RANDOM_KEY = 0, SECRET_VAULT_ARGON2ID = 1 };

struct secret_vault_entry {
  char name[SECRET_VAULT_NAME_MAX + 1];
  struct buf value;
};

struct secret_vault {
  uint8_t kdf;
  uint32_t passes, kib;
  unsigned char salt[SECRET_VAULT_SALT];
  uint64_t generation;
  struct secret_vault_entry *entries;
  size_t count;
};

bool secret_vault_new(struct secret_vault *v, int kdf, struct err *e);
/* The header alone: enough to make the key. Refuses what would cost too much. */
bool secret_vault_peek(const char *bytes, size_t n, struct secret_vault *v, struct err *e);
bool secret_vault_derive(const struct secret_vault *v, const char *phrase, size_t n, unsigned char key[SECRET_VAULT_KEY], struct err *e);
/* ERR_AUTH when the key is wrong or the bytes are not what was written. *v is empty then. */
bool secret_vault_read(const char *bytes, size_t n, const unsigned char key[SECRET_VAULT_KEY], struct secret_vault *v, struct err *e);
/* Counts the generation up. */
bool secret_vault_write(struct secret_vault *v, const unsigned char key[SECRET_VAULT_KEY], struct buf *out, struct err *e);
struct secret_vault_entry *secret_vault_find(const struct secret_vault *v, const char *name);
bool secret_vault_set(struct secret_vault *v, const char *name, const char *bytes, size_t n, struct err *e);
bool secret_vault_remove(struct secret_vault *v, const char *name); /* false when it is not there */
void secret_vault_free(struct secret_vault *v); /* wipes */
#endif
