/* The Lua state and what runs in it: module loading, the main task, the watchdog. One per process; owned by main. */
#ifndef QWEN_HOST_H
#define QWEN_HOST_H

/* Runs lua/qwen/main.lua with the arguments; gives the exit code. */
int host_run(int argc, char **argv);
#endif
