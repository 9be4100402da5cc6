/* `sys.db`: a SQLite file that many processes share, as statements and rows. Each run is one transaction under the file's lock. */
#include "../core/db.h"

#include <limits.h>
#include <string.h>

#include "../core/loop.h"
#include "bind.h"

enum { LOCK_TIMEOUT = 10 };
static const double LOCK_RETRY = 0.008;

static const char *const class_name = "sys.db.Database";

struct box {
  struct db db; /* statement 0 is that of the last run, whose text is user value 2 */
  bool open;
  struct waiter waiting; /* for the lock */
  struct loop_timer *timer;
  struct err e;
};

static struct box *check_open(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (!b->open) luaL_error(L, "the database is closed");
  return b;
}

static void bind_values(lua_State *L, struct box *b, sqlite3_stmt *statement) {
  const struct db_sqlite_api *sql = b->db.sql;
  sql->clear_bindings(statement); /* of the run before, whose texts are gone */
  for (int i = 3; i <= lua_gettop(L); i++) {
    size_t n;
    switch (lua_type(L, i)) {
      case LUA_TNUMBER:
        if (lua_isinteger(L, i)) sql->bind_int64(statement, i - 2, lua_tointeger(L, i));
        else sql->bind_double(statement, i - 2, lua_tonumber(L, i));
        break;
      case LUA_TSTRING: {
        const char *text = lua_tolstring(L, i, &n);
        sql->bind_text(statement, i - 2, text, (int)n, SQLITE_STATIC);
        break;
      }
      case LUA_TBOOLEAN: sql->bind_int64(statement, i - 2, lua_toboolean(L, i)); break;
      default: sql->bind_null(statement, i - 2);
    }
  }
}

/* Pushes the present row as a table by column names; NULL is absent. */
static void push_row(lua_State *L, const struct db_sqlite_api *sql, sqlite3_stmt *statement) {
  int columns = sql->column_count(statement);
  lua_createtable(L, 0, columns);
  for (int i = 0; i < columns; i++) {
    switch (sql->column_type(statement, i)) {
      case SQLITE_INTEGER: lua_pushinteger(L, sql->column_int64(statement, i)); break;
      case SQLITE_FLOAT: lua_pushnumber(L, sql->column_double(statement, i)); break;
      case SQLITE_NULL: continue;
      default: {
        const char *text = (const char *)sql->column_text(statement, i);
        int n = sql->column_bytes(statement, i);
        if (!text && n > 0) luaL_error(L, "not enough memory");
        lua_pushlstring(L, text ? text : "", (size_t)n);
      }
    }
    const char *name = sql->column_name(statement, i);
    if (!name) luaL_error(L, "not enough memory");
    lua_setfield(L, -2, name);
  }
}

static void forget_statement(struct box *b) {
  if (b->db.statement[0]) b->db.sql->finalize(b->db.statement[0]);
  b->db.statement[0] = NULL;
}

/* In a protected call, because rows become Lua values while the lock is held. The same text again finds its statement prepared. */
static int run_locked(lua_State *L) {
  struct box *b = lua_touserdata(L, 1);
  lua_getiuservalue(L, 1, 2);
  if (!lua_rawequal(L, 2, -1)) forget_statement(b);
  lua_pop(L, 1);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, 1, 2);
  sqlite3_stmt *statement = db_statement(&b->db, 0, lua_tostring(L, 2), &b->e);
  if (!statement) return 0;
  bind_values(L, b, statement);
  lua_newtable(L);
  int got;
  for (lua_Integer n = 1; (got = db_step(&b->db, statement, &b->e)) > 0; n++) {
    push_row(L, b->db.sql, statement);
    lua_rawseti(L, -2, n);
  }
  return got < 0 ? 0 : 1;
}

/* The arguments are on the stack; leaves the rows on top, or raises, or gives false and b->e. */
static bool run(lua_State *L, struct box *b) {
  int top = lua_gettop(L);
  struct db *db = &b->db;
  do {
    lua_settop(L, top);
    bool ok = db_begin(db, &b->e), raised = false;
    if (ok) {
      lua_pushcfunction(L, run_locked);
      for (int i = 1; i <= top; i++) lua_pushvalue(L, i);
      raised = lua_pcall(L, top, 1, 0) != LUA_OK;
      ok = db_end(db, !raised && lua_istable(L, -1), &b->e);
    }
    if (!ok && db->sql) forget_statement(b);
    if (raised) {
      db_unlock(db);
      lua_error(L);
    }
    if (ok) {
      db_unlock(db);
      return true;
    }
  } while (db_retry(db));
  db_unlock(db);
  return false;
}

static void retry(void *arg) {
  struct box *b = arg;
  b->timer = NULL;
  waiter_wake(&b->waiting);
}

static int run_k(lua_State *L, int status, lua_KContext ctx) {
  struct box *b = check_open(L);
  int got = db_lock(&b->db, &b->e);
  if (got == 0 && !task_expired()) {
    if (status == LUA_OK) task_deadline(L, LOCK_TIMEOUT);
    if (!b->timer) b->timer = loop_timer_start(LOCK_RETRY, retry, b);
    return task_wait(L, &b->waiting, ctx, run_k);
  }
  if (status != LUA_OK) task_deadline_clear();
  if (got == 0) err_set(&b->e, ERR_TIMEOUT, "%s: held by another process for %d s", b->db.path, LOCK_TIMEOUT);
  if (got <= 0 || !run(L, b)) return bind_fail(L, &b->e);
  return 1;
}

/* run(statement, value...) */
static int l_db_run(lua_State *L) {
  check_open(L);
  luaL_checkstring(L, 2);
  luaL_checkstack(L, lua_gettop(L) + LUA_MINSTACK, "too many values"); /* for the copies that run makes, when nothing may be raised */
  for (int i = 3; i <= lua_gettop(L); i++) {
    int type = lua_type(L, i);
    luaL_argcheck(L, type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING, i, "text, number, boolean or nil expected");
    luaL_argcheck(L, type != LUA_TSTRING || lua_rawlen(L, i) <= INT_MAX, i, "the text is too long");
  }
  return run_k(L, LUA_OK, 0);
}

static int l_db_aside(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (!*b->db.aside) return 0;
  lua_pushstring(L, b->db.aside);
  return 1;
}

static int db_gc(lua_State *L) {
  struct box *b = luaL_checkudata(L, 1, class_name);
  if (b->timer) loop_timer_stop(b->timer);
  b->timer = NULL;
  if (b->open) db_close(&b->db);
  b->open = false;
  waiter_wake(&b->waiting);
  return 0;
}

/* open(path, schema, version): the schema is user value 1, as long as the database needs it */
static int l_db_open(lua_State *L) {
  struct err e;
  size_t n;
  const char *path = luaL_checklstring(L, 1, &n), *schema = luaL_checkstring(L, 2);
  luaL_argcheck(L, strlen(path) == n, 1, "a path holds a zero byte");
  lua_Integer version = luaL_checkinteger(L, 3);
  luaL_argcheck(L, version > 0 && version < 1000000, 3, "a version is 1 or more");
  struct box *b = bind_new(L, sizeof *b, class_name);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, 1);
  b->open = db_open(&b->db, path, schema, (int)version, &e);
  if (!b->open) db_close(&b->db);
  return b->open ? 1 : bind_fail(L, &e);
}

/* on_network(folder) */
static int l_db_on_network(lua_State *L) {
  lua_pushboolean(L, db_on_network(luaL_checkstring(L, 1)));
  return 1;
}

int open_db(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", l_db_open}, {"on_network", l_db_on_network}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"run", l_db_run}, {"aside", l_db_aside}, {"close", db_gc}, {NULL, NULL}};
  bind_class(L, class_name, methods, db_gc);
  luaL_newlib(L, functions);
  return 1;
}
