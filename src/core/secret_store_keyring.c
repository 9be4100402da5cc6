/* Credentials in the kernel's memory, in the keyring of the user: no file, gone at the next start of the machine or after three days. */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "secret_store.h"

enum { DAYS_3 = 3 * 24 * 3600, KEY_MAX = 32767 };
enum { OWNER_ALL = 0x3f3f0000 }; /* possessor and user: a process without the user's keyring in its session must find it too */

static bool fail(struct err *e, const char *verb, const char *description) {
  int number = errno;
  err_errno(e, number, verb, description);
  if (number == EDQUOT)
    err_set(e, ERR_LIMIT, "%s %.200s: the kernel stores no more than 20000 bytes for a user; remove some, or use the vault", verb, description);
  if (number == ENOSYS || number == EPERM || number == EACCES)
    err_set(e, ERR_DENIED, "%s %.200s: the kernel's keyring is not allowed here; containers often forbid it. Use the vault", verb, description);
  return false;
}

static long find(const char *description) { return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", description, 0); }

static bool is_absent(int number) { return number == ENOKEY || number == EKEYEXPIRED || number == EKEYREVOKED; }

static bool fail_read(struct err *e, const char *description) {
  if (!is_absent(errno)) return fail(e, "read", description);
  err_set(e, ERR_MISSING, "the kernel has no %.200s", description);
  return false;
}

bool secret_store_keyring_save(const char *description, const char *bytes, size_t n, unsigned seconds, struct err *e) {
  if (n > KEY_MAX) {
    err_set(e, ERR_TOO_LONG, "store %.200s: the kernel takes %d bytes at most", description, KEY_MAX);
    return false;
  }
  long id = syscall(SYS_add_key, "user", description, bytes, n, KEY_SPEC_USER_KEYRING);
  if (id < 0) return fail(e, "store", description);
  if (syscall(SYS_keyctl, KEYCTL_SETPERM, id, OWNER_ALL) != 0 || syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, id, seconds) != 0)
    return fail(e, "store", description);
  return true;
}

bool secret_store_keyring_load(const char *description, struct buf *out, struct err *e) {
  long id = find(description);
  if (id < 0) return fail_read(e, description);
  if (!buf_reserve(out, KEY_MAX)) return err_set(e, ERR_BROKEN, "out of memory"), false;
  long n = syscall(SYS_keyctl, KEYCTL_READ, id, out->data, KEY_MAX);
  if (n < 0 || n > KEY_MAX) return fail_read(e, description);
  out->len = (size_t)n;
  return true;
}

static const char *described(const struct secret_store_call *c, char out[256]) {
  snprintf(out, 256, "qwen:%s", c->key);
  return out;
}

static bool keyring_get(struct secret_store_call *c) {
  char description[256];
  if (secret_store_keyring_load(described(c, description), &c->value, &c->e)) return true;
  return c->e.kind == ERR_MISSING ? secret_store_no_entry(c) : false;
}

static bool keyring_put(struct secret_store_call *c) {
  char description[256];
  return secret_store_keyring_save(described(c, description), c->value.data, c->value.len, DAYS_3, &c->e);
}

static bool keyring_remove(struct secret_store_call *c) {
  char description[256];
  long id = find(described(c, description));
  if (id < 0 && is_absent(errno)) return secret_store_no_entry(c);
  if (id >= 0 && syscall(SYS_keyctl, KEYCTL_UNLINK, id, KEY_SPEC_USER_KEYRING) == 0) return true;
  return fail(&c->e, "remove", description);
}

const struct secret_store secret_store_keyring = {"kernel", keyring_get, keyring_put, keyring_remove};
