/* SHA-256 by the instructions for it that many processors have: ten times as fast, for files of
 * many megabytes. Only for hash.c. */
#ifndef QWEN_HASH_FAST_H
#define QWEN_HASH_FAST_H
#include <stddef.h>
#include <stdint.h>

extern const uint32_t hash_sha256_round[64];

/* Takes so many blocks of 64 bytes into the state; gives how many: all, or 0 without such instructions. */
size_t hash_sha256_fast(uint32_t state[8], const unsigned char *blocks, size_t count);
#endif
