/* Ends a process with everything it started, also what left its group: found through /proc by session and parent. */
#ifndef QWEN_TREE_H
#define QWEN_TREE_H
#include <stdbool.h>
#include <sys/types.h>

/* leader: pid itself is alive and ours; group: it leads a group and session of its own. */
void tree_kill(pid_t pid, bool leader, bool group, int signal);
#endif
