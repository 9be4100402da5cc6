/* Ends what commands started when our process is gone without a word (SIGKILL, the OOM killer, a crash): a small process of its own, started
 * with the first command, waits at a socket whose other end only we hold. */
#ifndef QWEN_PROC_REAPER_H
#define QWEN_PROC_REAPER_H
#include <sys/types.h>

/* First in main: becomes the reaper and does not come back where the program was started as it. Without this call there is none. */
void proc_reaper_main(int argc, char *const *argv);

/* Starts the process if there is none. Without descriptors or processes left there is none, and commands run all the same. */
void proc_reaper_start(void);

/* Called by the leader of a new session between vfork and exec; pipes are those that it writes to, 0 none. */
void proc_reaper_enter(const ino_t pipes[2]);

/* The session of this leader has ended. */
void proc_reaper_leave(pid_t pid);
#endif
