/* Standard output with one buffer for the process. Terminal modes and escape sequences are not its business. */
#include "out.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "buf.h"
#include "clean.h"
#include "err.h"
#include "loop.h"

enum { OUT_HIGH_WATER = 64 * 1024 };

static struct buf pending;
static int gone; /* errno of the write that failed for good */

/* Descriptor 1 may be non-blocking because another program shares the terminal: then wait for room. */
static int write_all(int fd, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t written = write(fd, bytes, n);
    if (written >= 0) {
      bytes += written;
      n -= (size_t)written;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      struct pollfd p = {.fd = fd, .events = POLLOUT};
      poll(&p, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

static void flush_quietly(void *arg) {
  (void)arg;
  out_flush(NULL);
}

void out_init(void) {
  signal(SIGPIPE, SIG_IGN);
  loop_before_wait(flush_quietly, NULL);
}

void out_write(const char *bytes, size_t n) {
  if (gone) return;
  if (!buf_add(&pending, bytes, n)) gone = ENOMEM;
  if (pending.len >= OUT_HIGH_WATER) out_flush(NULL);
}

bool out_flush(struct err *e) {
  if (!gone && pending.len) gone = write_all(STDOUT_FILENO, pending.data, pending.len);
  pending.len = 0;
  if (gone && e) err_errno(e, gone, "write", "standard output");
  return !gone;
}

bool out_write_error(const char *bytes, size_t n) {
  struct clean cleaner = {0};
  struct buf text = {0};
  out_flush(NULL);
  bool ok = clean_feed(&cleaner, &text, bytes, n) && clean_end(&cleaner, &text) && write_all(STDERR_FILENO, text.data, text.len) == 0;
  buf_free(&text);
  return ok;
}
