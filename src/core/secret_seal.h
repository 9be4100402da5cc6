/* Takes named texts out of JSON, so that the rest can be read by anybody. */
#ifndef QWEN_SECRET_SEAL_H
#define QWEN_SECRET_SEAL_H
#include "buf.h"
#include "err.h"

enum { SECRET_SEAL_MAX = 64 };

struct secret_seal {
  struct buf text;                    /* the JSON, with the position of the value, from 1, as text in place of each value */
  struct buf values[SECRET_SEAL_MAX]; /* what was taken out, unescaped */
  size_t count;
};

/* Every member of any object whose name is one of names and whose value is a text that is not empty. A value of another kind but null
 * is refused: it would stay readable. Does not check that the rest is JSON. On failure *out is empty. */
bool secret_seal_json(const char *json, size_t n, const char *const *names, size_t count, struct secret_seal *out, struct err *e);
void secret_seal_free(struct secret_seal *s); /* wipes */
#endif
