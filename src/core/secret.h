/* Live secrets: values that are wiped when the last handle is freed, bound to the origins they may be sent to, and found again in
 * text that is about to be shown. A handle owns its name and origins and shares the value. One thread only. */
#ifndef QWEN_SECRET_H
#define QWEN_SECRET_H
#include <stdbool.h>

#include "buf.h"
#include "err.h"

enum { SECRET_SHOWN_MIN = 8, SECRET_HINT_SIZE = 12 }; /* shorter values are not searched for: they would mangle ordinary text */

struct secret;

/* The value may not be empty or hold CR, LF or NUL; origins in any form http_url_origin takes. Copies everything; NULL and *e on failure. */
struct secret *secret_new(const char *name, const char *value, size_t len, const char *const *origins, size_t count, struct err *e);
/* A second handle on the same value; every origin must be one of s's own, so that a binding can only become narrower. */
struct secret *secret_bind(const struct secret *s, const char *const *origins, size_t count, struct err *e);
/* New handles on what is made of the value, with the name and the origins of s: base64 of "user:value", or the value as it stands inside
 * of a form or between the quotes of a JSON string. */
struct secret *secret_basic(const struct secret *s, const char *user, size_t n, struct err *e);
struct secret *secret_in_form(const struct secret *s, struct err *e);
struct secret *secret_in_json(const struct secret *s, struct err *e);
void secret_free(struct secret *s);

const char *secret_name(const struct secret *s);
size_t secret_origin_count(const struct secret *s);
const char *secret_origin(const struct secret *s, size_t i); /* "scheme://host:port" */
bool secret_allows(const struct secret *s, const char *origin);
void secret_hint(const struct secret *s, char out[SECRET_HINT_SIZE]);
/* For the files that join requests: bytes that must not outlive the handle. */
const char *secret_value(const struct secret *s, size_t *len);

/* Adds text to out with every live value, also as URL text, JSON text and base64, replaced by "<secret NAME>". False, with out as it was, when
 * there is nothing to replace. */
bool secret_redact(const char *text, size_t n, struct buf *out);
#endif
