/* Child processes on the loop: own session and group, pipes or a pseudo terminal, drained to their end before "done".
 * A struct proc is owned by its opener; proc_close kills what still runs and frees it. on_change says that something can be
 * read or written, or that the process is done. */
#ifndef QWEN_PROC_H
#define QWEN_PROC_H
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "err.h"

enum proc_stdio { PROC_NULL, PROC_PIPE, PROC_INHERIT, PROC_JOIN /* stderr to where stdout goes */ };

struct proc_spec {
  const char *path;      /* absolute */
  char *const *argv, *const *envp;
  const char *cwd;       /* NULL: ours */
  enum proc_stdio in, out, err;
  bool pty, group, leave; /* leave: what still runs when the program has ended keeps the pipes */
  bool confined, no_unix; /* see proc_confine.h */
  int rows, cols;
  double timeout;        /* seconds, 0 none */
};

struct proc;
struct proc *proc_open(const struct proc_spec *spec, void (*on_change)(void *), void *arg, struct err *e);
void proc_close(struct proc *p);
pid_t proc_pid(const struct proc *p);
struct buf *proc_output(struct proc *p, bool err);          /* unread bytes; drop them with proc_taken */
void proc_taken(struct proc *p, bool err, size_t n);
void proc_discard(struct proc *p);                          /* from now on output is thrown away */
bool proc_ended(const struct proc *p);                      /* pipes at their end, nothing more to read will come */
bool proc_silent(struct proc *p);                           /* with leave: it has exited, and nothing came for a moment since this was asked last */
bool proc_exited(const struct proc *p, int *status, bool *timed_out, bool *others); /* others: of its group, still there */
bool proc_done(const struct proc *p, int *status, bool *timed_out); /* ended and exited */
bool proc_write(struct proc *p, const char *bytes, size_t n); /* queues; false when stdin is closed */
bool proc_writing(const struct proc *p);                    /* bytes are still queued */
bool proc_lost(const struct proc *p);                       /* the reader went away before it took all */
void proc_close_stdin(struct proc *p);                      /* after what is queued */
void proc_kill(struct proc *p, int signal);                 /* the whole tree; 0: TERM now, KILL after half a second */
void proc_resize(struct proc *p, int rows, int cols);
bool proc_which(const char *name, const char *path_list, char *out, size_t size); /* absolute entries only */
#endif
