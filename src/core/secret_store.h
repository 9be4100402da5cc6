/* The credential store: one interface, one file per back end. A call may block for seconds and runs on a thread of its own;
 * it touches nothing but its struct. The index of which back end holds which credential is not here. */
#ifndef QWEN_SECRET_STORE_H
#define QWEN_SECRET_STORE_H
#include <stdbool.h>

#include "buf.h"
#include "err.h"

struct secret_store_call {
  char *key;             /* name of the credential; of "plain" the name of the file */
  char *folder;          /* vault, plain: where their file is */
  char *key_file;        /* vault: the machine's key, in another folder */
  char **argv;           /* helper: program and arguments, NULL at the end */
  struct buf passphrase; /* vault: empty when there is none */
  struct buf value;      /* put: the text to store; get: the stored text, JSON; rekey: the new passphrase */
  double seconds;        /* at most, for locks and programs */
  struct err e;
};

struct secret_store {
  const char *name;
  /* false and c->e; ERR_MISSING with code "no-entry" when the back end works and has nothing under this key */
  bool (*get)(struct secret_store_call *c);
  bool (*put)(struct secret_store_call *c);
  bool (*remove)(struct secret_store_call *c);
};

extern const struct secret_store secret_store_vault, secret_store_libsecret, secret_store_keyring;
extern const struct secret_store secret_store_helper, secret_store_memory, secret_store_plain;

const struct secret_store *secret_store_find(const char *name); /* NULL when there is none of that name */
bool secret_store_put(const struct secret_store *s, struct secret_store_call *c);   /* reads it back before it says yes */
bool secret_store_probe(const struct secret_store *s, struct secret_store_call *c); /* stores, reads and removes a random value */
/* The vault under another key: of the passphrase in c->value, or the machine's when that is empty. Makes the vault when there is none. */
bool secret_store_vault_rekey(struct secret_store_call *c);
bool secret_store_no_entry(struct secret_store_call *c);                     /* sets c->e, gives false */
void secret_store_call_free(struct secret_store_call *c); /* wipes; of a struct whose parts are all from malloc */

/* For the vault's key while it is unlocked: a value in the kernel's memory of this user, gone after some time. */
bool secret_store_keyring_save(const char *description, const char *bytes, size_t n, unsigned seconds, struct err *e);
bool secret_store_keyring_load(const char *description, struct buf *out, struct err *e);
#endif
