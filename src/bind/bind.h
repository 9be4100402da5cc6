/* What every binding uses: waiting, failing, checking. Only files in src/bind and src/host.c may include this.
 *
 * How a binding waits. It is written as a loop over its condition with a continuation of the same shape:
 *
 *   static int read_k(lua_State *L, int status, lua_KContext ctx) {
 *     struct thing *t = (struct thing *)ctx;
 *     (void)status;
 *     if (t->ready) return push_result(L, t);
 *     return task_wait(L, &t->readers, ctx, read_k);
 *   }
 *   static int l_thing_read(lua_State *L) { return read_k(L, LUA_OK, (lua_KContext)check_thing(L, 1)); }
 *
 * and the core's callback says waiter_wake(&t->readers): every task waiting there runs its continuation again.
 * The userdata stays alive because it is on the waiting coroutine's stack. A zeroed struct waiter is ready for use. */
#ifndef QWEN_BIND_H
#define QWEN_BIND_H
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "../core/err.h"

struct task;
struct waiter {
  struct task *first, *last;
};

/* Suspends the running task on w; use as `return task_wait(...)`. Raises in words where waiting is impossible. */
int task_wait(lua_State *L, struct waiter *w, lua_KContext ctx, lua_KFunction k);
bool bind_in_task(lua_State *L);                     /* L is the running task itself, no coroutine inside it */
void waiter_wake(struct waiter *w);                  /* everyone */
void waiter_wake_arg(void *w);                       /* the same, as a loop_fn */
/* Limits the running task's present wait: start before the first task_wait of a call, ask in the continuation, clear when done.
 * A wait that ends by cancelling needs no clearing. */
void task_deadline(lua_State *L, double seconds);
bool task_expired(void);
void task_deadline_clear(void);

/* Pushes nil and the error as a table with metatable "qwen.err"; use as `return bind_fail(L, &e)`. */
int bind_fail(lua_State *L, const struct err *e);
void bind_push_err(lua_State *L, const struct err *e);
/* A new userdata, zeroed, with the metatable made by bind_class: box first, fill after. */
void *bind_new(lua_State *L, size_t size, const char *class_name);
/* Makes class metatable with methods as __index, and gc as __gc and __close (NULL: none); locks __metatable. Leaves the stack as it was. */
void bind_class(lua_State *L, const char *class_name, const luaL_Reg *methods, lua_CFunction gc);
/* Optional fields of the options table at index: default when nil, raises on a wrong type or outside of low to high. */
double bind_opt_number(lua_State *L, int index, const char *field, double otherwise);
int bind_opt_int(lua_State *L, int index, const char *field, int otherwise, int low, int high);
int bind_opt_bool(lua_State *L, int index, const char *field, int otherwise);
/* The secret in the handle at index, NULL when it is no handle or already wiped. It lives as long as the handle. */
struct secret;
struct secret *bind_test_secret(lua_State *L, int index);
/* JSON as a table with secrets in place of the texts of some fields, which are never Lua strings. At names and after it: the names of the
 * fields, the name of the secrets, their origins as a list or as a function of the table. Pushes the table, or nil and an error. */
void bind_check_seal(lua_State *L, int names);
int bind_seal(lua_State *L, const char *json, size_t n, int names);
/* Templates are in json_template.c. Pushes the text of an event that fits the one at index; false when it must be decoded. */
bool bind_test_template(lua_State *L, int index);
bool bind_push_by_template(lua_State *L, int index, const char *name, size_t name_len, const char *data, size_t n);

/* src/bind/NAME.c: one opener per module; the array of all is in open.c. */
typedef int bind_opener(lua_State *L);
bind_opener open_err, open_task, open_http, open_secret, open_secret_store, open_proc, open_fs, open_os, open_side_out, open_term, open_text, open_json,
    open_embed, open_markdown, open_html, open_limit, open_db, open_redis, open_listen, open_probe;
#endif
