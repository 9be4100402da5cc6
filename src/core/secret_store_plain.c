/* A file of its own in clear text, for programs that read no other form. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "secret_file.h"
#include "secret_store.h"

enum { LIMIT = 1 << 20 };

static bool plain_get(struct secret_store_call *c) {
  int folder = secret_file_folder(c->folder, false, &c->e);
  bool ok = folder >= 0 && secret_file_read(folder, c->folder, c->key, LIMIT, &c->value, &c->e);
  if (folder >= 0) close(folder);
  if (ok || c->e.kind != ERR_MISSING) return ok;
  return secret_store_no_entry(c);
}

static bool plain_put(struct secret_store_call *c) {
  int folder = secret_file_folder(c->folder, true, &c->e);
  bool ok = folder >= 0 && secret_file_write(folder, c->folder, c->key, c->value.data, c->value.len, &c->e);
  if (folder >= 0) close(folder);
  return ok;
}

static bool plain_remove(struct secret_store_call *c) {
  int folder = secret_file_folder(c->folder, false, &c->e);
  if (folder < 0) return c->e.kind == ERR_MISSING ? secret_store_no_entry(c) : false;
  bool ok = unlinkat(folder, c->key, 0) == 0;
  int number = errno;
  close(folder);
  if (ok) return true;
  if (number == ENOENT) return secret_store_no_entry(c);
  err_errno(&c->e, number, "remove", c->key);
  return false;
}

const struct secret_store secret_store_plain = {"plain", plain_get, plain_put, plain_remove};
