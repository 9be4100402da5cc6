/* `sys.secret_store`: the back ends of the credential store. A record is JSON whose secrets are never Lua strings.
 * Each call waits for a thread. */
#include "../core/secret_store.h"

#include <stdlib.h>
#include <string.h>

#include "../core/secret.h"
#include "../core/thread.h"
#include "bind.h"

enum op { OP_GET, OP_PUT, OP_REMOVE, OP_PROBE, OP_REKEY };

struct box {
  struct job *job; /* NULL when there is none */
  struct waiter waiting;
};

struct job {
  struct secret_store_call call;
  const struct secret_store *store;
  enum op op;
  bool done, ok;
  struct box *box; /* NULL when nobody waits any more */
};

static const char *const class_name = "sys.secret_store.job";

static void job_free(struct job *j) {
  secret_store_call_free(&j->call);
  free(j);
}

static int box_gc(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  struct job *j = b->job;
  b->job = NULL;
  if (!j) return 0;
  if (j->done) job_free(j);
  else j->box = NULL; /* the thread still has it */
  return 0;
}

static void run(void *arg) {
  struct job *j = arg;
  switch (j->op) {
    case OP_GET: j->ok = j->store->get(&j->call); break;
    case OP_PUT: j->ok = secret_store_put(j->store, &j->call); break;
    case OP_REMOVE: j->ok = j->store->remove(&j->call); break;
    case OP_PROBE: j->ok = secret_store_probe(j->store, &j->call); break;
    case OP_REKEY: j->ok = secret_store_vault_rekey(&j->call); break;
  }
}

static void done(void *arg) {
  struct job *j = arg;
  j->done = true;
  if (j->box) waiter_wake(&j->box->waiting);
  else job_free(j);
}

/* -- arguments ------------------------------------------------------------------------------------------------------ */

static char *copy(lua_State *L, const char *text) {
  char *made = strdup(text);
  if (!made) luaL_error(L, "not enough memory");
  return made;
}

static char *opt_copy(lua_State *L, int options, const char *field) {
  char *made = NULL;
  if (lua_getfield(L, options, field) != LUA_TNIL) made = copy(L, luaL_checkstring(L, -1));
  lua_pop(L, 1);
  return made;
}

static void add_piece(lua_State *L, struct buf *out) {
  size_t n;
  const struct secret *s = bind_test_secret(L, -1);
  if (!s && lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "a record must be a list of texts and secrets");
  const char *text = s ? secret_value(s, &n) : lua_tolstring(L, -1, &n);
  if (!buf_add(out, text, n)) luaL_error(L, "not enough memory");
}

static void read_pieces(lua_State *L, int index, struct buf *out) {
  size_t total = 0;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_Integer count = (lua_Integer)lua_rawlen(L, index);
  for (lua_Integer i = 1; i <= count; i++, lua_pop(L, 1)) {
    size_t n;
    lua_rawgeti(L, index, i);
    const struct secret *s = bind_test_secret(L, -1);
    if (s) secret_value(s, &n);
    else luaL_checklstring(L, -1, &n);
    total += n;
  }
  if (!buf_reserve(out, total + 1)) luaL_error(L, "not enough memory"); /* at once: growing would leave copies behind */
  for (lua_Integer i = 1; i <= count; i++, lua_pop(L, 1)) {
    lua_rawgeti(L, index, i);
    add_piece(L, out);
  }
}

static void read_argv(lua_State *L, int options, struct secret_store_call *c) {
  if (lua_getfield(L, options, "argv") != LUA_TNIL) {
    luaL_checktype(L, -1, LUA_TTABLE);
    size_t count = lua_rawlen(L, -1);
    c->argv = calloc(count + 1, sizeof *c->argv);
    if (!c->argv) luaL_error(L, "not enough memory");
    for (size_t i = 0; i < count; i++, lua_pop(L, 1)) {
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
      c->argv[i] = copy(L, luaL_checkstring(L, -1));
    }
  }
  lua_pop(L, 1);
}

static void read_secret(lua_State *L, int options, const char *field, struct buf *out) {
  if (lua_getfield(L, options, field) != LUA_TNIL) {
    if (!bind_test_secret(L, -1)) luaL_error(L, "%s must be a secret", field);
    add_piece(L, out);
  }
  lua_pop(L, 1);
}

static struct job *new_job(lua_State *L, enum op op, const char *name, int key, int options) {
  const struct secret_store *store = secret_store_find(name);
  if (!store) luaL_error(L, "there is no store '%s'", name);
  luaL_checktype(L, options, LUA_TTABLE);
  struct box *b = bind_new(L, sizeof *b, class_name);
  struct job *j = calloc(1, sizeof *j);
  if (!j) luaL_error(L, "not enough memory");
  *j = (struct job){.store = store, .op = op, .done = true}; /* done until it starts: an error frees it */
  b->job = j;
  err_clear(&j->call.e);
  if (key) j->call.key = copy(L, luaL_checkstring(L, key));
  j->call.folder = opt_copy(L, options, "folder");
  j->call.key_file = opt_copy(L, options, "key_file");
  j->call.seconds = bind_opt_number(L, options, "timeout", 30);
  read_argv(L, options, &j->call);
  read_secret(L, options, "passphrase", &j->call.passphrase);
  if (op == OP_REKEY) read_secret(L, options, "new_passphrase", &j->call.value);
  if ((store == &secret_store_vault || store == &secret_store_plain) && !j->call.folder) luaL_error(L, "this store needs the option 'folder'");
  if (store == &secret_store_vault && !j->call.key_file) luaL_error(L, "this store needs the option 'key_file'");
  if (store == &secret_store_plain && key && strchr(j->call.key, '/')) luaL_error(L, "the name of a file holds no slash");
  return j;
}

/* -- waiting -------------------------------------------------------------------------------------------------------- */

static int result(lua_State *L, struct job *j) {
  if (!j->ok) return bind_fail(L, &j->call.e);
  if (j->op == OP_GET) return bind_seal(L, j->call.value.data ? j->call.value.data : "", j->call.value.len, 3);
  lua_pushboolean(L, 1);
  return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext ctx) {
  struct box *b = (struct box *)ctx;
  (void)status;
  if (b->job->done) {
    task_deadline_clear();
    return result(L, b->job);
  }
  if (!task_expired()) return task_wait(L, &b->waiting, ctx, wait_k);
  struct err e;
  task_deadline_clear();
  err_set(&e, ERR_TIMEOUT, "the store '%s' did not answer in %g seconds; is it waiting for a password?", b->job->store->name, b->job->call.seconds);
  return bind_fail(L, &e);
}

/* The box is on top of the stack. */
static int start(lua_State *L, struct job *j) {
  struct box *b = j->box = lua_touserdata(L, -1);
  task_deadline(L, j->call.seconds + 1);
  j->done = false;
  if (!thread_start(run, done, j)) {
    j->done = true;
    task_deadline_clear();
    return luaL_error(L, "no thread could be started");
  }
  lua_toclose(L, -1);
  return wait_k(L, LUA_OK, (lua_KContext)b);
}

/* get(store, key, fields, name, origins, options) */
static int l_secret_store_get(lua_State *L) {
  lua_settop(L, 6);
  bind_check_seal(L, 3);
  return start(L, new_job(L, OP_GET, luaL_checkstring(L, 1), 2, 6));
}

/* put(store, key, pieces, options) */
static int l_secret_store_put(lua_State *L) {
  lua_settop(L, 4);
  struct job *j = new_job(L, OP_PUT, luaL_checkstring(L, 1), 2, 4);
  read_pieces(L, 3, &j->call.value);
  return start(L, j);
}

/* remove(store, key, options) */
static int l_secret_store_remove(lua_State *L) {
  lua_settop(L, 3);
  return start(L, new_job(L, OP_REMOVE, luaL_checkstring(L, 1), 2, 3));
}

/* probe(store, options) */
static int l_secret_store_probe(lua_State *L) {
  lua_settop(L, 2);
  return start(L, new_job(L, OP_PROBE, luaL_checkstring(L, 1), 0, 2));
}

/* rekey(options) */
static int l_secret_store_rekey(lua_State *L) {
  lua_settop(L, 1);
  return start(L, new_job(L, OP_REKEY, secret_store_vault.name, 0, 1));
}

int open_secret_store(lua_State *L) {
  static const luaL_Reg functions[] = {{"get", l_secret_store_get},       {"put", l_secret_store_put},
                                       {"remove", l_secret_store_remove}, {"probe", l_secret_store_probe},
                                       {"rekey", l_secret_store_rekey},   {NULL, NULL}};
  static const luaL_Reg none[] = {{NULL, NULL}};
  bind_class(L, class_name, none, box_gc);
  luaL_newlib(L, functions);
  return 1;
}
