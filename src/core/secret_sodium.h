/* libsodium, loaded on first use: only a run that opens a vault pays for it. The table lives as long as the process. */
#ifndef QWEN_SECRET_SODIUM_H
#define QWEN_SECRET_SODIUM_H
#include <sodium.h>

#include "err.h"

#define SECRET_SODIUM_FUNCTIONS(X)                                                                       \
  X(sodium_init) X(sodium_mlock) X(crypto_pwhash) X(crypto_aead_xchacha20poly1305_ietf_encrypt) \
  X(crypto_aead_xchacha20poly1305_ietf_decrypt)

struct secret_sodium_api {
#define X(name) __typeof__(name) *name;
  SECRET_SODIUM_FUNCTIONS(X)
#undef X
};

/* NULL and *e when libsodium is missing or too old. May be called on any thread. */
const struct secret_sodium_api *secret_sodium_load(struct err *e);
#endif
