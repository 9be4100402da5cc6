/* The vault on disk: one encrypted file, its lock, and the key to it: 32 random bytes in another folder, or made from a passphrase.
 * A key made from a passphrase is remembered for this process, and by the kernel for some hours. */
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "private.h"
#include "sodium.h"
#include "keeper.h"
#include "vault.h"

enum { HOURS_12 = 12 * 3600 };
static const char file[] = "credentials.vault", lock_file[] = "credentials.vault.lock";

struct session { /* one look into the vault, under its lock */
  int folder, lock;
  bool fresh; /* there was no file */
  unsigned char key[VAULT_KEY];
  struct buf bytes;
  struct vault vault;
};

/* -- the machine's key ---------------------------------------------------------------------------------------------- */

static bool machine_key(struct keeper_call *c, bool make, unsigned char key[VAULT_KEY]) {
  char dir[PATH_MAX], name[PATH_MAX];
  snprintf(dir, sizeof dir, "%s", c->key_file);
  snprintf(name, sizeof name, "%s", c->key_file);
  const char *path = dirname(dir), *base = basename(name);
  int folder = private_folder(path, make, &c->e), lock = -1;
  if (folder < 0) return false;
  if (make) lock = private_lock(folder, path, "machine.lock", c->seconds, &c->e); /* vaults of several homes share the key */
  struct buf bytes = {0};
  bool ok = (lock >= 0 || !make) && private_read(folder, path, base, VAULT_KEY, &bytes, &c->e);
  if (!ok && lock >= 0 && c->e.kind == ERR_MISSING) {
    unsigned char random[VAULT_KEY];
    ok = hash_random(random, sizeof random) && private_write(folder, path, base, (char *)random, sizeof random, &c->e) &&
         private_read(folder, path, base, VAULT_KEY, &bytes, &c->e);
    explicit_bzero(random, sizeof random);
  }
  if (lock >= 0) close(lock);
  close(folder);
  if (ok && bytes.len != VAULT_KEY) {
    err_set(&c->e, ERR_PROTOCOL, "%.300s is damaged: a key has %d bytes", c->key_file, VAULT_KEY);
    ok = false;
  }
  if (ok) memcpy(key, bytes.data, VAULT_KEY);
  buf_wipe(&bytes);
  return ok;
}

/* -- a key made from a passphrase ----------------------------------------------------------------------------------- */

static struct { /* the last one, with the salt it belongs to */
  pthread_mutex_t one;
  bool known;
  unsigned char salt[VAULT_SALT], key[VAULT_KEY];
} remembered = {.one = PTHREAD_MUTEX_INITIALIZER};

static const char *kernel_name(const struct vault *v, char out[64]) {
  char hex[2 * VAULT_SALT + 1];
  hash_hex(v->salt, VAULT_SALT, hex);
  snprintf(out, 64, "qwen:vault-%s", hex);
  return out;
}

static bool recall(const struct vault *v, unsigned char key[VAULT_KEY]) {
  struct err e;
  char name[64];
  struct buf bytes = {0};
  pthread_mutex_lock(&remembered.one);
  bool ok = remembered.known && memcmp(remembered.salt, v->salt, VAULT_SALT) == 0;
  if (ok) memcpy(key, remembered.key, VAULT_KEY);
  pthread_mutex_unlock(&remembered.one);
  if (ok || !kernel_find(kernel_name(v, name), &bytes, &e)) return ok;
  ok = bytes.len == VAULT_KEY;
  if (ok) memcpy(key, bytes.data, VAULT_KEY);
  buf_wipe(&bytes);
  return ok;
}

static void remember(const struct vault *v, const unsigned char key[VAULT_KEY]) {
  struct err e;
  char name[64];
  pthread_mutex_lock(&remembered.one);
  if (!remembered.known && sodium_load(&e)) sodium_load(&e)->sodium_mlock(&remembered, sizeof remembered); /* best effort */
  memcpy(remembered.salt, v->salt, VAULT_SALT);
  memcpy(remembered.key, key, VAULT_KEY);
  remembered.known = true;
  pthread_mutex_unlock(&remembered.one);
  kernel_keep(kernel_name(v, name), (const char *)key, VAULT_KEY, HOURS_12, &e); /* where it is forbidden, the next run asks again */
}

/* -- opening and closing -------------------------------------------------------------------------------------------- */

static void leave(struct session *s) {
  vault_free(&s->vault);
  buf_wipe(&s->bytes);
  explicit_bzero(s->key, sizeof s->key);
  if (s->lock >= 0) close(s->lock);
  if (s->folder >= 0) close(s->folder);
}

static bool locked(struct keeper_call *c) {
  const char *words = c->passphrase.len ? "the passphrase of the vault %.300s/%s is wrong, or another program changed the vault"
                                        : "the vault %.300s/%s is locked: set QWEN_VAULT_PASSPHRASE, or run qwen at a terminal, where it asks";
  err_set(&c->e, ERR_AUTH, words, c->folder, file);
  snprintf(c->e.code, sizeof c->e.code, "locked");
  return false;
}

static bool open_existing(struct session *s, struct keeper_call *c) {
  struct vault *v = &s->vault;
  bool recalled = false;
  if (!vault_peek(s->bytes.data, s->bytes.len, v, &c->e)) return false;
  if (v->kdf == VAULT_RANDOM_KEY) {
    if (!machine_key(c, false, s->key)) {
      if (c->e.kind == ERR_MISSING)
        err_set(&c->e, ERR_MISSING, "the key of the vault, %.300s, is gone: put it back, or remove %.200s/%s and sign in again", c->key_file, c->folder, file);
      return false;
    }
  } else if (c->passphrase.len) {
    if (!vault_derive(v, c->passphrase.data, c->passphrase.len, s->key, &c->e)) return false;
  } else if (recall(v, s->key)) {
    recalled = true;
  } else {
    return locked(c);
  }
  if (!vault_read(s->bytes.data, s->bytes.len, s->key, v, &c->e)) return v->kdf == VAULT_ARGON2ID && c->e.kind == ERR_AUTH ? locked(c) : false;
  if (v->kdf == VAULT_ARGON2ID && !recalled) remember(v, s->key);
  return true;
}

static bool open_fresh(struct session *s, struct keeper_call *c) {
  s->fresh = true;
  if (!vault_new(&s->vault, c->passphrase.len ? VAULT_ARGON2ID : VAULT_RANDOM_KEY, &c->e)) return false;
  if (!c->passphrase.len) return machine_key(c, true, s->key);
  if (!vault_derive(&s->vault, c->passphrase.data, c->passphrase.len, s->key, &c->e)) return false;
  remember(&s->vault, s->key);
  return true;
}

/* To read, no lock is needed: the file is replaced whole. Leaves nothing open when it fails. */
static bool enter(struct session *s, struct keeper_call *c, bool change, bool make) {
  *s = (struct session){.folder = -1, .lock = -1};
  s->folder = private_folder(c->folder, make, &c->e);
  if (s->folder >= 0 && change) s->lock = private_lock(s->folder, c->folder, lock_file, c->seconds, &c->e);
  if (s->folder < 0 || (change && s->lock < 0)) return leave(s), false;
  bool there = private_read(s->folder, c->folder, file, VAULT_FILE_MAX, &s->bytes, &c->e);
  bool ok = there ? open_existing(s, c) : make && c->e.kind == ERR_MISSING && open_fresh(s, c);
  if (!ok) leave(s);
  return ok;
}

static bool save(struct session *s, struct keeper_call *c) {
  struct buf out = {0};
  bool ok = vault_write(&s->vault, s->key, &out, &c->e) && private_write(s->folder, c->folder, file, out.data, out.len, &c->e);
  buf_free(&out);
  return ok;
}

/* -- the back end --------------------------------------------------------------------------------------------------- */

static bool vault_keeper_get(struct keeper_call *c) {
  struct session s;
  if (access(c->folder, F_OK) != 0) return keeper_no_entry(c);
  if (!enter(&s, c, false, false)) return c->e.kind == ERR_MISSING && strcmp(c->e.code, "ENOENT") == 0 ? keeper_no_entry(c) : false;
  const struct vault_entry *entry = vault_find(&s.vault, c->key);
  bool ok = entry && buf_add(&c->value, entry->value.data, entry->value.len);
  if (!ok) keeper_no_entry(c);
  leave(&s);
  return ok;
}

static bool vault_keeper_put(struct keeper_call *c) {
  struct session s;
  if (!enter(&s, c, true, true)) return false;
  bool ok = vault_set(&s.vault, c->key, c->value.data, c->value.len, &c->e) && save(&s, c);
  leave(&s);
  return ok;
}

static bool vault_keeper_remove(struct keeper_call *c) {
  struct session s;
  if (access(c->folder, F_OK) != 0) return keeper_no_entry(c);
  if (!enter(&s, c, true, false)) return c->e.kind == ERR_MISSING && strcmp(c->e.code, "ENOENT") == 0 ? keeper_no_entry(c) : false;
  bool ok = vault_remove(&s.vault, c->key) ? save(&s, c) : keeper_no_entry(c);
  leave(&s);
  return ok;
}

/* The vault's entries under a new key: of the passphrase in c->value, or the machine's. */
static bool new_key(struct session *s, struct keeper_call *c) {
  struct vault fresh;
  struct vault *v = &s->vault;
  if (!vault_new(&fresh, c->value.len ? VAULT_ARGON2ID : VAULT_RANDOM_KEY, &c->e)) return false;
  v->kdf = fresh.kdf;
  v->passes = fresh.passes;
  v->kib = fresh.kib;
  memcpy(v->salt, fresh.salt, sizeof v->salt);
  vault_free(&fresh);
  return c->value.len ? vault_derive(v, c->value.data, c->value.len, s->key, &c->e) : machine_key(c, true, s->key);
}

bool keeper_vault_rekey(struct keeper_call *c) {
  struct session s;
  bool ok = enter(&s, c, true, false);
  if (!ok && c->e.kind == ERR_MISSING && strcmp(c->e.code, "ENOENT") == 0) {
    buf_wipe(&c->passphrase);
    c->passphrase = c->value;
    c->value = (struct buf){0};
    ok = enter(&s, c, true, true);
    if (ok) err_clear(&c->e);
  } else if (ok) {
    ok = new_key(&s, c);
    if (!ok) leave(&s);
  }
  if (!ok) return false;
  ok = save(&s, c);
  if (ok && s.vault.kdf == VAULT_ARGON2ID) remember(&s.vault, s.key);
  leave(&s);
  return ok;
}

const struct keeper keeper_vault = {"vault", vault_keeper_get, vault_keeper_put, vault_keeper_remove};
