/* `sys.proc`: see the class of that name in lua/meta/sys.lua. */
#include "../core/proc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../core/buf.h"
#include "bind.h"

static const char *const class_name = "sys.proc.Process";

extern char **environ;

struct process {
  struct proc *p;
  struct waiter waiting;
};

static int process_gc(lua_State *L) {
  struct process *box = luaL_checkudata(L, 1, class_name);
  struct proc *p = box->p;
  box->p = NULL;
  proc_close(p);
  waiter_wake(&box->waiting);
  return 0;
}

static struct process *check(lua_State *L) {
  struct process *box = luaL_checkudata(L, 1, class_name);
  if (!box->p) luaL_error(L, "the process is closed");
  return box;
}

static enum proc_stdio opt_stdio(lua_State *L, const char *field, const char *otherwise) {
  static const char *const names[] = {"null", "pipe", "inherit", "stdout", NULL};
  lua_getfield(L, 1, field);
  const char *name = luaL_optstring(L, -1, otherwise);
  int i = 0;
  while (names[i] && strcmp(names[i], name) != 0) i++;
  if (!names[i] || (i == PROC_JOIN && strcmp(field, "stderr") != 0)) luaL_error(L, "field '%s' cannot be '%s'", field, name);
  lua_pop(L, 1); /* the caller's table keeps the text */
  return (enum proc_stdio)i;
}

/* A NULL-ended vector of the texts in the table at index, in a userdata left on the stack; pairs become NAME=value.
 * The texts live in a list of ours, which user value 1 holds. */
static char **push_vector(lua_State *L, int index, bool pairs) {
  lua_Integer n = 0;
  lua_newtable(L);
  int list = lua_gettop(L);
  if (pairs) {
    lua_pushnil(L);
    while (lua_next(L, index)) {
      luaL_checktype(L, -2, LUA_TSTRING);
      if (strchr(lua_tostring(L, -2), '=')) luaL_error(L, "the name of a variable holds a '='");
      lua_pushvalue(L, -2);
      lua_pushliteral(L, "=");
      luaL_checkstring(L, -3);
      lua_pushvalue(L, -3);
      lua_concat(L, 3);
      lua_rawseti(L, list, ++n);
      lua_pop(L, 1);
    }
  } else {
    for (n = 0; lua_rawgeti(L, index, n + 1) != LUA_TNIL; n++) {
      luaL_checkstring(L, -1);
      lua_rawseti(L, list, n + 1);
    }
    lua_pop(L, 1);
  }
  char **vector = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *vector, 1);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, list, i);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    if (strlen(text) != len) luaL_error(L, "an argument or variable holds a zero byte");
    vector[i - 1] = buf_mutable(text);
    lua_pop(L, 1);
  }
  vector[n] = NULL;
  lua_pushvalue(L, list);
  lua_setiuservalue(L, -2, 1);
  return vector;
}

static const char *path_of(char *const *env) {
  for (; *env; env++)
    if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  return "/usr/local/bin:/usr/bin:/bin";
}

static int l_proc_open(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  struct proc_spec spec = {.in = opt_stdio(L, "stdin", "null"), .out = opt_stdio(L, "stdout", "pipe"), .err = opt_stdio(L, "stderr", "pipe"),
                           .timeout = bind_opt_number(L, 1, "timeout", 0), .group = bind_opt_bool(L, 1, "group", 1),
                           .leave = bind_opt_bool(L, 1, "leave", 0)};
  if (lua_getfield(L, 1, "pty") == LUA_TTABLE) {
    spec.pty = true;
    spec.rows = bind_opt_int(L, 2, "rows", 24, 0, 65535);
    spec.cols = bind_opt_int(L, 2, "cols", 80, 0, 65535);
  }
  if (lua_getfield(L, 1, "confined") != LUA_TNIL) {
    static const char *const names[] = {"all", "no-unix-sockets", NULL};
    spec.confined = true;
    spec.no_unix = luaL_checkoption(L, -1, NULL, names) == 1;
  }
  lua_settop(L, 2);
  lua_getfield(L, 1, "cwd");
  spec.cwd = luaL_optstring(L, 3, NULL);
  lua_getfield(L, 1, "argv");
  luaL_checktype(L, 4, LUA_TTABLE);
  spec.argv = push_vector(L, 4, false);
  if (!spec.argv[0]) return luaL_error(L, "field 'argv' is empty");
  spec.envp = environ;
  int env_index = lua_gettop(L) + 1;
  if (lua_getfield(L, 1, "env") == LUA_TTABLE) spec.envp = push_vector(L, env_index, true);
  size_t cwd_len = 0;
  if (spec.cwd && strlen(lua_tolstring(L, 3, &cwd_len)) != cwd_len) return luaL_error(L, "field 'cwd' holds a zero byte");
  char path[4096];
  struct err e;
  bool given = spec.argv[0][0] == '/'; /* then the system says what is wrong with it */
  if (!given && !proc_which(spec.argv[0], path_of(environ), path, sizeof path)) {
    const char *why = strchr(spec.argv[0], '/') ? "give its absolute path" : "not found in PATH";
    err_set(&e, ERR_MISSING, "cannot run %s: %s", spec.argv[0], why);
    return bind_fail(L, &e);
  }
  spec.path = given ? spec.argv[0] : path;
  struct process *box = bind_new(L, sizeof *box, class_name);
  box->p = proc_open(&spec, waiter_wake_arg, &box->waiting, &e);
  return box->p ? 1 : bind_fail(L, &e);
}

static int read_k(lua_State *L, int status, lua_KContext ctx) {
  struct process *box = (struct process *)ctx;
  (void)status;
  if (!box->p) return 0;
  for (int err = 0; err < 2; err++) {
    struct buf *b = proc_output(box->p, err);
    if (b->len == 0) continue;
    size_t n = b->len;
    lua_pushlstring(L, b->data, n);
    proc_taken(box->p, err, n);
    lua_pushstring(L, err ? "err" : "out");
    return 2;
  }
  if (proc_ended(box->p)) return 0;
  if (proc_silent(box->p)) {
    lua_pushnil(L);
    lua_pushliteral(L, "silent");
    return 2;
  }
  return task_wait(L, &box->waiting, ctx, read_k);
}

static int l_process_read(lua_State *L) { return read_k(L, LUA_OK, (lua_KContext)check(L)); }

static int input_gone(lua_State *L) {
  struct err e;
  err_set(&e, ERR_BROKEN, "the program no longer reads its input");
  return bind_fail(L, &e);
}

static int write_k(lua_State *L, int status, lua_KContext ctx) {
  struct process *box = (struct process *)ctx;
  (void)status;
  if (box->p && proc_writing(box->p)) return task_wait(L, &box->waiting, ctx, write_k);
  if (!box->p || proc_lost(box->p)) return input_gone(L);
  lua_pushboolean(L, 1);
  return 1;
}

static int l_process_write(lua_State *L) {
  size_t n;
  struct process *box = check(L);
  const char *bytes = luaL_checklstring(L, 2, &n);
  if (!proc_write(box->p, bytes, n)) return input_gone(L);
  return write_k(L, LUA_OK, (lua_KContext)box);
}

static int l_process_close_stdin(lua_State *L) {
  proc_close_stdin(check(L)->p);
  return 0;
}

static void push_status(lua_State *L, int code, bool timed_out) {
  lua_createtable(L, 0, 4);
  if (WIFEXITED(code)) lua_pushinteger(L, WEXITSTATUS(code)), lua_setfield(L, -2, "code");
  else lua_pushinteger(L, WTERMSIG(code)), lua_setfield(L, -2, "signal");
  lua_pushboolean(L, timed_out);
  lua_setfield(L, -2, "timed_out");
}

static int l_process_status(lua_State *L) {
  int code;
  bool timed_out, others;
  if (!proc_exited(check(L)->p, &code, &timed_out, &others)) return 0;
  push_status(L, code, timed_out);
  lua_pushboolean(L, others);
  lua_setfield(L, -2, "others");
  return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext ctx) {
  struct process *box = (struct process *)ctx;
  int code;
  bool timed_out;
  (void)status;
  if (!box->p) return luaL_error(L, "the process was closed while it was waited for");
  if (!proc_done(box->p, &code, &timed_out)) return task_wait(L, &box->waiting, ctx, wait_k);
  push_status(L, code, timed_out);
  return 1;
}

static int l_process_wait(lua_State *L) {
  struct process *box = check(L);
  proc_discard(box->p);
  return wait_k(L, LUA_OK, (lua_KContext)box);
}

static int l_process_kill(lua_State *L) {
  struct process *box = check(L);
  proc_kill(box->p, (int)luaL_optinteger(L, 2, 0));
  return 0;
}

static int l_process_resize(lua_State *L) {
  struct process *box = check(L);
  proc_resize(box->p, (int)luaL_checkinteger(L, 2), (int)luaL_checkinteger(L, 3));
  return 0;
}

static int l_process_pid(lua_State *L) {
  lua_pushinteger(L, proc_pid(check(L)->p));
  return 1;
}

static int l_proc_which(lua_State *L) {
  char path[4096];
  const char *list = getenv("PATH");
  if (!proc_which(luaL_checkstring(L, 1), list ? list : "/usr/local/bin:/usr/bin:/bin", path, sizeof path)) return 0;
  lua_pushstring(L, path);
  return 1;
}

int open_proc(lua_State *L) {
  static const luaL_Reg methods[] = {{"read", l_process_read}, {"write", l_process_write}, {"close_stdin", l_process_close_stdin},
                                     {"wait", l_process_wait}, {"kill", l_process_kill},   {"resize", l_process_resize},
                                     {"pid", l_process_pid},   {"close", process_gc},      {"status", l_process_status}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", l_proc_open}, {"which", l_proc_which}, {NULL, NULL}};
  bind_class(L, class_name, methods, process_gc);
  luaL_newlib(L, functions);
  return 1;
}
