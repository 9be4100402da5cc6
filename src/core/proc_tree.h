/* Ends a process with everything it started, also what left its group: found through /proc by session, parent and pipes. */
#ifndef QWEN_PROC_TREE_H
#define QWEN_PROC_TREE_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Those that got a signal before: they are found again when their parents are gone. Zeroed is empty; owned by the caller. */
struct proc_tree {
  struct proc_tree_entry *list;
  size_t count;
  ino_t pipes[2]; /* who writes to them belongs to it, wherever it went; 0: none */
  bool over; /* the leader has ended and its group with it: its number may be a stranger's by now */
};

/* leader: pid itself is alive and ours; group: it leads a group and session of its own. */
void proc_tree_kill(struct proc_tree *t, pid_t pid, bool leader, bool group, int signal);
unsigned long long proc_tree_start(pid_t pid); /* when it began, in clock ticks since boot; 0: there is none */
void proc_tree_free(struct proc_tree *t);
#endif
