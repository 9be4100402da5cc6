/* A call that blocks, on a thread of its own. The thread is not waited for at the end of the process. */
#ifndef QWEN_THREAD_H
#define QWEN_THREAD_H
#include <stdbool.h>

#include "loop.h"

/* run on the thread, then done on the loop; false when no thread could be made, then neither is called. */
bool thread_start(loop_fn run, loop_fn done, void *arg);
#endif
