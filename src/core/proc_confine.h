/* What a process takes away from itself before a command of the model runs in it. Async-signal-safe: called between vfork and exec. */
#ifndef QWEN_PROC_CONFINE_H
#define QWEN_PROC_CONFINE_H
#include <stdbool.h>

/* No new privileges, an empty session keyring, no core file, files up to 2 GiB, and a filter of system calls: no keys, no typing into
 * a terminal, no sockets but unix, IP and netlink. Without unix_sockets not these either: where the network is shared, so are the
 * abstract ones. Gives 0, or the number of what failed: then nothing may be run. */
int proc_confine_self(bool unix_sockets);
#endif
