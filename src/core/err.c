/* Filling and naming the error value of err.h. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *err_kind_name(enum err_kind kind) {
  static const char *const names[] = {
    [ERR_NONE] = "none",         [ERR_USAGE] = "usage",         [ERR_MISSING] = "missing",
    [ERR_DENIED] = "denied",     [ERR_AUTH] = "auth",           [ERR_LIMIT] = "limit",
    [ERR_OVERLOADED] = "overloaded", [ERR_NETWORK] = "network", [ERR_TIMEOUT] = "timeout",
    [ERR_PROTOCOL] = "protocol", [ERR_TOO_LONG] = "too_long",   [ERR_CANCELLED] = "cancelled",
    [ERR_BROKEN] = "broken",
  };
  if ((unsigned)kind >= sizeof names / sizeof names[0]) return "broken";
  return names[kind];
}

void err_clear(struct err *e) {
  memset(e, 0, sizeof *e);
  e->retry_after = -1;
}

/* Cuts at a whole UTF-8 character when the words did not fit. */
static void trim_tail(char *text, size_t size) {
  size_t n = strlen(text);
  if (n + 1 < size) return;
  size_t cut = n;
  while (cut > 0 && ((unsigned char)text[cut - 1] & 0xC0) == 0x80) cut--;
  if (cut == 0) return;
  unsigned char lead = (unsigned char)text[cut - 1];
  size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (n - (cut - 1) < need) text[cut - 1] = '\0';
}

void err_set(struct err *e, enum err_kind kind, const char *format, ...) {
  char words[sizeof e->message]; /* the arguments may lie in *e itself */
  va_list args;
  va_start(args, format);
  vsnprintf(words, sizeof words, format, args);
  va_end(args);
  trim_tail(words, sizeof words);
  err_clear(e);
  e->kind = kind;
  memcpy(e->message, words, strlen(words) + 1);
}

static enum err_kind kind_of_errno(int number) {
  switch (number) {
    case ENOENT: case ENOTDIR: case ENXIO: case ENODEV: case ESRCH: return ERR_MISSING;
    case EACCES: case EPERM: case EROFS: case ELOOP: return ERR_DENIED;
    case EFBIG: case E2BIG: case ENAMETOOLONG: return ERR_TOO_LONG;
    case ETIMEDOUT: return ERR_TIMEOUT;
    case ECONNREFUSED: case ECONNRESET: case ECONNABORTED: case ENETUNREACH: case EHOSTUNREACH: case EPIPE: return ERR_NETWORK;
    case ENOSPC: case EDQUOT: case EMFILE: case ENFILE: case EAGAIN: return ERR_LIMIT;
    case ECANCELED: case EINTR: return ERR_CANCELLED;
    case EINVAL: case EISDIR: case EEXIST: case ENOTEMPTY: return ERR_USAGE;
    default: return ERR_BROKEN;
  }
}

static const char *errno_name(int number) {
  switch (number) {
#define NAME(x) case x: return #x
    NAME(ENOENT); NAME(ENOTDIR); NAME(ENXIO); NAME(ENODEV); NAME(ESRCH); NAME(EACCES); NAME(EPERM); NAME(EROFS); NAME(ELOOP);
    NAME(EFBIG); NAME(E2BIG); NAME(ENAMETOOLONG); NAME(ETIMEDOUT); NAME(ECONNREFUSED); NAME(ECONNRESET); NAME(ECONNABORTED);
    NAME(ENETUNREACH); NAME(EHOSTUNREACH); NAME(EPIPE); NAME(ENOSPC); NAME(EDQUOT); NAME(EMFILE); NAME(ENFILE); NAME(EAGAIN);
    NAME(ECANCELED); NAME(EINTR); NAME(EINVAL); NAME(EISDIR); NAME(EEXIST); NAME(ENOTEMPTY); NAME(EXDEV); NAME(EBUSY);
    NAME(ENOMEM); NAME(ETXTBSY); NAME(ENOEXEC); NAME(EIO); NAME(EBADF); NAME(ENOSYS); NAME(EMLINK); NAME(ENOLCK); NAME(ESTALE);
#undef NAME
    default: return NULL;
  }
}

void err_errno(struct err *e, int number, const char *verb, const char *path) {
  const char *words = strerror(number);
  if (path && *path) err_set(e, kind_of_errno(number), "%s %s: %s", verb, path, words);
  else err_set(e, kind_of_errno(number), "%s: %s", verb, words);
  const char *name = errno_name(number);
  if (name) snprintf(e->code, sizeof e->code, "%s", name);
  else snprintf(e->code, sizeof e->code, "E%d", number);
  if (path) snprintf(e->path, sizeof e->path, "%s", path);
}
