/* The vault on disk: one encrypted file, its lock, and the key to it: 32 random bytes in another folder, or made from a passphrase.
 * A key made from a passphrase is remembered for this process, and by the kernel for some hours. */
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "secret_file.h"
#include "secret_sodium.h"
#include "secret_store.h"
#include "secret_vault.h"

enum { HOURS_12 = 12 * 3600 };
static const char file[] = "credentials.vault", lock_file[] = "credentials.vault.lock";

struct session { /* one look into the vault, under its lock */
  int folder, lock;
  bool fresh; /* there was no file */
  unsigned char key[SECRET_VAULT_KEY];
  struct buf bytes;
  struct secret_vault vault;
};

/* -- the machine's key ---------------------------------------------------------------------------------------------- */

static bool machine_key(struct secret_store_call *c, bool make, unsigned char key[SECRET_VAULT_KEY]) {
  char dir[PATH_MAX], name[PATH_MAX];
  snprintf(dir, sizeof dir, "%s", c->key_file);
  snprintf(name, sizeof name, "%s", c->key_file);
  const char *path = dirname(dir), *base = basename(name);
  int folder = secret_file_folder(path, make, &c->e), lock = -1;
  if (folder < 0) return false;
  if (make) lock = secret_file_lock(folder, path, "machine.lock", c->seconds, &c->e); /* vaults of several homes share the key */
  struct buf bytes = {0};
  bool ok = (lock >= 0 || !make) && secret_file_read(folder, path, base, SECRET_VAULT_KEY, &bytes, &c->e);
  if (!ok && lock >= 0 && c->e.kind == ERR_MISSING) {
    unsigned char random[SECRET_VAULT_KEY];
    ok = hash_random(random, sizeof random) && secret_file_write(folder, path, base, (char *)random, sizeof random, &c->e) &&
         secret_file_read(folder, path, base, SECRET_VAULT_KEY, &bytes, &c->e);
    explicit_bzero(random, sizeof random);
  }
  if (lock >= 0) close(lock);
  close(folder);
  if (ok && bytes.len != SECRET_VAULT_KEY) {
    err_set(&c->e, ERR_PROTOCOL, "%.300s is damaged: a key has %d bytes", c->key_file, SECRET_VAULT_KEY);
    ok = false;
  }
  if (ok) memcpy(key, bytes.data, SECRET_VAULT_KEY);
  buf_wipe(&bytes);
  return ok;
}

/* -- a key made from a passphrase ----------------------------------------------------------------------------------- */

static struct { /* the last one, with the salt it belongs to */
  pthread_mutex_t one;
  bool known;
  unsigned char salt[SECRET_VAULT_SALT], key[SECRET_VAULT_KEY];
} remembered = {.one = PTHREAD_MUTEX_INITIALIZER};

static const char *kernel_name(const struct secret_vault *v, char out[64]) {
  char hex[2 * SECRET_VAULT_SALT + 1];
  hash_hex(v->salt, SECRET_VAULT_SALT, hex);
  snprintf(out, 64, "qwen:vault-%s", hex);
  return out;
}

static bool recall(const struct secret_vault *v, unsigned char key[SECRET_VAULT_KEY]) {
  struct err e;
  char name[64];
  struct buf bytes = {0};
  pthread_mutex_lock(&remembered.one);
  bool ok = remembered.known && memcmp(remembered.salt, v->salt, SECRET_VAULT_SALT) == 0;
  if (ok) memcpy(key, remembered.key, SECRET_VAULT_KEY);
  pthread_mutex_unlock(&remembered.one);
  if (ok || !secret_store_keyring_load(kernel_name(v, name), &bytes, &e)) return ok;
  ok = bytes.len == SECRET_VAULT_KEY;
  if (ok) memcpy(key, bytes.data, SECRET_VAULT_KEY);
  buf_wipe(&bytes);
  return ok;
}

static void remember(const struct secret_vault *v, const unsigned char key[SECRET_VAULT_KEY]) {
  struct err e;
  char name[64];
  pthread_mutex_lock(&remembered.one);
  if (!remembered.known && secret_sodium_load(&e)) secret_sodium_load(&e)->sodium_mlock(&remembered, sizeof remembered); /* best effort */
  memcpy(remembered.salt, v->salt, SECRET_VAULT_SALT);
  memcpy(remembered.key, key, SECRET_VAULT_KEY);
  remembered.known = true;
  pthread_mutex_unlock(&remembered.one);
  /* Where the keyring is forbidden, the next run asks again. */
  secret_store_keyring_save(kernel_name(v, name), (const char *)key, SECRET_VAULT_KEY, HOURS_12, &e);
}

/* -- opening and closing -------------------------------------------------------------------------------------------- */

static void leave(struct session *s) {
  secret_vault_free(&s->vault);
  buf_wipe(&s->bytes);
  explicit_bzero(s->key, sizeof s->key);
  if (s->lock >= 0) close(s->lock);
  if (s->folder >= 0) close(s->folder);
}

static bool locked(struct secret_store_call *c) {
  const char *words = c->passphrase.len ? "the passphrase of the vault %.300s/%s is wrong, or another program changed the vault"
                                        : "the vault %.300s/%s is locked: set QWEN_VAULT_PASSPHRASE, or run qwen at a terminal, where it asks";
  err_set(&c->e, ERR_AUTH, words, c->folder, file);
  snprintf(c->e.code, sizeof c->e.code, "locked");
  return false;
}

static bool open_existing(struct session *s, struct secret_store_call *c) {
  struct secret_vault *v = &s->vault;
  bool recalled = false;
  if (!secret_vault_peek(s->bytes.data, s->bytes.len, v, &c->e)) return false;
  if (v->kdf == SECRET_VAULT_RANDOM_KEY) {
    if (!machine_key(c, false, s->key)) {
      if (c->e.kind == ERR_MISSING)
        err_set(&c->e, ERR_MISSING, "the key of the vault, %.300s, is gone: put it back, or remove %.200s/%s and sign in again", c->key_file, c->folder, file);
      return false;
    }
  } else if (c->passphrase.len) {
    if (!secret_vault_derive(v, c->passphrase.data, c->passphrase.len, s->key, &c->e)) return false;
  } else if (recall(v, s->key)) {
    recalled = true;
  } else {
    return locked(c);
  }
  if (!secret_vault_read(s->bytes.data, s->bytes.len, s->key, v, &c->e))
    return v->kdf == SECRET_VAULT_ARGON2ID && c->e.kind == ERR_AUTH ? locked(c) : false;
  if (v->kdf == SECRET_VAULT_ARGON2ID && !recalled) remember(v, s->key);
  return true;
}

static bool open_fresh(struct session *s, struct secret_store_call *c) {
  s->fresh = true;
  if (!secret_vault_new(&s->vault, c->passphrase.len ? SECRET_VAULT_ARGON2ID : SECRET_VAULT_RANDOM_KEY, &c->e)) return false;
  if (!c->passphrase.len) return machine_key(c, true, s->key);
  if (!secret_vault_derive(&s->vault, c->passphrase.data, c->passphrase.len, s->key, &c->e)) return false;
  remember(&s->vault, s->key);
  return true;
}

/* To read, no lock is needed: the file is replaced whole. Leaves nothing open when it fails. */
static bool enter(struct session *s, struct secret_store_call *c, bool change, bool make) {
  *s = (struct session){.folder = -1, .lock = -1};
  s->folder = secret_file_folder(c->folder, make, &c->e);
  if (s->folder >= 0 && change) s->lock = secret_file_lock(s->folder, c->folder, lock_file, c->seconds, &c->e);
  if (s->folder < 0 || (change && s->lock < 0)) return leave(s), false;
  bool there = secret_file_read(s->folder, c->folder, file, SECRET_VAULT_FILE_MAX, &s->bytes, &c->e);
  bool ok = there ? open_existing(s, c) : make && c->e.kind == ERR_MISSING && open_fresh(s, c);
  if (!ok) leave(s);
  return ok;
}

static bool save(struct session *s, struct secret_store_call *c) {
  struct buf out = {0};
  bool ok = secret_vault_write(&s->vault, s->key, &out, &c->e) && secret_file_write(s->folder, c->folder, file, out.data, out.len, &c->e);
  buf_free(&out);
  return ok;
}

/* -- the back end --------------------------------------------------------------------------------------------------- */

static bool vault_get(struct secret_store_call *c) {
  struct session s;
  if (access(c->folder, F_OK) != 0) return secret_store_no_entry(c);
  if (!enter(&s, c, false, false)) return c->e.kind == ERR_MISSING && strcmp(c->e.code, "ENOENT") == 0 ? secret_store_no_entry(c) : false;
  const struct secret_vault_entry *entry = secret_vault_find(&s.vault, c->key);
  bool ok = entry && buf_add(&c->value, entry->value.data, entry->value.len);
  if (!ok) secret_store_no_entry(c);
  leave(&s);
  return ok;
}

static bool vault_put(struct secret_store_call *c) {
  struct session s;
  if (!enter(&s, c, true, true)) return false;
  bool ok = secret_vault_set(&s.vault, c->key, c->value.data, c->value.len, &c->e) && save(&s, c);
  leave(&s);
  return ok;
}

static bool vault_remove(struct secret_store_call *c) {
  struct session s;
  if (access(c->folder, F_OK) != 0) return secret_store_no_entry(c);
  if (!enter(&s, c, true, false)) return c->e.kind == ERR_MISSING && strcmp(c->e.code, "ENOENT") == 0 ? secret_store_no_entry(c) : false;
  bool ok = secret_vault_remove(&s.vault, c->key) ? save(&s, c) : secret_store_no_entry(c);
  leave(&s);
  return ok;
}

/* The vault's entries under a new key: of the passphrase in c->value, or the machine's. */
static bool new_key(struct session *s, struct secret_store_call *c) {
  struct secret_vault fresh;
  struct secret_vault *v = &s->vault;
  if (!secret_vault_new(&fresh, c->value.len ? SECRET_VAULT_ARGON2ID : SECRET_VAULT_RANDOM_KEY, &c->e)) return false;
  v->kdf = fresh.kdf;
  v->passes = fresh.passes;
  v->kib = fresh.kib;
  memcpy(v->salt, fresh.salt, sizeof v->salt);
  secret_vault_free(&fresh);
  return c->value.len ? secret_vault_derive(v, c->value.data, c->value.len, s->key, &c->e) : machine_key(c, true, s->key);
}

bool secret_store_vault_rekey(struct secret_store_call *c) {
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
  if (ok && s.vault.kdf == SECRET_VAULT_ARGON2ID) remember(&s.vault, s.key);
  leave(&s);
  return ok;
}

const struct secret_store secret_store_vault = {"vault", vault_get, vault_put, vault_remove};
