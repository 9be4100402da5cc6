/* A file of its own in clear text, for programs that read no other form. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "private.h"
#include "keeper.h"

enum { LIMIT = 1 << 20 };

static bool plain_get(struct keeper_call *c) {
  int folder = private_folder(c->folder, false, &c->e);
  bool ok = folder >= 0 && private_read(folder, c->folder, c->key, LIMIT, &c->value, &c->e);
  if (folder >= 0) close(folder);
  if (ok || c->e.kind != ERR_MISSING) return ok;
  return keeper_no_entry(c);
}

static bool plain_put(struct keeper_call *c) {
  int folder = private_folder(c->folder, true, &c->e);
  bool ok = folder >= 0 && private_write(folder, c->folder, c->key, c->value.data, c->value.len, &c->e);
  if (folder >= 0) close(folder);
  return ok;
}

static bool plain_remove(struct keeper_call *c) {
  int folder = private_folder(c->folder, false, &c->e);
  if (folder < 0) return c->e.kind == ERR_MISSING ? keeper_no_entry(c) : false;
  bool ok = unlinkat(folder, c->key, 0) == 0;
  int number = errno;
  close(folder);
  if (ok) return true;
  if (number == ENOENT) return keeper_no_entry(c);
  err_errno(&c->e, number, "remove", c->key);
  return false;
}

const struct keeper keeper_plain = {"plain", plain_get, plain_put, plain_remove};
