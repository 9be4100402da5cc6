/* `sys.os`: see the class of that name in lua/meta/sys.lua. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <uv.h>

#include "../core/buf.h"
#include "../core/hash.h"
#include "../core/loop.h"
#include "../core/term_out.h"
#include "bind.h"

extern char **environ;

static int l_os_env(lua_State *L) {
  lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
  return 1;
}

static int l_os_environ(lua_State *L) {
  lua_newtable(L);
  for (char **p = environ; *p; p++) {
    const char *equals = strchr(*p, '=');
    if (!equals) continue;
    lua_pushlstring(L, *p, (size_t)(equals - *p));
    lua_pushstring(L, equals + 1);
    lua_settable(L, -3);
  }
  return 1;
}

static int l_os_home(lua_State *L) {
  const char *home = getenv("HOME");
  if (!home || home[0] != '/') {
    struct passwd *entry = getpwuid(getuid());
    home = entry && entry->pw_dir && entry->pw_dir[0] == '/' ? entry->pw_dir : NULL;
  }
  lua_pushstring(L, home);
  return 1;
}

static int l_os_pid(lua_State *L) {
  lua_pushinteger(L, getpid());
  return 1;
}

static int l_os_uid(lua_State *L) {
  lua_pushinteger(L, getuid());
  return 1;
}

static int l_os_platform(lua_State *L) {
  struct utsname u;
  uname(&u);
  for (char *p = u.sysname; *p; p++) *p = (char)tolower((unsigned char)*p);
  const char *arch = strcmp(u.machine, "x86_64") == 0 ? "x64" : strcmp(u.machine, "aarch64") == 0 ? "arm64" : u.machine;
  lua_newtable(L);
  lua_pushstring(L, u.sysname);
  lua_setfield(L, -2, "system");
  lua_pushstring(L, arch);
  lua_setfield(L, -2, "arch");
  lua_pushstring(L, u.release);
  lua_setfield(L, -2, "release");
  return 1;
}

static int l_os_uuid(lua_State *L) {
  char text[37];
  if (!hash_uuid(text)) return luaL_error(L, "the system gives no random numbers");
  lua_pushstring(L, text);
  return 1;
}

static int l_os_random(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  luaL_argcheck(L, n >= 0 && n <= 1 << 20, 1, "0 to 1048576 bytes");
  luaL_Buffer b;
  char *out = luaL_buffinitsize(L, &b, (size_t)n);
  if (!hash_random(out, (size_t)n)) return luaL_error(L, "the system gives no random numbers");
  luaL_pushresultsize(&b, (size_t)n);
  return 1;
}

static int l_os_sha256(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  unsigned char digest[32];
  char hex[65];
  hash_sha256(text, n, digest);
  hash_hex(digest, sizeof digest, hex);
  lua_pushstring(L, hex);
  return 1;
}

static int l_os_sha512(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  unsigned char digest[64];
  char hex[129];
  hash_sha512(text, n, digest);
  hash_hex(digest, sizeof digest, hex);
  lua_pushstring(L, hex);
  return 1;
}

static int l_os_base64(lua_State *L) {
  size_t n;
  const char *bytes = luaL_checklstring(L, 1, &n);
  luaL_Buffer b;
  char *out = luaL_buffinitsize(L, &b, 4 * ((n + 2) / 3) + 1);
  luaL_pushresultsize(&b, hash_base64(bytes, n, out));
  return 1;
}

static int l_os_unbase64(lua_State *L) {
  size_t n, len;
  const char *text = luaL_checklstring(L, 1, &n);
  luaL_Buffer b;
  char *out = luaL_buffinitsize(L, &b, n + 1);
  bool ok = hash_unbase64(text, n, (unsigned char *)out, &len);
  luaL_pushresultsize(&b, ok ? len : 0);
  if (!ok) lua_pushnil(L);
  return 1;
}

static int l_os_isatty(lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}

static int l_os_memory(lua_State *L) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  lua_newtable(L);
  lua_pushinteger(L, (lua_Integer)lua_gc(L, LUA_GCCOUNT) * 1024 + lua_gc(L, LUA_GCCOUNTB));
  lua_setfield(L, -2, "lua");
  lua_pushinteger(L, (lua_Integer)usage.ru_maxrss * 1024);
  lua_setfield(L, -2, "rss");
  return 1;
}

static int l_os_cpu(lua_State *L) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  lua_pushnumber(L, (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
  return 1;
}

static int l_os_out(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  term_out_write(text, n);
  return 0;
}

static int l_os_err(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  term_out_write_error(text, n);
  return 0;
}

static int l_os_flush(lua_State *L) {
  struct err e;
  if (!term_out_flush(&e)) return bind_fail(L, &e);
  lua_pushboolean(L, 1);
  return 1;
}

/* -- standard input: polled where it can be, read at once where it is a file ------------------------------------------ */

static const char *const stdin_class = "sys.os.stdin";

struct input {
  struct buf text;
  uv_poll_t *poll; /* freed by the loop after closing */
  size_t limit;
  size_t from; /* of the next line; what stands before it was handed out */
  size_t seen; /* bytes that are known to hold no line end behind `from` */
  bool ended;
  int number;
  struct waiter reader;
};

static void free_handle(uv_handle_t *h) { free(h); }

static void input_stop(struct input *in) {
  if (in->poll) uv_close((uv_handle_t *)in->poll, free_handle);
  in->poll = NULL;
}

static int input_gc(lua_State *L) {
  struct input *in = luaL_checkudata(L, 1, stdin_class);
  input_stop(in);
  buf_free(&in->text);
  return 0;
}

static void input_read(struct input *in) {
  if (!buf_reserve(&in->text, 65536)) {
    in->number = ENOMEM;
    in->ended = true;
    return;
  }
  ssize_t n = read(STDIN_FILENO, in->text.data + in->text.len, in->text.cap - in->text.len);
  if (n > 0) in->text.len += (size_t)n;
  else if (n == 0) in->ended = true;
  else if (errno != EINTR && errno != EAGAIN) in->number = errno, in->ended = true;
  if (in->text.len - in->from > in->limit) in->number = EFBIG, in->ended = true;
}

static void input_ready(uv_poll_t *handle, int status, int events) {
  struct input *in = handle->data;
  (void)events;
  if (status < 0) in->ended = true, in->number = -status;
  else input_read(in);
  waiter_wake(&in->reader);
}

static int input_failed(lua_State *L, struct input *in) {
  struct err e;
  if (in->number == EFBIG) err_set(&e, ERR_TOO_LONG, "standard input is larger than %zu bytes", in->limit);
  else err_errno(&e, in->number, "read", "standard input");
  return bind_fail(L, &e);
}

static int input_k(lua_State *L, int status, lua_KContext ctx) {
  struct input *in = (struct input *)ctx;
  (void)status;
  if (!in->ended) return task_wait(L, &in->reader, ctx, input_k);
  input_stop(in);
  if (in->number) return input_failed(L, in);
  lua_pushlstring(L, in->text.data ? in->text.data : "", in->text.len);
  buf_free(&in->text);
  return 1;
}

/* Where it can be polled it is read as it comes; else all of it at once. */
static struct input *input_open(lua_State *L, lua_Integer limit) {
  struct input *in = bind_new(L, sizeof *in, stdin_class);
  in->limit = limit < 0 ? 0 : (size_t)limit;
  struct stat st;
  if (fstat(STDIN_FILENO, &st) != 0 || S_ISDIR(st.st_mode)) in->ended = true; /* closed: nothing to read */
  uv_poll_t *poll = in->ended ? NULL : calloc(1, sizeof *poll);
  int flags = fcntl(STDIN_FILENO, F_GETFL);
  if (poll && uv_poll_init(loop_uv(), poll, STDIN_FILENO) == 0) {
    fcntl(STDIN_FILENO, F_SETFL, flags); /* libuv made it non-blocking for all who share it; we read only what is there */
    poll->data = in;
    in->poll = poll;
    uv_poll_start(poll, UV_READABLE, input_ready);
  } else {
    free(poll);
    while (!in->ended) input_read(in); /* a regular file or /dev/null never blocks */
  }
  return in;
}

static int l_os_stdin(lua_State *L) {
  struct input *in = input_open(L, luaL_optinteger(L, 1, 32 * 1024 * 1024));
  return input_k(L, LUA_OK, (lua_KContext)in);
}

/* The next line, once it is whole; what is left at the end counts as one. */
static int input_line_k(lua_State *L, int status, lua_KContext ctx) {
  struct input *in = (struct input *)ctx;
  (void)status;
  const char *start = in->text.data ? in->text.data + in->from : "";
  size_t len = in->text.len - in->from;
  const char *end = len > in->seen ? memchr(start + in->seen, '\n', len - in->seen) : NULL;
  in->seen = end ? 0 : len;
  if (!end && !in->ended) {
    if (in->from > 0 && in->text.data) { /* all that was handed out goes before more is read */
      memmove(in->text.data, start, len);
      in->text.len = len;
      in->from = 0;
    }
    return task_wait(L, &in->reader, ctx, input_line_k);
  }
  if (!end) input_stop(in);
  if (!end && in->number) return input_failed(L, in);
  if (!end && len == 0) return lua_pushnil(L), 1;
  size_t n = end ? (size_t)(end - start) : len;
  in->from += end ? n + 1 : n;
  if (!end) in->seen = 0;
  lua_pushlstring(L, start, n);
  return 1;
}

static int l_input_line(lua_State *L) {
  struct input *in = luaL_checkudata(L, 1, stdin_class);
  return input_line_k(L, LUA_OK, (lua_KContext)in);
}

static int l_os_stdin_lines(lua_State *L) {
  input_open(L, luaL_optinteger(L, 1, 32 * 1024 * 1024));
  return 1;
}

int open_os(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"env", l_os_env},       {"environ", l_os_environ}, {"home", l_os_home},       {"pid", l_os_pid},       {"uid", l_os_uid},
      {"platform", l_os_platform}, {"uuid", l_os_uuid},   {"random", l_os_random},   {"sha256", l_os_sha256}, {"sha512", l_os_sha512}, {"base64", l_os_base64},
      {"unbase64", l_os_unbase64}, {"isatty", l_os_isatty}, {"memory", l_os_memory}, {"cpu", l_os_cpu},       {"stdin", l_os_stdin},
      {"out", l_os_out},       {"err", l_os_err},         {"flush", l_os_flush},     {"stdin_lines", l_os_stdin_lines},
      {NULL, NULL}};
  static const luaL_Reg methods[] = {{"line", l_input_line}, {NULL, NULL}};
  bind_class(L, stdin_class, methods, input_gc);
  luaL_newlib(L, functions);
  return 1;
}
