/* An expected failure, by value: kind, words and the fields some kinds have. Nothing in it is allocated. */
#ifndef QWEN_ERR_H
#define QWEN_ERR_H

enum err_kind {
  ERR_NONE, ERR_USAGE, ERR_MISSING, ERR_DENIED, ERR_AUTH, ERR_LIMIT, ERR_OVERLOADED,
  ERR_NETWORK, ERR_TIMEOUT, ERR_PROTOCOL, ERR_TOO_LONG, ERR_CANCELLED, ERR_BROKEN
};

struct err {
  enum err_kind kind;
  int status;            /* HTTP status, 0 when none */
  double retry_after;    /* seconds, negative when none */
  char code[32];         /* the system's own name, "ENOENT"; "" when none */
  char path[256];        /* file concerned, "" when none */
  char message[768];
};

const char *err_kind_name(enum err_kind kind);
void err_clear(struct err *e);
void err_set(struct err *e, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* From errno: kind by number, message "VERB PATH: text of the system". */
void err_errno(struct err *e, int number, const char *verb, const char *path);
#endif
