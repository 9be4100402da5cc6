/* `sys.side_out`: see the class of that name in lua/meta/sys.lua. A descriptor beside standard output whose
 * reader is never waited for: what it does not take at once is kept up to a limit, then it counts as gone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "../core/buf.h"
#include "../core/loop.h"
#include "bind.h"

static const char *const side_class = "sys.side_out";

enum { MOST_KEPT = 1024 * 1024, PIECE = 4096, LAST_WAIT = 1000 }; /* bytes, bytes, milliseconds */

struct side {
  int fd;
  struct buf kept;
  uv_poll_t *poll; /* freed by the loop after closing */
  bool waits;
  bool gone;
};

static void free_handle(uv_handle_t *h) { free(h); }

static void side_stop(struct side *s) {
  if (s->poll) uv_close((uv_handle_t *)s->poll, free_handle);
  s->poll = NULL;
  s->waits = false;
}

static void side_leave(struct side *s) {
  side_stop(s);
  if (s->fd >= 0) close(s->fd);
  s->fd = -1;
  s->gone = true;
  buf_free(&s->kept);
}

/* Writes what is taken at once: a pipe with room has it for PIECE bytes, also where others made it blocking. */
static void side_write(struct side *s, int patience) {
  while (s->kept.len > 0 && !s->gone) {
    struct pollfd p = {.fd = s->fd, .events = POLLOUT};
    if (poll(&p, 1, patience) <= 0) return;
    ssize_t n = write(s->fd, s->kept.data, s->kept.len < PIECE ? s->kept.len : PIECE);
    if (n > 0) buf_drop(&s->kept, (size_t)n);
    else if (errno == EAGAIN) return;
    else if (errno != EINTR) side_leave(s);
  }
}

static void side_ready(uv_poll_t *handle, int status, int events) {
  struct side *s = handle->data;
  (void)events;
  if (status < 0) side_leave(s);
  else side_write(s, 0);
  if (!s->gone && s->kept.len == 0) {
    uv_poll_stop(handle);
    s->waits = false;
  }
}

static int side_gc(lua_State *L) {
  side_leave(luaL_checkudata(L, 1, side_class));
  return 0;
}

static int l_side_write(lua_State *L) {
  struct side *s = luaL_checkudata(L, 1, side_class);
  size_t n;
  const char *text = luaL_checklstring(L, 2, &n);
  if (!s->gone && (s->kept.len + n > MOST_KEPT || !buf_add(&s->kept, text, n))) side_leave(s);
  side_write(s, 0);
  if (!s->gone && s->kept.len > 0 && s->poll && !s->waits) {
    s->waits = uv_poll_start(s->poll, UV_WRITABLE, side_ready) == 0;
  }
  lua_pushboolean(L, !s->gone);
  return 1;
}

static int l_side_close(lua_State *L) {
  struct side *s = luaL_checkudata(L, 1, side_class);
  if (!s->gone) side_write(s, LAST_WAIT);
  side_leave(s);
  return 0;
}

/* A named pipe is opened before its reader is there, too. */
static int open_path(const char *path) {
  int flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  int fd = open(path, O_WRONLY | O_APPEND | flags);
  if (fd < 0 && errno == ENXIO) fd = open(path, O_RDWR | flags);
  if (fd < 0 && errno == ENOENT) fd = open(path, O_WRONLY | O_APPEND | O_CREAT | flags, 0600);
  return fd;
}

static int l_side_open(lua_State *L) {
  bool number = lua_type(L, 1) == LUA_TNUMBER;
  const char *name = luaL_checkstring(L, 1);
  struct side *s = bind_new(L, sizeof *s, side_class);
  s->fd = number ? fcntl((int)luaL_checkinteger(L, 1), F_DUPFD_CLOEXEC, 3) : open_path(name);
  if (s->fd < 0) {
    struct err e;
    s->gone = true;
    err_errno(&e, errno, "open", name);
    return bind_fail(L, &e);
  }
  int flags = fcntl(s->fd, F_GETFL);
  uv_poll_t *poll = calloc(1, sizeof *poll);
  if (poll && uv_poll_init(loop_uv(), poll, s->fd) == 0) {
    fcntl(s->fd, F_SETFL, flags); /* libuv made it non-blocking for all who share it */
    poll->data = s;
    s->poll = poll;
  } else {
    free(poll); /* a regular file takes all at once */
  }
  return 1;
}

int open_side_out(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_side_open}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"write", l_side_write}, {"close", l_side_close}, {NULL, NULL}};
  bind_class(L, side_class, methods, side_gc);
  luaL_newlib(L, functions);
  return 1;
}
