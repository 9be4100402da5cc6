/* The event loop: libuv behind a few calls. One loop per process. Callbacks run inside loop_run only.
 * A struct loop_timer is owned by the loop once started; loop_timer_stop gives it back and the pointer is dead. */
#ifndef QWEN_LOOP_H
#define QWEN_LOOP_H
#include <stdbool.h>
#include <stdint.h>

struct uv_loop_s;
struct loop_timer;
typedef void (*loop_fn)(void *arg);

struct uv_loop_s *loop_uv(void);       /* made on first use; for files that own a libuv handle */
bool loop_run(bool block);             /* one turn; false when nothing is active */
double loop_now(void);                 /* monotonic seconds, fresh */
struct loop_timer *loop_timer_start(double seconds, loop_fn fn, void *arg); /* fires once, then the pointer is dead */
/* Seconds for which a timer that was due then lets everything else go first: a process that stood still (SIGSTOP, a paused machine) has answers
 * lying in its sockets and pipes. 0 when it is not late. */
double loop_settle(double due);
void loop_timer_stop(struct loop_timer *t);
void loop_before_wait(loop_fn fn, void *arg); /* called before each blocking turn (flush of standard output) */
void loop_close(void);
#endif
