/* Ends a process with everything it started, also what left its group: found through /proc by session and parent. */
#ifndef QWEN_TREE_H
#define QWEN_TREE_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Those that got a signal before: they are found again when their parents are gone. Zeroed is empty; owned by the caller. */
struct tree {
  struct tree_entry *list;
  size_t count;
};

/* leader: pid itself is alive and ours; group: it leads a group and session of its own. */
void tree_kill(struct tree *t, pid_t pid, bool leader, bool group, int signal);
void tree_free(struct tree *t);
#endif
