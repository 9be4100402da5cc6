/* SHA-256 and SHA-1 (FIPS 180-4), HMAC (RFC 2104), base64 (RFC 4648), UUID version 4 (RFC 9562). Ciphers are not here. */
#include "hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hash_fast.h"

enum { LARGE = 4096 /* bytes, from which on it is worth a look at what the processor can */ };

const uint32_t hash_sha256_round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void block256(uint32_t *h, const unsigned char *p) {
  uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], last = h[7];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t x = w[i - 15], y = w[i - 2];
    w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[i - 7] + (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
  }
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = last + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + hash_sha256_round[i] + w[i];
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    last = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += last;
}

/* SHA-1 is broken as a hash; as an HMAC it is still asked for by services that sign their requests with it. */
static void block1(uint32_t *h, const unsigned char *p) {
  static const uint32_t round[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 31);
  for (int i = 0; i < 80; i++) {
    uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
    uint32_t t = rotate(a, 27) + f + e + round[i / 20] + w[i];
    e = d;
    d = c;
    c = rotate(b, 2);
    b = a;
    a = t;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

/* Both pad alike: a one bit, zeros, the length in bits. */
static void digest(void (*block)(uint32_t *, const unsigned char *), uint32_t *h, size_t words, const void *bytes, size_t n, unsigned char *out) {
  const unsigned char *p = bytes;
  size_t left = n;
  if (block == block256 && n >= LARGE) {
    size_t done = hash_sha256_fast(h, p, n / 64);
    p += done * 64, left -= done * 64;
  }
  for (; left >= 64; left -= 64, p += 64) block(h, p);
  unsigned char tail[128] = {0};
  if (left) memcpy(tail, p, left);
  tail[left] = 0x80;
  size_t size = left < 56 ? 64 : 128;
  for (int i = 0; i < 8; i++) tail[size - 1 - (size_t)i] = (unsigned char)((uint64_t)n * 8 >> (8 * i));
  block(h, tail);
  if (size == 128) block(h, tail + 64);
  for (size_t i = 0; i < 4 * words; i++) out[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void hash_sha256(const void *bytes, size_t n, unsigned char out[32]) {
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  digest(block256, h, 8, bytes, n, out);
}

void hash_sha1(const void *bytes, size_t n, unsigned char out[20]) {
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  digest(block1, h, 5, bytes, n, out);
}

bool hash_hmac(struct hash_kind kind, const void *key, size_t key_n, const void *text, size_t n, unsigned char *out) {
  unsigned char short_key[HASH_MAX], *work = malloc(64 + (n > HASH_MAX ? n : HASH_MAX));
  if (!work) return false;
  if (key_n > 64) {
    kind.digest(key, key_n, short_key);
    key = short_key;
    key_n = kind.size;
  }
  for (int outer = 0; outer < 2; outer++) {
    for (size_t i = 0; i < 64; i++) work[i] = (i < key_n ? ((const unsigned char *)key)[i] : 0) ^ (outer ? 0x5c : 0x36);
    if (outer) memcpy(work + 64, out, kind.size);
    else if (n) memcpy(work + 64, text, n);
    kind.digest(work, 64 + (outer ? kind.size : n), out);
  }
  explicit_bzero(work, 64);
  explicit_bzero(short_key, sizeof short_key);
  free(work);
  return true;
}

void hash_hex(const unsigned char *bytes, size_t n, char *out) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < n; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  out[2 * n] = '\0';
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t hash_base64(const void *bytes, size_t n, char *out) {
  const unsigned char *p = bytes;
  char *o = out;
  for (size_t i = 0; i < n; i += 3) {
    uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
    *o++ = letters[v >> 18];
    *o++ = letters[v >> 12 & 63];
    *o++ = i + 1 < n ? letters[v >> 6 & 63] : '=';
    *o++ = i + 2 < n ? letters[v & 63] : '=';
  }
  *o = '\0';
  return (size_t)(o - out);
}

static int letter_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

bool hash_unbase64(const char *text, size_t n, unsigned char *out, size_t *len) {
  uint32_t v = 0;
  int bits = 0;
  *len = 0;
  if (n > 0 && n % 4 == 0 && text[n - 1] == '=') n -= text[n - 2] == '=' ? 2 : 1; /* padding may be left out, not misplaced */
  if (n % 4 == 1) return false;
  for (size_t i = 0; i < n; i++) {
    int value = letter_value(text[i]);
    if (value < 0) return false;
    v = v << 6 | (uint32_t)value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[(*len)++] = (unsigned char)(v >> bits);
  }
  return true;
}

bool hash_random(void *out, size_t n) {
  unsigned char *p = out;
  while (n > 0) {
    size_t part = n < 256 ? n : 256;
    if (getrandom(p, part, 0) != (ssize_t)part) return false;
    p += part;
    n -= part;
  }
  return true;
}

bool hash_uuid(char out[37]) {
  unsigned char b[16];
  char hex[33];
  if (!hash_random(b, sizeof b)) return false;
  b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
  b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
  hash_hex(b, sizeof b, hex);
  snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
  return true;
}
