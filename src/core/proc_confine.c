/* Giving up keys, privileges and some system calls. The namespaces around a command are bubblewrap's; what it leaves out is here. */
#include "proc_confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FIRST_FOREIGN 0x40000000u /* x32: the same calls by other numbers */
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define FIRST_FOREIGN 0xffffffffu
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(number) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (number))
#define IF(value, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise)
#define REFUSE_IF(value) IF(value, 1), REFUSE(EPERM)

#ifdef NATIVE
/* The low half of an argument is at its offset on both machines, which are little-endian. */
static struct sock_filter calls[] = {
    LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0), REFUSE(ENOSYS),
    LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_FOREIGN, 0, 1), REFUSE(ENOSYS),
    REFUSE_IF(SYS_keyctl), REFUSE_IF(SYS_add_key), REFUSE_IF(SYS_request_key),
    REFUSE_IF(SYS_bpf), REFUSE_IF(SYS_perf_event_open), REFUSE_IF(SYS_userfaultfd),
    IF(SYS_io_uring_setup, 1), REFUSE(ENOSYS), /* its requests are seen by no filter */
    IF(SYS_ioctl, 6), LOAD(args[1]), REFUSE_IF(TIOCSTI), REFUSE_IF(TIOCLINUX), ALLOW,
    IF(SYS_socket, 10), LOAD(args[0]), IF(AF_UNIX, 1), ALLOW, IF(AF_INET, 1), ALLOW,
    IF(AF_INET6, 1), ALLOW, IF(AF_NETLINK, 1), ALLOW, REFUSE(EAFNOSUPPORT),
    ALLOW,
};
/* A pair of datagram sockets, which SOCK_RAW makes too, can still send to any address, an abstract one of the host among them;
   connected streams cannot. */
static struct sock_filter no_unix[] = {
    LOAD(nr), IF(SYS_socket, 3), LOAD(args[0]), IF(AF_UNIX, 1), REFUSE(EAFNOSUPPORT),
    LOAD(nr), IF(SYS_socketpair, 7), LOAD(args[1]), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
    IF(SOCK_STREAM, 1), ALLOW, IF(SOCK_SEQPACKET, 1), ALLOW, REFUSE(EAFNOSUPPORT),
    ALLOW,
};

static int install(struct sock_filter *filter, size_t count) {
  struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? 0 : errno;
}
#endif

static int limit(__rlimit_resource_t what, rlim_t most) {
  struct rlimit now;
  if (getrlimit(what, &now) != 0) return errno;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most) most = now.rlim_max;
  return setrlimit(what, &(struct rlimit){most, most}) == 0 ? 0 : errno;
}

int proc_confine_self(bool unix_sockets) {
#ifdef NATIVE
  static const rlim_t file_max = 2147483648u;
  int number = limit(RLIMIT_CORE, 0);
  if (!number) number = limit(RLIMIT_FSIZE, file_max);
  if (!number && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) number = errno;
  if (!number && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS) number = errno;
  if (!number) number = install(calls, sizeof calls / sizeof *calls);
  if (!number && !unix_sockets) number = install(no_unix, sizeof no_unix / sizeof *no_unix);
  return number;
#else
  (void)unix_sockets;
  return ENOSYS;
#endif
}
