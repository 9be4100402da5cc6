/* `sys.fs`: see the class of that name in lua/meta/sys.lua. */
#include "../core/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/fs_exact.h"
#include "../core/loop.h"
#include "bind.h"

static const char *const buffer_class = "sys.fs.buffer";
static const char *const file_class = "sys.fs.Appender";
static const char *const lock_class = "sys.fs.Lock";
static const char *const listing_class = "sys.fs.dir";

enum { READ_LIMIT = 64 * 1024 * 1024 };

/* C would see only what stands before a zero byte: another file than the one that was judged. */
static const char *check_path(lua_State *L, int index) {
  size_t n;
  const char *path = luaL_checklstring(L, index, &n);
  luaL_argcheck(L, strlen(path) == n, index, "a path holds a zero byte");
  return path;
}

static int fail_errno(lua_State *L, const char *verb, const char *path) {
  struct err e;
  err_errno(&e, errno, verb, path);
  return bind_fail(L, &e);
}

static int finish(lua_State *L, bool ok, const struct err *e) {
  if (!ok) return bind_fail(L, e);
  lua_pushboolean(L, 1);
  return 1;
}

static int buffer_gc(lua_State *L) {
  buf_free(luaL_checkudata(L, 1, buffer_class));
  return 0;
}

static int l_fs_read(lua_State *L) {
  const char *path = check_path(L, 1);
  lua_Integer limit = luaL_optinteger(L, 2, READ_LIMIT);
  struct buf *b = bind_new(L, sizeof *b, buffer_class);
  struct err e;
  if (!fs_read(path, limit < 0 ? 0 : (size_t)limit, b, &e)) {
    buf_free(b);
    return bind_fail(L, &e);
  }
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  buf_free(b);
  return 1;
}

static int l_fs_read_part(lua_State *L) {
  const char *path = check_path(L, 1);
  lua_Integer from = luaL_checkinteger(L, 2), count = luaL_checkinteger(L, 3);
  luaL_argcheck(L, from >= 0, 2, "an offset is not negative");
  luaL_argcheck(L, count >= 0 && count <= READ_LIMIT, 3, "too many bytes for one part");
  struct buf *b = bind_new(L, sizeof *b, buffer_class);
  struct err e;
  if (!fs_read_part(path, (off_t)from, (size_t)count, b, &e)) {
    buf_free(b);
    return bind_fail(L, &e);
  }
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  buf_free(b);
  return 1;
}

/* An open file; path is user value 1. fd + 1, so that the zeroed box is closed. */
struct file {
  int fd_plus_1;
};

static int file_close(lua_State *L) {
  struct file *f = luaL_checkudata(L, 1, file_class);
  if (f->fd_plus_1) close(f->fd_plus_1 - 1);
  f->fd_plus_1 = 0;
  return 0;
}

static int file_fd(lua_State *L) {
  struct file *f = luaL_checkudata(L, 1, file_class);
  if (!f->fd_plus_1) return luaL_error(L, "the file is closed");
  return f->fd_plus_1 - 1;
}

static int l_fs_append(lua_State *L) {
  const char *path = check_path(L, 1);
  int mode = (int)luaL_optinteger(L, 2, 0600);
  struct file *f = bind_new(L, sizeof *f, file_class);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  struct err e;
  f->fd_plus_1 = fs_append_open(path, mode, &e) + 1;
  return f->fd_plus_1 ? 1 : bind_fail(L, &e);
}

static int l_appender_write(lua_State *L) {
  size_t n;
  int fd = file_fd(L);
  const char *bytes = luaL_checklstring(L, 2, &n);
  lua_getiuservalue(L, 1, 1);
  struct err e;
  return finish(L, fs_append(fd, lua_tostring(L, -1), bytes, n, &e), &e);
}

static int l_appender_sync(lua_State *L) {
  int fd = file_fd(L);
  lua_getiuservalue(L, 1, 1);
  if (fdatasync(fd) != 0) return fail_errno(L, "sync", lua_tostring(L, -1));
  lua_pushboolean(L, 1);
  return 1;
}

static int l_fs_truncate(lua_State *L) {
  const char *path = check_path(L, 1);
  if (truncate(path, (off_t)luaL_checkinteger(L, 2)) != 0) return fail_errno(L, "truncate", path);
  lua_pushboolean(L, 1);
  return 1;
}

static const char *type_name(mode_t mode) {
  return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "dir" : S_ISLNK(mode) ? "link" : S_ISFIFO(mode) ? "pipe"
         : S_ISCHR(mode) || S_ISBLK(mode) ? "device" : "other";
}

static void set_integer(lua_State *L, const char *field, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, field);
}

static void push_stat(lua_State *L, const struct stat *st) {
  lua_createtable(L, 0, 7);
  lua_pushstring(L, type_name(st->st_mode));
  lua_setfield(L, -2, "type");
  lua_pushnumber(L, fs_mtime(st));
  lua_setfield(L, -2, "mtime");
  set_integer(L, "size", st->st_size);
  set_integer(L, "mode", st->st_mode & 07777);
  set_integer(L, "dev", (lua_Integer)st->st_dev);
  set_integer(L, "ino", (lua_Integer)st->st_ino);
  set_integer(L, "links", (lua_Integer)st->st_nlink);
  set_integer(L, "uid", st->st_uid);
}

/* What must be there still: at index false: nothing; a stat or a part of one, with hash for the content; nil: anything. */
static void check_expect(lua_State *L, int index, struct fs_plan *plan) {
  static const char *const numbers[] = {"dev", "ino", "size"};
  lua_Integer value[3];
  bool given[3];
  plan->fresh = lua_isboolean(L, index) && !lua_toboolean(L, index);
  if (!lua_istable(L, index)) return;
  for (int i = 0; i < 3; i++) {
    given[i] = lua_getfield(L, index, numbers[i]) != LUA_TNIL;
    value[i] = given[i] ? luaL_checkinteger(L, -1) : 0;
    lua_pop(L, 1);
  }
  plan->same = given[0] && given[1];
  plan->dev = (dev_t)value[0];
  plan->ino = (ino_t)value[1];
  plan->sized = given[2];
  plan->size = (off_t)value[2];
  plan->timed = lua_getfield(L, index, "mtime") != LUA_TNIL;
  plan->mtime = plan->timed ? luaL_checknumber(L, -1) : 0;
  plan->hashed = lua_getfield(L, index, "hash") != LUA_TNIL;
  size_t n = 0;
  const char *hex = plan->hashed ? luaL_checklstring(L, -1, &n) : NULL;
  luaL_argcheck(L, !hex || n == 64, index, "expect.hash is no SHA-256 in hex");
  if (hex) memcpy(plan->hash, hex, n + 1);
  lua_pop(L, 2);
}

/* write(path, text, {mode?, fsync?, expect?}): see check_expect */
static int l_fs_write(lua_State *L) {
  struct fs_content content = {.sync = true};
  struct fs_plan plan = {.mode = -1};
  const char *path = check_path(L, 1);
  content.bytes = luaL_checklstring(L, 2, &content.n);
  if (lua_istable(L, 3)) {
    plan.mode = bind_opt_int(L, 3, "mode", -1, 0, 07777);
    content.sync = bind_opt_bool(L, 3, "fsync", 1);
    if (lua_getfield(L, 3, "expect") != LUA_TNIL) content.plan = &plan;
    check_expect(L, lua_gettop(L), &plan);
  }
  struct err e;
  return finish(L, fs_write(path, &content, plan.mode, &e), &e);
}

static int l_fs_stat(lua_State *L) {
  const char *path = check_path(L, 1);
  bool follow = lua_isnoneornil(L, 2) || lua_toboolean(L, 2);
  struct stat st;
  if ((follow ? stat(path, &st) : lstat(path, &st)) != 0) return fail_errno(L, "look at", path);
  push_stat(L, &st);
  return 1;
}

/* Whether something is there: what stat tells, without the words for what is not. */
static int l_fs_exists(lua_State *L) {
  const char *path = check_path(L, 1);
  bool follow = lua_isnoneornil(L, 2) || lua_toboolean(L, 2);
  struct stat st;
  lua_pushboolean(L, (follow ? stat(path, &st) : lstat(path, &st)) == 0);
  return 1;
}

/* What changes when a file is saved, as a text; nil where nothing is. Folders are looked at before
 * each turn, so this makes neither a table nor an error. */
static int l_fs_stamp(lua_State *L) {
  struct stat st;
  char text[96];
  if (stat(check_path(L, 1), &st) != 0) return 0;
  const struct timespec *at = &st.st_mtim;
  int n = snprintf(text, sizeof text, "%ju %jd %jd.%09ld", (uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)at->tv_sec, at->tv_nsec);
  lua_pushlstring(L, text, (size_t)n);
  return 1;
}

/* A folder and what is in it stay in a box while Lua may raise. n is -1 without a list. */
struct listing {
  int fd_plus_1;
  struct dirent **entries;
  int n;
};

static int listing_gc(lua_State *L) {
  struct listing *l = luaL_checkudata(L, 1, listing_class);
  if (l->fd_plus_1) close(l->fd_plus_1 - 1);
  for (int i = 0; i < l->n; i++) free(l->entries[i]);
  free(l->entries);
  *l = (struct listing){0};
  return 0;
}

static int is_entry(const struct dirent *entry) {
  return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static const char *entry_type(int fd, const struct dirent *entry) {
  struct stat st;
  switch (entry->d_type) {
    case DT_REG: return "file";
    case DT_DIR: return "dir";
    case DT_LNK: return "link";
    case DT_UNKNOWN: return fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? type_name(st.st_mode) : "other";
    default: return "other";
  }
}

/* The entries of the folder at fd, which is closed. */
static int push_list(lua_State *L, int fd, const char *path) {
  struct listing *l = bind_new(L, sizeof *l, listing_class);
  l->fd_plus_1 = fd + 1;
  l->n = fd < 0 ? -1 : scandirat(fd, ".", &l->entries, is_entry, compare_names);
  if (l->n < 0) return fail_errno(L, "list", path);
  lua_createtable(L, l->n, 0);
  for (int i = 0; i < l->n; i++) {
    lua_createtable(L, 0, 2);
    lua_pushstring(L, l->entries[i]->d_name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, entry_type(fd, l->entries[i]));
    lua_setfield(L, -2, "type");
    lua_rawseti(L, -2, i + 1);
  }
  close(fd);
  l->fd_plus_1 = 0;
  return 1;
}

static int l_fs_list(lua_State *L) {
  const char *path = check_path(L, 1);
  return push_list(L, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK), path);
}

/* -- exact paths: see fs_exact.h -------------------------------------------------------------------------------------- */

/* read_exact(path, limit?): the text, and what the open file is */
static int l_fs_read_exact(lua_State *L) {
  const char *path = check_path(L, 1);
  lua_Integer limit = luaL_optinteger(L, 2, READ_LIMIT);
  struct buf *b = bind_new(L, sizeof *b, buffer_class);
  struct err e;
  struct stat st;
  if (!fs_exact_read(path, limit < 0 ? 0 : (size_t)limit, b, &st, &e)) {
    buf_free(b);
    return bind_fail(L, &e);
  }
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  buf_free(b);
  push_stat(L, &st);
  return 2;
}

/* write_exact(path, text, {mode?, expect?}): see check_expect; with one, also what was written */
static int l_fs_write_exact(lua_State *L) {
  struct fs_plan plan = {.mode = -1};
  struct fs_content content = {.sync = true, .plan = &plan};
  const char *path = check_path(L, 1);
  content.bytes = luaL_checklstring(L, 2, &content.n);
  if (lua_istable(L, 3)) {
    plan.mode = bind_opt_int(L, 3, "mode", -1, 0, 07777);
    lua_getfield(L, 3, "expect");
    check_expect(L, lua_gettop(L), &plan);
  }
  bool asked = plan.fresh || plan.same || plan.hashed;
  struct err e;
  int count = finish(L, fs_exact_write(path, &content, &e), &e);
  if (count > 1 || !asked) return count;
  push_stat(L, &content.after);
  return 2;
}

static int l_fs_stat_exact(lua_State *L) {
  const char *path = check_path(L, 1);
  struct stat st;
  struct err e;
  if (!fs_exact_stat(path, &st, &e)) return bind_fail(L, &e);
  push_stat(L, &st);
  return 1;
}

static int l_fs_list_exact(lua_State *L) {
  const char *path = check_path(L, 1);
  return push_list(L, fs_exact_open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, false), path);
}

static int l_fs_remove_exact(lua_State *L) {
  struct err e;
  struct fs_plan plan = {.mode = -1};
  const char *path = check_path(L, 1);
  check_expect(L, 2, &plan);
  return finish(L, fs_exact_remove(path, lua_istable(L, 2) ? &plan : NULL, &e), &e);
}

static int l_fs_mkdir(lua_State *L) {
  struct err e;
  return finish(L, fs_mkdir(check_path(L, 1), (int)luaL_optinteger(L, 2, 0755), &e), &e);
}

static int l_fs_remove(lua_State *L) {
  struct err e;
  return finish(L, fs_remove(check_path(L, 1), &e), &e);
}

static int l_fs_remove_tree(lua_State *L) {
  struct err e;
  return finish(L, fs_remove_tree(check_path(L, 1), &e), &e);
}

static int l_fs_rename(lua_State *L) {
  const char *from = check_path(L, 1), *to = check_path(L, 2);
  if (rename(from, to) != 0) return fail_errno(L, "rename", from);
  lua_pushboolean(L, 1);
  return 1;
}

static int l_fs_realpath(lua_State *L) {
  char real[PATH_MAX];
  const char *path = check_path(L, 1);
  if (!realpath(path, real)) return fail_errno(L, "find", path);
  lua_pushstring(L, real);
  return 1;
}

static int l_fs_mkdtemp(lua_State *L) {
  char path[PATH_MAX];
  const char *prefix = check_path(L, 1), *folder = getenv("TMPDIR");
  bool absolute = prefix[0] == '/';
  int n = absolute ? snprintf(path, sizeof path, "%sXXXXXX", prefix)
                   : snprintf(path, sizeof path, "%s/%sXXXXXX", folder && folder[0] == '/' ? folder : "/tmp", prefix);
  if (n >= (int)sizeof path) errno = ENAMETOOLONG;
  if (n >= (int)sizeof path || !mkdtemp(path)) return fail_errno(L, "make folder", path);
  lua_pushstring(L, path);
  return 1;
}

static int l_fs_cwd(lua_State *L) {
  char path[PATH_MAX];
  if (!getcwd(path, sizeof path)) return fail_errno(L, "find the current folder", ".");
  lua_pushstring(L, path);
  return 1;
}

/* -- locks: tried again every 20 ms until the deadline --------------------------------------------------------------- */

struct lock {
  int fd_plus_1;
  double deadline;
  struct waiter waiting;
  struct loop_timer *timer;
};

static int lock_close(lua_State *L) {
  struct lock *l = luaL_checkudata(L, 1, lock_class);
  if (l->timer) loop_timer_stop(l->timer);
  if (l->fd_plus_1) close(l->fd_plus_1 - 1);
  l->timer = NULL;
  l->fd_plus_1 = 0;
  return 0;
}

static void lock_retry(void *arg) {
  struct lock *l = arg;
  l->timer = NULL;
  waiter_wake(&l->waiting);
}

static int lock_k(lua_State *L, int status, lua_KContext ctx) {
  struct lock *l = (struct lock *)ctx;
  struct err e;
  (void)status;
  int taken = fs_lock_try(l->fd_plus_1 - 1);
  if (taken > 0) {
    lua_settop(L, 3);
    return 1;
  }
  if (taken < 0) return fail_errno(L, "lock", lua_tostring(L, 1));
  if (loop_now() < l->deadline) {
    l->timer = loop_timer_start(0.02, lock_retry, l);
    return task_wait(L, &l->waiting, ctx, lock_k);
  }
  close(l->fd_plus_1 - 1);
  l->fd_plus_1 = 0;
  err_set(&e, ERR_TIMEOUT, "lock %s: another program holds it", lua_tostring(L, 1));
  snprintf(e.path, sizeof e.path, "%s", lua_tostring(L, 1));
  return bind_fail(L, &e);
}

/* touch(path): changed now */
static int l_fs_touch(lua_State *L) {
  const char *path = check_path(L, 1);
  if (utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno(L, "touch", path);
  lua_pushboolean(L, 1);
  return 1;
}

/* create(path, text): only where nothing is yet */
static int l_fs_create(lua_State *L) {
  size_t n;
  struct err e;
  const char *path = check_path(L, 1), *text = luaL_checklstring(L, 2, &n);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail_errno(L, "create", path);
  bool ok = fs_append(fd, path, text, n, &e);
  close(fd);
  if (!ok) return bind_fail(L, &e);
  lua_pushboolean(L, 1);
  return 1;
}

static int l_fs_lock(lua_State *L) {
  const char *path = check_path(L, 1);
  double timeout = luaL_optnumber(L, 2, 10);
  lua_settop(L, 2);
  struct lock *l = bind_new(L, sizeof *l, lock_class);
  struct err e;
  l->fd_plus_1 = fs_lock_open(path, &e) + 1;
  if (!l->fd_plus_1) return bind_fail(L, &e);
  l->deadline = loop_now() + timeout;
  return lock_k(L, LUA_OK, (lua_KContext)l);
}

int open_fs(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"read", l_fs_read},         {"read_part", l_fs_read_part}, {"truncate", l_fs_truncate},
      {"write", l_fs_write},       {"append", l_fs_append},
      {"stat", l_fs_stat},         {"exists", l_fs_exists}, {"stamp", l_fs_stamp}, {"list", l_fs_list}, {"mkdir", l_fs_mkdir}, {"remove", l_fs_remove},
      {"remove_tree", l_fs_remove_tree}, {"rename", l_fs_rename}, {"realpath", l_fs_realpath}, {"mkdtemp", l_fs_mkdtemp},
      {"lock", l_fs_lock},         {"cwd", l_fs_cwd},       {"create", l_fs_create},   {"touch", l_fs_touch},
      {"read_exact", l_fs_read_exact}, {"write_exact", l_fs_write_exact}, {"stat_exact", l_fs_stat_exact},
      {"list_exact", l_fs_list_exact}, {"remove_exact", l_fs_remove_exact},
      {NULL, NULL}};
  static const luaL_Reg file_methods[] = {{"write", l_appender_write}, {"sync", l_appender_sync}, {"close", file_close}, {NULL, NULL}};
  static const luaL_Reg lock_methods[] = {{"close", lock_close}, {NULL, NULL}};
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  bind_class(L, buffer_class, no_methods, buffer_gc);
  bind_class(L, file_class, file_methods, file_close);
  bind_class(L, lock_class, lock_methods, lock_close);
  bind_class(L, listing_class, no_methods, listing_gc);
  luaL_newlib(L, functions);
  return 1;
}
