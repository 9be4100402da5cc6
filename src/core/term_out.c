/* Standard output with one buffer for the process. Terminal modes and escape sequences are not its business. */
#include "term_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "buf.h"
#include "term_sanitize.h"
#include "err.h"

enum { HIGH_WATER = 64 * 1024 };

static struct buf pending;
static int gone; /* errno of the write that failed for good */

/* The terminal while nobody waits for it: a description of our own, because others share the one of standard output. */
static struct {
  uv_poll_t *poll; /* freed by the loop after closing; NULL: everybody waits */
  int fd;
  bool behind;
  loop_fn taken;
  void *arg;
} terminal;

/* How much was written. Descriptor 1 may be non-blocking because another program shares the terminal: then this waits for room, if it shall. */
static size_t write_to(int fd, const char *bytes, size_t n, bool wait, int *error) {
  size_t done = 0;
  while (done < n) {
    ssize_t written = write(fd, bytes + done, n - done);
    if (written >= 0) {
      done += (size_t)written;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      struct pollfd p = {.fd = fd, .events = POLLOUT};
      if (!wait) break;
      poll(&p, 1, -1);
    } else if (errno != EINTR) {
      *error = errno;
      break;
    }
  }
  return done;
}

static void write_pending(int fd, bool wait) {
  if (!gone) buf_drop(&pending, write_to(fd, pending.data, pending.len, wait, &gone));
  if (gone || (pending.len == 0 && pending.cap > 2 * HIGH_WATER)) buf_free(&pending);
}

static void caught_up(void) {
  if (!terminal.behind) return;
  terminal.behind = false;
  uv_poll_stop(terminal.poll);
  terminal.taken(terminal.arg);
}

static void writable(uv_poll_t *handle, int status, int events) {
  (void)handle;
  (void)events;
  if (status < 0 && !gone) gone = -status;
  write_pending(terminal.fd, false);
  if (!pending.len) caught_up();
}

static void offer(void *arg) {
  (void)arg;
  if (!terminal.poll) {
    term_out_flush(NULL);
  } else if (!terminal.behind) {
    write_pending(terminal.fd, false);
    terminal.behind = pending.len > 0 && uv_poll_start(terminal.poll, UV_WRITABLE, writable) == 0;
  }
}

void term_out_init(void) {
  signal(SIGPIPE, SIG_IGN);
  loop_before_wait(offer, NULL);
}

void term_out_write(const char *bytes, size_t n) {
  if (gone) return;
  if (!buf_add(&pending, bytes, n)) { /* without room it goes out at once */
    write_pending(STDOUT_FILENO, true);
    if (!gone) write_to(STDOUT_FILENO, bytes, n, true, &gone);
  }
  if (pending.len >= HIGH_WATER) offer(NULL);
}

bool term_out_flush(struct err *e) {
  write_pending(STDOUT_FILENO, true);
  caught_up();
  if (gone && e) err_errno(e, gone, "write", "standard output");
  return !gone;
}

bool term_out_write_error(const char *bytes, size_t n) {
  struct term_sanitize cleaner = {0};
  struct buf text = {0};
  int error = 0;
  term_out_flush(NULL);
  bool ok = term_sanitize_feed(&cleaner, &text, bytes, n) && term_sanitize_end(&cleaner, &text);
  if (ok) write_to(STDERR_FILENO, text.data, text.len, true, &error);
  else write_to(STDERR_FILENO, "qwen: not enough memory\n", 24, true, &error);
  buf_free(&text);
  return ok && !error;
}

bool term_out_behind(void) { return terminal.behind; }

/* -- a terminal that nobody waits for ------------------------------------------------------------------------------- */

static void free_handle(uv_handle_t *h) { free(h); }

/* Where this cannot be had, everybody waits for the terminal as for any reader. */
void term_out_attach(loop_fn taken, void *arg) {
  char path[256];
  if (terminal.poll || ttyname_r(STDOUT_FILENO, path, sizeof path) != 0) return;
  int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  uv_poll_t *poll = fd < 0 ? NULL : malloc(sizeof *poll);
  if (!poll || uv_poll_init(loop_uv(), poll, fd) != 0) {
    free(poll);
    if (fd >= 0) close(fd);
    return;
  }
  terminal.poll = poll;
  terminal.fd = fd;
  terminal.taken = taken;
  terminal.arg = arg;
}

void term_out_detach(void) {
  term_out_flush(NULL);
  if (!terminal.poll) return;
  uv_close((uv_handle_t *)terminal.poll, free_handle);
  close(terminal.fd);
  terminal.poll = NULL;
}
