/* What all back ends share: the list of them, writing with reading back, the probe. */
#include "secret_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

const struct secret_store *secret_store_find(const char *name) {
  static const struct secret_store *const all[] = {&secret_store_vault,  &secret_store_libsecret, &secret_store_keyring,
                                                   &secret_store_helper, &secret_store_memory,    &secret_store_plain};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strcmp(all[i]->name, name) == 0) return all[i];
  return NULL;
}

bool secret_store_no_entry(struct secret_store_call *c) {
  err_set(&c->e, ERR_MISSING, "nothing is stored there under '%.200s'", c->key);
  snprintf(c->e.code, sizeof c->e.code, "no-entry");
  return false;
}

/* In a time that tells nothing of where they differ. */
static bool same(const struct buf *a, const struct buf *b) {
  unsigned char different = a->len != b->len;
  for (size_t i = 0; i < a->len && i < b->len; i++) different |= (unsigned char)(a->data[i] ^ b->data[i]);
  return !different;
}

bool secret_store_put(const struct secret_store *s, struct secret_store_call *c) {
  if (!s->put(c)) return false;
  struct buf wanted = c->value;
  c->value = (struct buf){0};
  bool ok = s->get(c), equal = ok && same(&wanted, &c->value);
  buf_wipe(&c->value);
  c->value = wanted;
  if (ok && !equal) err_set(&c->e, ERR_BROKEN, "what was written under '%.200s' was read back as something else", c->key);
  return equal;
}

bool secret_store_probe(const struct secret_store *s, struct secret_store_call *c) {
  unsigned char random[16];
  char hex[33], key[64];
  if (!hash_random(random, sizeof random)) {
    err_set(&c->e, ERR_BROKEN, "the system gives no random bytes");
    return false;
  }
  hash_hex(random, sizeof random, hex);
  snprintf(key, sizeof key, "probe-%.16s", hex);
  char *wanted = c->key;
  c->key = key;
  buf_wipe(&c->value);
  bool ok = buf_addf(&c->value, "{\"probe\":\"%s\"}", hex) && secret_store_put(s, c);
  ok = ok && s->remove(c);
  buf_wipe(&c->value);
  c->key = wanted;
  return ok;
}

void secret_store_call_free(struct secret_store_call *c) {
  buf_wipe(&c->value);
  buf_wipe(&c->passphrase);
  for (char **arg = c->argv; arg && *arg; arg++) free(*arg);
  free(c->argv);
  free(c->key);
  free(c->folder);
  free(c->key_file);
}
