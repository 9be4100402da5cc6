/* Signals as loop events, and their watchdog: when a SIGINT, SIGTERM or SIGHUP is not taken by the loop within a second, the alarm
 * function runs inside the signal handler and must be async-signal-safe (lua_sethook is); two seconds later the last two end the process. */
#ifndef QWEN_SIGNALS_H
#define QWEN_SIGNALS_H
#include <stdbool.h>

enum { SIGNALS_TICK_MS = 25 };

typedef void (*signals_fn)(int number);

/* fn runs in the loop; one fn per signal, the last one set; NULL gives the default back. What our parent had ignored stays so. */
bool signals_watch(int number, signals_fn fn);
signals_fn signals_watcher(int number);        /* who watches it now; NULL: nobody */
void signals_alarm(void (*fn)(void));
void signals_last(void (*fn)(void));           /* before such an end; async-signal-safe */
void signals_leave(void);                      /* what that does, before another sudden end */
/* fn is called, inside the signal handler, after each tick of CPU time that the process uses, until it gives false. Cheap to call again. */
void signals_ticks(bool (*fn)(void));
#endif
