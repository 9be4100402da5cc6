/* What the files of `sys.task` share: the scheduler (task.c), queues (task_queue.c), signals (task_signals.c), reports
 * (task_report.c). */
#ifndef QWEN_TASK_H
#define QWEN_TASK_H
#include <lua.h>

void task_check_running(lua_State *L); /* raises when no task runs, so that nothing could wait */
lua_State *task_main(void);            /* the main state; NULL once the main task has ended */

void task_queue_open(lua_State *L);                                   /* makes the class */
void task_queue_new(lua_State *L, lua_Integer capacity);              /* pushes a queue; 0: without a limit */
void task_queue_push(lua_State *L, int queue_index, int value_index); /* beyond its capacity, too */

void task_report(lua_State *L); /* takes the error on top: the handler of on_error hears of it; raises nothing */

/* Functions of the module. */
int l_task_queue(lua_State *L);
int l_task_signals(lua_State *L);
int l_task_on_error(lua_State *L);
#endif
