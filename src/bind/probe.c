/* `sys.probe`: the attempts by which a sandbox is verified from within. See the class of that name in lua/meta/sys.lua. */
#include <errno.h>
#include <linux/keyctl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "bind.h"

static long find_key(const char *name) { return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", name, 0); }

static long connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t n = strlen(path);
  if (n >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
  memcpy(address.sun_path, path, n + 1);
  bool abstract = path[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int result = connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (abstract ? 0 : 1)));
  int number = errno;
  close(fd);
  errno = number;
  return result == 0 || number == EAGAIN ? 0 : -1;
}

static int l_probe_try(lua_State *L) {
  static const char *const names[] = {"connect", "key_add", "key_find", "key_drop", "type", "trace", NULL};
  int what = luaL_checkoption(L, 1, NULL, names);
  const char *argument = luaL_optstring(L, 2, "");
  long result = -1, key;
  switch (what) {
    case 0: result = connect_to(argument); break;
    case 1: result = syscall(SYS_add_key, "user", argument, "x", 1, KEY_SPEC_SESSION_KEYRING); break;
    case 2: result = find_key(argument); break;
    case 3:
      key = find_key(argument);
      if (key >= 0) result = syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_SESSION_KEYRING);
      break;
    case 4: result = ioctl(0, TIOCSTI, "\n"); break;
    default: result = ptrace(PTRACE_SEIZE, (pid_t)atol(argument), NULL, NULL); break;
  }
  int number = errno;
  lua_pushboolean(L, result >= 0);
  if (result >= 0) return 1;
  lua_pushstring(L, strerrorname_np(number));
  return 2;
}

int open_probe(lua_State *L) {
  static const luaL_Reg functions[] = {{"try", l_probe_try}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
