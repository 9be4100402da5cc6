/* A shared library of the system, loaded on first use and never unloaded. */
#ifndef QWEN_LIBRARY_H
#define QWEN_LIBRARY_H
#include "err.h"

/* NULL and *e: the library is missing, or it is there and cannot be loaded. need: "the vault needs libsodium". */
void *library_open(const char *file, const char *need, const char *package, struct err *e);
#endif
