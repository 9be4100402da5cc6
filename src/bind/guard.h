/* Stopping code that does not come back by itself: the watchdog of Ctrl-C, and budgets of computing time and memory for what others
 * wrote. A guard is a userdata on the stack of the coroutine it limits, so it lives as long as the call. */
#ifndef QWEN_GUARD_H
#define QWEN_GUARD_H
#include <lua.h>
#include <stdbool.h>

struct guard {
  struct guard *outer;
  int start, limit; /* ticks: used up when it was entered, and allowed */
};

/* Around each piece of Lua that C runs: L is what a signal stops. The guards are those of the task that runs; NULL: none. */
lua_State *guard_enter(lua_State *L);      /* gives what ran before, for guard_leave */
void guard_leave(lua_State *before);
void guard_take(struct guard *innermost);  /* a slice of a task begins: budgets are for the time between two waits */
struct guard *guard_drop(void);            /* it ends: the innermost one now */
const char *guard_interrupted(void);       /* Ctrl-C stopped the slice: where, in words; forgotten with this answer */
const char *guard_stopped(struct guard *g); /* words when this one stopped the slice, and forgotten; else NULL */
void guard_root(struct guard *g);          /* for a task that guarded code started */
bool guard_active(void);
bool guard_stopping(void);                 /* what runs is to end: Ctrl-C, or a guard is used up */
int guard_left_ms(void);                   /* of the budget of what runs; -1 when it has none */

void guard_open(lua_State *L);             /* watchdog, and the standard coroutine functions again */
int l_task_limited(lua_State *L);
int l_task_on_raise(lua_State *L);         /* (fn): fn(text) gives the words for a text that is raised in limited */
#endif
