/* Where credentials are kept: one interface, one file per back end. A call may block for seconds and is made on a thread of its own; it
 * touches nothing but its struct. The index of which back end holds what is not here. */
#ifndef QWEN_KEEPER_H
#define QWEN_KEEPER_H
#include <stdbool.h>

#include "buf.h"
#include "err.h"

struct keeper_call {
  char *key;             /* name of the credential; of "plain" the name of the file */
  char *folder;          /* vault, plain: where their file is */
  char *key_file;        /* vault: the machine's key, in another folder */
  char **argv;           /* helper: program and arguments, NULL at the end */
  struct buf passphrase; /* vault: empty when there is none */
  struct buf value;      /* put: what to keep; get: what was kept, JSON text; rekey: the new passphrase */
  double seconds;        /* at most, for locks and programs */
  struct err e;
};

struct keeper {
  const char *name;
  /* false and c->e; ERR_MISSING with code "no-entry" when the back end works and has nothing under this key */
  bool (*get)(struct keeper_call *c);
  bool (*put)(struct keeper_call *c);
  bool (*remove)(struct keeper_call *c);
};

extern const struct keeper keeper_vault, keeper_service, keeper_kernel, keeper_helper, keeper_memory, keeper_plain;

const struct keeper *keeper_find(const char *name); /* NULL when there is none of that name */
bool keeper_put(const struct keeper *s, struct keeper_call *c);   /* reads it back before it says yes */
bool keeper_probe(const struct keeper *s, struct keeper_call *c); /* keeps, reads and removes a random value */
/* The vault under another key: of the passphrase in c->value, or the machine's when that is empty. Makes the vault when there is none. */
bool keeper_vault_rekey(struct keeper_call *c);
bool keeper_no_entry(struct keeper_call *c);                     /* sets c->e, gives false */
void keeper_call_free(struct keeper_call *c); /* wipes; of a struct whose parts are all from malloc */

/* For the vault's key while it is unlocked: a value in the kernel's memory of this user, gone after some time. */
bool kernel_keep(const char *description, const char *bytes, size_t n, unsigned seconds, struct err *e);
bool kernel_find(const char *description, struct buf *out, struct err *e);
#endif
