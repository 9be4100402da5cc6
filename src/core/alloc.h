/* The allocator of the Lua state, with a limit that can be put on what grows from now on. */
#ifndef QWEN_ALLOC_H
#define QWEN_ALLOC_H
#include <stddef.h>

void *alloc_block(void *unused, void *block, size_t old_size, size_t new_size); /* NULL above the limit; new_size 0 frees */
void alloc_limit(size_t more); /* from now on no more than this many bytes beside what is there; 0: as much as there is */
size_t alloc_used(void);
#endif
