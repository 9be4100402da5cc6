/* Reading and writing of the format in secret_vault.h. Every length is checked against what is left before it is used. */
#include "secret_vault.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "secret_sodium.h"

enum { HEADER = 48, NONCE = 24, TAG = 16, PASSES_MAX = 10, KIB_MAX = 1 << 20, KIB_MIN = 8 };
enum { MODERATE_PASSES = 3, MODERATE_KIB = 256 * 1024 };
static const char magic[] = "QWENVALT";

static void put_number(unsigned char *p, uint64_t v, int bytes) {
  for (int i = 0; i < bytes; i++) p[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get_number(const unsigned char *p, int bytes) {
  uint64_t v = 0;
  for (int i = 0; i < bytes; i++) v |= (uint64_t)p[i] << (8 * i);
  return v;
}

static bool no_memory(struct err *e) {
  err_set(e, ERR_BROKEN, "not enough memory for the vault");
  return false;
}

bool secret_vault_new(struct secret_vault *v, int kdf, struct err *e) {
  *v = (struct secret_vault){.kdf = (uint8_t)kdf};
  if (kdf == SECRET_VAULT_ARGON2ID) v->passes = MODERATE_PASSES, v->kib = MODERATE_KIB;
  if (hash_random(v->salt, sizeof v->salt)) return true;
  err_set(e, ERR_BROKEN, "the system gives no random bytes");
  return false;
}

static void write_header(const struct secret_vault *v, unsigned char out[HEADER]) {
  memset(out, 0, HEADER);
  memcpy(out, magic, 8);
  out[8] = 1;
  out[9] = v->kdf;
  put_number(out + 12, v->passes, 4);
  put_number(out + 16, v->kib, 4);
  memcpy(out + 20, v->salt, SECRET_VAULT_SALT);
  put_number(out + 36, v->generation, 8);
  put_number(out + 44, v->count, 4);
}

static bool damaged(struct err *e, const char *why) {
  err_set(e, ERR_PROTOCOL, "the vault is damaged: %s", why);
  return false;
}

bool secret_vault_peek(const char *bytes, size_t n, struct secret_vault *v, struct err *e) {
  const unsigned char *p = (const unsigned char *)bytes;
  *v = (struct secret_vault){0};
  if (n < HEADER + NONCE + TAG || memcmp(p, magic, 8) != 0) return damaged(e, "it does not begin like one");
  if (p[8] != 1 || p[9] > SECRET_VAULT_ARGON2ID || p[10] || p[11]) return damaged(e, "it has a version or a kind of key that this program does not know");
  v->kdf = p[9];
  v->passes = (uint32_t)get_number(p + 12, 4);
  v->kib = (uint32_t)get_number(p + 16, 4);
  memcpy(v->salt, p + 20, SECRET_VAULT_SALT);
  v->generation = get_number(p + 36, 8);
  bool slow = v->kdf == SECRET_VAULT_ARGON2ID;
  bool cheap = slow ? v->passes >= 1 && v->passes <= PASSES_MAX && v->kib >= KIB_MIN && v->kib <= KIB_MAX : !v->passes && !v->kib;
  if (!cheap) return damaged(e, "making its key would take more time or memory than allowed");
  if (get_number(p + 44, 4) > SECRET_VAULT_ENTRIES_MAX) return damaged(e, "it claims more entries than allowed");
  return true;
}

bool secret_vault_derive(const struct secret_vault *v, const char *phrase, size_t n, unsigned char key[SECRET_VAULT_KEY], struct err *e) {
  const struct secret_sodium_api *sodium = secret_sodium_load(e);
  if (!sodium) return false;
  size_t memory = (size_t)v->kib * 1024;
  if (sodium->crypto_pwhash(key, SECRET_VAULT_KEY, phrase, n, v->salt, v->passes, memory, crypto_pwhash_ALG_ARGON2ID13) == 0)
    return true;
  err_set(e, ERR_BROKEN, "the vault's key could not be made from the passphrase: it takes %u MiB of memory", v->kib / 1024);
  return false;
}

/* What an entry is bound to: header, place, name. The header itself is an entry without either. */
static size_t bound_to(const unsigned char header[HEADER], size_t place, const char *name, size_t name_len, unsigned char *out) {
  memcpy(out, header, HEADER);
  put_number(out + HEADER, place, 4);
  if (name_len) memcpy(out + HEADER + 4, name, name_len);
  return HEADER + 4 + name_len;
}

enum { BOUND_MAX = HEADER + 4 + SECRET_VAULT_NAME_MAX };

static bool open_box(const struct secret_sodium_api *sodium, const unsigned char *bound, size_t bound_len, const unsigned char *box, size_t n,
                     const unsigned char *key, unsigned char *out) {
  return sodium->crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, box + NONCE, n, bound, bound_len, box, key) == 0;
}

/* One entry at *p, which moves behind it. Words for a failure, or NULL. */
static const char *read_entry(const struct secret_sodium_api *sodium, const unsigned char header[HEADER], size_t place, const unsigned char **p,
                              const unsigned char *end, const unsigned char *key, struct secret_vault_entry *entry) {
  unsigned char bound[BOUND_MAX];
  if (end - *p < 2) return "it is cut off";
  size_t name_len = (size_t)get_number(*p, 2);
  *p += 2;
  if (name_len == 0 || name_len > SECRET_VAULT_NAME_MAX) return "a name is too long";
  if ((size_t)(end - *p) < name_len + 4) return "it is cut off";
  memcpy(entry->name, *p, name_len);
  if (memchr(entry->name, '\0', name_len)) return "a name holds a zero byte";
  *p += name_len;
  size_t n = (size_t)get_number(*p, 4);
  *p += 4;
  if ((size_t)(end - *p) < NONCE || n < TAG || n > (size_t)(end - *p) - NONCE) return "it is cut off";
  if (!buf_reserve(&entry->value, n)) return "there is not enough memory to read it";
  size_t bound_len = bound_to(header, place, entry->name, name_len, bound);
  if (!open_box(sodium, bound, bound_len, *p, n, key, (unsigned char *)entry->value.data)) return "an entry was changed";
  entry->value.len = n - TAG;
  *p += NONCE + n;
  return NULL;
}

bool secret_vault_read(const char *bytes, size_t n, const unsigned char key[SECRET_VAULT_KEY], struct secret_vault *v, struct err *e) {
  const struct secret_sodium_api *sodium = secret_sodium_load(e);
  const unsigned char *header = (const unsigned char *)bytes, *p = header + HEADER, *end = header + n;
  unsigned char bound[BOUND_MAX], nothing[1];
  if (!sodium || !secret_vault_peek(bytes, n, v, e)) return false;
  size_t bound_len = bound_to(header, 0, "", 0, bound), count = (size_t)get_number(header + 44, 4);
  if (!open_box(sodium, bound, bound_len, p, TAG, key, nothing)) {
    err_set(e, ERR_AUTH, v->kdf == SECRET_VAULT_ARGON2ID ? "the passphrase of the vault is wrong, or the vault was changed by another program"
                                                  : "the vault does not belong to this machine's key, or was changed by another program");
    return false;
  }
  p += NONCE + TAG;
  v->entries = calloc(count ? count : 1, sizeof *v->entries);
  const char *why = v->entries ? NULL : "there is not enough memory to read it";
  while (!why && v->count < count) {
    v->count++; /* also when it fails: secret_vault_free then wipes it */
    why = read_entry(sodium, header, v->count, &p, end, key, &v->entries[v->count - 1]);
  }
  if (!why && p != end) why = "something stands behind its end";
  if (!why) return true;
  secret_vault_free(v);
  return damaged(e, why);
}

static bool add_box(const struct secret_sodium_api *sodium, const unsigned char *bound, size_t bound_len, const struct buf *text, const unsigned char *key,
                    struct buf *out) {
  unsigned char nonce[NONCE];
  size_t n = text ? text->len : 0;
  if (!hash_random(nonce, NONCE) || !buf_add(out, nonce, NONCE) || !buf_reserve(out, n + TAG)) return false;
  const unsigned char *plain = text && text->data ? (const unsigned char *)text->data : nonce;
  sodium->crypto_aead_xchacha20poly1305_ietf_encrypt((unsigned char *)out->data + out->len, NULL, plain, n, bound, bound_len, NULL, nonce, key);
  out->len += n + TAG;
  return true;
}

bool secret_vault_write(struct secret_vault *v, const unsigned char key[SECRET_VAULT_KEY], struct buf *out, struct err *e) {
  const struct secret_sodium_api *sodium = secret_sodium_load(e);
  unsigned char header[HEADER], bound[BOUND_MAX], number[4];
  if (!sodium) return false;
  v->generation++;
  write_header(v, header);
  bool ok = buf_add(out, header, HEADER) && add_box(sodium, bound, bound_to(header, 0, "", 0, bound), NULL, key, out);
  for (size_t i = 0; ok && i < v->count; i++) {
    const struct secret_vault_entry *entry = &v->entries[i];
    size_t name_len = strlen(entry->name);
    put_number(number, name_len, 2);
    ok = buf_add(out, number, 2) && buf_add(out, entry->name, name_len);
    put_number(number, entry->value.len + TAG, 4);
    ok = ok && buf_add(out, number, 4) && add_box(sodium, bound, bound_to(header, i + 1, entry->name, name_len, bound), &entry->value, key, out);
  }
  if (!ok) return no_memory(e);
  if (out->len <= SECRET_VAULT_FILE_MAX) return true;
  err_set(e, ERR_TOO_LONG, "the vault would be larger than %d bytes", SECRET_VAULT_FILE_MAX);
  return false;
}

struct secret_vault_entry *secret_vault_find(const struct secret_vault *v, const char *name) {
  for (size_t i = 0; i < v->count; i++)
    if (strcmp(v->entries[i].name, name) == 0) return &v->entries[i];
  return NULL;
}

bool secret_vault_set(struct secret_vault *v, const char *name, const char *bytes, size_t n, struct err *e) {
  struct buf value = {0};
  size_t len = strlen(name);
  if (len == 0 || len > SECRET_VAULT_NAME_MAX || v->count >= SECRET_VAULT_ENTRIES_MAX) {
    err_set(e, ERR_USAGE, "the vault takes %d entries with names of up to %d bytes", SECRET_VAULT_ENTRIES_MAX, SECRET_VAULT_NAME_MAX);
    return false;
  }
  if (!buf_add(&value, bytes, n)) return no_memory(e);
  struct secret_vault_entry *entry = secret_vault_find(v, name);
  if (!entry) {
    /* Values stay where they are, so that no copy of them is left. */
    struct secret_vault_entry *grown = realloc(v->entries, (v->count + 1) * sizeof *grown);
    if (!grown) return buf_wipe(&value), no_memory(e);
    v->entries = grown;
    entry = &grown[v->count++];
    *entry = (struct secret_vault_entry){0};
    memcpy(entry->name, name, len);
  }
  buf_wipe(&entry->value);
  entry->value = value;
  return true;
}

bool secret_vault_remove(struct secret_vault *v, const char *name) {
  struct secret_vault_entry *entry = secret_vault_find(v, name);
  if (!entry) return false;
  buf_wipe(&entry->value);
  memmove(entry, entry + 1, (size_t)(v->entries + v->count - (entry + 1)) * sizeof *entry);
  v->count--;
  return true;
}

void secret_vault_free(struct secret_vault *v) {
  for (size_t i = 0; i < v->count; i++) buf_wipe(&v->entries[i].value);
  free(v->entries);
  v->entries = NULL;
  v->count = 0;
}
