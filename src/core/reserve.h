/* Memory for what cannot go on without: the event loop, its timers, and lua-cjson. When the system has none, a reserve that was set aside at the
 * start is used up first; after that the program ends with a sentence. What these give is freed by free. */
#ifndef QWEN_RESERVE_H
#define QWEN_RESERVE_H
#include <stddef.h>

void *reserve_malloc(size_t size);
void *reserve_calloc(size_t count, size_t size);
void *reserve_realloc(void *block, size_t size);
_Noreturn void reserve_end(const char *why); /* gives the terminal back, says why, exit code 1 */
#endif
