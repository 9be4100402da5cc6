/* The stack of the main thread: large enough at the start, and how much of it is left. */
#ifndef QWEN_STACK_H
#define QWEN_STACK_H
#include <stdbool.h>

bool stack_begin(void); /* first thing in main: raises a small limit where it may; false when it stays too small */
bool stack_low(void);   /* more than half is used: what calls itself by way of others must not go deeper */
#endif
