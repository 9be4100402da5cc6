/* SHA-256, SHA-512, SHA-1, HMAC, base64 and random identifiers: small, pure, without a library that every start would have to load. */
#ifndef QWEN_HASH_H
#define QWEN_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HASH_MAX = 32 };
struct hash_kind {
  void (*digest)(const void *bytes, size_t n, unsigned char *out);
  size_t size;
};

void hash_sha256(const void *bytes, size_t n, unsigned char out[32]);
void hash_sha512(const void *bytes, size_t n, unsigned char out[64]);
void hash_sha1(const void *bytes, size_t n, unsigned char out[20]);
/* kind is {hash_sha256, 32} or {hash_sha1, 20}; false without memory. */
bool hash_hmac(struct hash_kind kind, const void *key, size_t key_n, const void *text, size_t n, unsigned char *out);
void hash_hex(const unsigned char *bytes, size_t n, char *out);              /* out: 2n + 1 */
size_t hash_base64(const void *bytes, size_t n, char *out);                  /* out: 4 * ((n + 2) / 3) + 1; gives the length */
bool hash_unbase64(const char *text, size_t n, unsigned char *out, size_t *len); /* out: n bytes; standard or URL letters */
bool hash_random(void *out, size_t n);
bool hash_uuid(char out[37]);                                                /* version 4 */
#endif
