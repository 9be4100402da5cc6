/* `sys.task.queue`: values that tasks hand to each other; get waits while it is empty, put while it is full.
 * The items live in a table (user value 1) between two counters. */
#include "bind.h"
#include "task.h"

static const char *const class_name = "sys.task.Queue";

struct queue {
  lua_Integer first, count, capacity;
  bool closed;
  struct waiter getters, putters;
};

static int get_k(lua_State *L, int status, lua_KContext ctx) {
  struct queue *q = (struct queue *)ctx;
  (void)status;
  if (q->count == 0 && !q->closed && !task_expired()) return task_wait(L, &q->getters, ctx, get_k);
  task_deadline_clear();
  if (q->count == 0) return 0;
  lua_getiuservalue(L, 1, 1);
  lua_rawgeti(L, -1, q->first);
  lua_pushnil(L);
  lua_rawseti(L, -3, q->first);
  q->first++;
  q->count--;
  waiter_wake(&q->putters);
  return 1;
}

static int l_queue_get(lua_State *L) {
  struct queue *q = luaL_checkudata(L, 1, class_name);
  task_check_running(L);
  if (!lua_isnoneornil(L, 2) && q->count == 0 && !q->closed) task_deadline(L, luaL_checknumber(L, 2));
  lua_settop(L, 1);
  return get_k(L, LUA_OK, (lua_KContext)q);
}

void task_queue_push(lua_State *L, int queue_index, int value_index) {
  struct queue *q = lua_touserdata(L, queue_index);
  lua_getiuservalue(L, queue_index, 1);
  lua_pushvalue(L, value_index);
  lua_rawseti(L, -2, q->first + q->count);
  lua_pop(L, 1);
  q->count++;
  waiter_wake(&q->getters);
}

static int put_k(lua_State *L, int status, lua_KContext ctx) {
  struct queue *q = (struct queue *)ctx;
  (void)status;
  if (!q->closed && q->capacity && q->count >= q->capacity) return task_wait(L, &q->putters, ctx, put_k);
  if (!q->closed) task_queue_push(L, 1, 2);
  lua_pushboolean(L, !q->closed);
  return 1;
}

static int l_queue_put(lua_State *L) {
  struct queue *q = luaL_checkudata(L, 1, class_name);
  luaL_checkany(L, 2);
  if (lua_isnil(L, 2)) return luaL_argerror(L, 2, "nil cannot be put: close the queue instead");
  lua_settop(L, 2);
  return put_k(L, LUA_OK, (lua_KContext)q);
}

static int l_queue_close(lua_State *L) {
  struct queue *q = luaL_checkudata(L, 1, class_name);
  q->closed = true;
  waiter_wake(&q->getters);
  waiter_wake(&q->putters);
  return 0;
}

void task_queue_new(lua_State *L, lua_Integer capacity) {
  struct queue *q = bind_new(L, sizeof *q, class_name);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  q->first = 1;
  q->capacity = capacity;
}

int l_task_queue(lua_State *L) {
  lua_Integer capacity = luaL_optinteger(L, 1, 0);
  luaL_argcheck(L, capacity >= 0, 1, "a capacity is not negative");
  task_queue_new(L, capacity);
  return 1;
}

void task_queue_open(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"put", l_queue_put}, {"get", l_queue_get}, {"close", l_queue_close}, {NULL, NULL}};
  bind_class(L, class_name, methods, NULL);
}
