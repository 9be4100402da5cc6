/* Child processes: descriptors, output, exit, timeouts. The exec itself is in proc_spawn.c, the end of whole trees in proc_tree.c. */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <uv.h>

#include "loop.h"
#include "term_out.h"
#include "proc_reaper.h"
#include "proc_spawn.h"
#include "proc_tree.h"

enum { UNREAD_MAX = 1024 * 1024, CHUNK = 65536, REAP_TRIES = 50, REAP_MS = 2 };
static const double GRACE = 0.02;      /* quiet time after which a pipe held by a background process is given up */
static const double KILL_AFTER = 0.5;
static const double LOOK_AGAIN = 0.02; /* for the exit of a process, where the system does not say it */

struct channel {
  struct proc *p;
  int fd; /* -1 when closed */
  uv_poll_t *poll;
  struct buf bytes;
  size_t sent; /* input: bytes already taken */
};

struct proc {
  pid_t pid;
  struct channel in, out, err, exit; /* exit holds the pidfd, where the system has such */
  bool group, pty, leave, silent, exited, timed_out, discard, close_in;
  int status;
  struct proc_tree tree;
  struct loop_timer *timeout, *kill_timer, *grace, *look; /* look: for the exit, without a pidfd */
  void (*on_change)(void *);
  void *arg;
};

static void free_handle(uv_handle_t *h) { free(h); }

static void channel_close(struct channel *c) {
  if (c->poll) uv_close((uv_handle_t *)c->poll, free_handle);
  c->poll = NULL;
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
}

static void stop_timer(struct loop_timer **t) {
  if (*t) loop_timer_stop(*t);
  *t = NULL;
}

static void changed(struct proc *p) {
  if (p->on_change) p->on_change(p->arg);
}

/* -- output --------------------------------------------------------------------------------------------------------- */

static bool channel_read(struct channel *c);
static void give_up(void *arg);

/* After the leader is gone a background child may hold the pipes open: then their silence ends them. */
static void restart_grace(struct proc *p) {
  stop_timer(&p->grace);
  bool full = p->out.bytes.len >= UNREAD_MAX || p->err.bytes.len >= UNREAD_MAX;
  if (p->exited && !full && (p->out.fd >= 0 || p->err.fd >= 0)) p->grace = loop_timer_start(GRACE, give_up, p);
}

/* The timer may fire before the loop has looked at the pipes: what is in them counts as not silent. */
static void give_up(void *arg) {
  struct proc *p = arg;
  p->grace = NULL;
  bool out = channel_read(&p->out), err = channel_read(&p->err);
  if (out || err) {
    restart_grace(p);
  } else if (p->leave) {
    p->silent = true;
  } else {
    channel_close(&p->out);
    channel_close(&p->err);
  }
  changed(p);
}

/* One read; true when it gave bytes. The end closes the channel (on a pseudo terminal that is EIO). */
static bool channel_read(struct channel *c) {
  ssize_t n = -1;
  if (c->fd < 0) return false;
  if (buf_reserve(&c->bytes, CHUNK)) n = read(c->fd, c->bytes.data + c->bytes.len, CHUNK);
  else errno = ENOMEM;
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n <= 0) {
    channel_close(c);
    return false;
  }
  if (!c->p->discard) c->bytes.len += (size_t)n;
  if (c->bytes.len >= UNREAD_MAX && c->poll) uv_poll_stop(c->poll);
  return true;
}

static void on_readable(uv_poll_t *handle, int status, int events) {
  struct channel *c = handle->data;
  struct proc *p = c->p;
  (void)events;
  (void)status; /* read tells more */
  channel_read(c);
  restart_grace(p);
  changed(p);
}

struct buf *proc_output(struct proc *p, bool err) { return err ? &p->err.bytes : &p->out.bytes; }

static void resume(struct channel *c) {
  if (c->poll && c->bytes.len < UNREAD_MAX) uv_poll_start(c->poll, UV_READABLE, on_readable);
}

void proc_taken(struct proc *p, bool err, size_t n) {
  struct channel *c = err ? &p->err : &p->out;
  bool full = c->bytes.len >= UNREAD_MAX;
  buf_drop(&c->bytes, n);
  if (full) {
    resume(c);
    restart_grace(p);
  }
}

void proc_discard(struct proc *p) {
  p->discard = true;
  proc_taken(p, false, p->out.bytes.len);
  proc_taken(p, true, p->err.bytes.len);
}

bool proc_ended(const struct proc *p) { return p->out.fd < 0 && p->err.fd < 0; }

bool proc_silent(struct proc *p) {
  bool was = p->silent;
  p->silent = false;
  if (!was && p->leave && !p->grace) restart_grace(p);
  return was;
}

bool proc_exited(const struct proc *p, int *status, bool *timed_out, bool *others) {
  *status = p->status;
  *timed_out = p->timed_out;
  *others = p->exited && p->group && !p->tree.over && kill(-p->pid, 0) == 0;
  return p->exited;
}

bool proc_done(const struct proc *p, int *status, bool *timed_out) {
  *status = p->status;
  *timed_out = p->timed_out;
  return p->exited && proc_ended(p);
}

/* -- input ---------------------------------------------------------------------------------------------------------- */

static void on_writable(uv_poll_t *handle, int status, int events) {
  struct channel *c = handle->data;
  (void)events;
  (void)status;
  ssize_t n = write(c->fd, c->bytes.data + c->sent, c->bytes.len - c->sent);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) { /* the reader is gone; what it did not take stays, for proc_lost */
    channel_close(c);
    changed(c->p);
    return;
  }
  c->sent += (size_t)n;
  if (c->sent < c->bytes.len) return;
  c->bytes.len = c->sent = 0;
  uv_poll_stop(c->poll);
  if (c->p->close_in && !c->p->pty) channel_close(c);
  changed(c->p);
}

bool proc_write(struct proc *p, const char *bytes, size_t n) {
  if (p->in.fd < 0 || p->close_in || !buf_add(&p->in.bytes, bytes, n)) return false;
  if (p->in.bytes.len == 0) return true;
  uv_poll_start(p->in.poll, UV_WRITABLE, on_writable);
  return true;
}

bool proc_writing(const struct proc *p) { return p->in.fd >= 0 && p->in.bytes.len > 0; }

bool proc_lost(const struct proc *p) { return p->in.fd < 0 && p->in.bytes.len > 0; }

void proc_close_stdin(struct proc *p) {
  if (p->pty && !p->close_in) proc_write(p, "\x04", 1);
  p->close_in = true;
  if (!proc_writing(p) && !p->pty) channel_close(&p->in);
}

/* -- exit and kill -------------------------------------------------------------------------------------------------- */

/* What still writes to its pipes belongs to it. */
static void note_pipes(struct proc *p) {
  struct channel *ends[] = {&p->out, &p->err};
  struct stat st;
  for (int i = 0; i < 2; i++) p->tree.pipes[i] = !p->pty && ends[i]->fd >= 0 && fstat(ends[i]->fd, &st) == 0 ? st.st_ino : 0;
}

static void end_tree(struct proc *p, int signal) {
  note_pipes(p);
  proc_tree_kill(&p->tree, p->pid, !p->exited, p->group, signal);
}

static bool look_for_exit(struct proc *p) {
  if (waitpid(p->pid, &p->status, WNOHANG) == 0) return false;
  p->exited = true;
  p->tree.over = kill(-p->pid, 0) != 0;
  stop_timer(&p->timeout);
  channel_close(&p->exit);
  restart_grace(p);
  changed(p);
  return true;
}

static void on_exit_ready(uv_poll_t *handle, int status, int events) {
  (void)status;
  (void)events;
  look_for_exit(((struct channel *)handle->data)->p);
}

static void look_again(void *arg) {
  struct proc *p = arg;
  p->look = NULL;
  if (!look_for_exit(p)) p->look = loop_timer_start(LOOK_AGAIN, look_again, p);
}

static void kill_hard(void *arg) {
  struct proc *p = arg;
  p->kill_timer = NULL;
  end_tree(p, SIGKILL);
}

void proc_kill(struct proc *p, int signal) {
  end_tree(p, signal ? signal : SIGTERM);
  if (signal == 0 && !p->kill_timer) p->kill_timer = loop_timer_start(KILL_AFTER, kill_hard, p);
}

static void on_timeout(void *arg) {
  struct proc *p = arg;
  p->timeout = NULL;
  p->timed_out = true;
  proc_kill(p, 0);
}

pid_t proc_pid(const struct proc *p) { return p->pid; }

void proc_resize(struct proc *p, int rows, int cols) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
  if (p->pty && p->out.fd >= 0) ioctl(p->out.fd, TIOCSWINSZ, &size);
}

/* Processes that outlived their owner: they became another user's (sudo), who alone may end them. */
static struct left {
  pid_t pid;
  struct left *next;
} *left;

/* Takes the exit of a process that was killed. One that cannot be killed is not waited for: its exit is taken later. */
static void reap(struct proc *p) {
  struct pollfd exit = {.fd = p->exit.fd, .events = POLLIN};
  bool killed = kill(p->pid, 0) == 0;
  for (int i = 0; i < REAP_TRIES; i++) {
    if (waitpid(p->pid, &p->status, WNOHANG) != 0) return;
    if (!killed) break;
    poll(&exit, 1, REAP_MS); /* without a pidfd it only sleeps */
  }
  struct left *one = malloc(sizeof *one);
  if (!one) return;
  *one = (struct left){p->pid, left};
  left = one;
}

static void reap_left(void) {
  for (struct left **at = &left; *at;) {
    struct left *one = *at;
    if (waitpid(one->pid, NULL, WNOHANG) == 0) at = &one->next;
    else *at = one->next, free(one);
  }
}

void proc_close(struct proc *p) {
  if (!p) return;
  p->on_change = NULL;
  stop_timer(&p->timeout);
  stop_timer(&p->kill_timer);
  stop_timer(&p->grace);
  if (p->pid > 0) {
    end_tree(p, SIGKILL);
    if (!p->exited) reap(p);
    if (p->group) proc_reaper_leave(p->pid);
  }
  stop_timer(&p->look);
  reap_left();
  channel_close(&p->in);
  channel_close(&p->out);
  channel_close(&p->err);
  channel_close(&p->exit);
  buf_free(&p->in.bytes);
  buf_free(&p->out.bytes);
  buf_free(&p->err.bytes);
  proc_tree_free(&p->tree);
  free(p);
}

/* -- opening -------------------------------------------------------------------------------------------------------- */

static bool watch(struct channel *c, int events, uv_poll_cb fn) {
  c->poll = calloc(1, sizeof *c->poll);
  if (!c->poll) return false;
  fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
  if (uv_poll_init(loop_uv(), c->poll, c->fd) != 0) {
    free(c->poll);
    c->poll = NULL;
    return false;
  }
  c->poll->data = c;
  return events == 0 || uv_poll_start(c->poll, events, fn) == 0;
}

/* Descriptor for the child at index (0 in, 1 out, 2 err); the parent's end goes to c. Gives -1 with errno. */
static int make_end(enum proc_stdio how, int index, struct channel *c) {
  int ends[2];
  if (how == PROC_NULL) return open("/dev/null", index == 0 ? O_RDONLY | O_CLOEXEC : O_WRONLY | O_CLOEXEC);
  if (how == PROC_INHERIT && index > 0) term_out_flush(NULL); /* ours was said before */
  if (how == PROC_INHERIT) return fcntl(index, F_DUPFD_CLOEXEC, 3);
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  c->fd = ends[index == 0 ? 1 : 0];
  return ends[index == 0 ? 0 : 1];
}

static int open_terminal(struct proc *p, const struct proc_spec *spec) {
  char name[64];
  struct termios modes;
  struct winsize size = {.ws_row = (unsigned short)spec->rows, .ws_col = (unsigned short)spec->cols};
  p->out.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (p->out.fd < 0 || grantpt(p->out.fd) != 0 || unlockpt(p->out.fd) != 0 || ptsname_r(p->out.fd, name, sizeof name) != 0) return -1;
  int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return -1;
  if (tcgetattr(fd, &modes) == 0) {
    modes.c_oflag &= ~(tcflag_t)ONLCR;
    tcsetattr(fd, TCSANOW, &modes);
  }
  ioctl(fd, TIOCSWINSZ, &size);
  p->in.fd = fcntl(p->out.fd, F_DUPFD_CLOEXEC, 3);
  return fd;
}

static bool make_ends(struct proc *p, const struct proc_spec *spec, int fd[3]) {
  if (spec->pty) {
    fd[0] = open_terminal(p, spec);
    if (fd[0] < 0) return false;
    fd[1] = fcntl(fd[0], F_DUPFD_CLOEXEC, 3);
    fd[2] = fcntl(fd[0], F_DUPFD_CLOEXEC, 3);
    return fd[1] >= 0 && fd[2] >= 0;
  }
  fd[0] = make_end(spec->in, 0, &p->in);
  if (fd[0] < 0) return false;
  fd[1] = make_end(spec->out, 1, &p->out);
  if (fd[1] < 0) return false;
  fd[2] = spec->err == PROC_JOIN ? fcntl(fd[1], F_DUPFD_CLOEXEC, 3) : make_end(spec->err, 2, &p->err);
  return fd[2] >= 0;
}

static bool watch_all(struct proc *p) {
  p->exit.fd = (int)syscall(SYS_pidfd_open, p->pid, 0); /* since Linux 5.3, and some containers refuse it */
  if (p->exit.fd < 0) p->look = loop_timer_start(LOOK_AGAIN, look_again, p);
  return (p->exit.fd < 0 || watch(&p->exit, UV_READABLE, on_exit_ready)) && (p->in.fd < 0 || watch(&p->in, 0, NULL)) &&
         (p->out.fd < 0 || watch(&p->out, UV_READABLE, on_readable)) && (p->err.fd < 0 || watch(&p->err, UV_READABLE, on_readable));
}

static int start(struct proc *p, const struct proc_spec *spec) {
  int fd[3] = {-1, -1, -1}, number = 0;
  if (!make_ends(p, spec, fd)) number = errno;
  if (!number) {
    note_pipes(p);
    struct proc_spawn plan = {.path = spec->path, .cwd = spec->cwd, .argv = spec->argv, .envp = spec->envp,
                              .fd = {fd[0], fd[1], fd[2]}, .session = spec->group || spec->pty, .terminal = spec->pty,
                              .confined = spec->confined, .no_unix = spec->no_unix, .pipes = {p->tree.pipes[0], p->tree.pipes[1]}};
    pid_t pid = proc_spawn_run(&plan, &number);
    if (number && pid < -1) waitpid(-(pid + 1), NULL, 0);
    p->pid = number ? 0 : pid;
  }
  for (int i = 0; i < 3; i++)
    if (fd[i] >= 0) close(fd[i]);
  if (!number && !watch_all(p)) number = errno ? errno : EIO;
  return number;
}

struct proc *proc_open(const struct proc_spec *spec, void (*on_change)(void *), void *arg, struct err *e) {
  struct proc *p = calloc(1, sizeof *p);
  if (!p) return err_errno(e, ENOMEM, "run", spec->path), NULL;
  p->in.p = p->out.p = p->err.p = p->exit.p = p;
  p->in.fd = p->out.fd = p->err.fd = p->exit.fd = -1;
  p->group = spec->group || spec->pty;
  p->pty = spec->pty;
  p->leave = spec->leave;
  int number = start(p, spec);
  if (number) {
    struct stat st;
    bool folder = spec->cwd && (stat(spec->cwd, &st) != 0 || !S_ISDIR(st.st_mode));
    if (!folder && number == EACCES && stat(spec->path, &st) == 0 && S_ISDIR(st.st_mode)) number = EISDIR;
    err_errno(e, number, folder ? "run a command in" : "run", folder ? spec->cwd : spec->path);
    if (!folder && number == ENOENT && stat(spec->path, &st) == 0) {
      err_set(e, ERR_MISSING, "run %s: the interpreter that its first line names is missing", spec->path);
    }
    proc_close(p);
    return NULL;
  }
  p->on_change = on_change;
  p->arg = arg;
  if (spec->timeout > 0) p->timeout = loop_timer_start(spec->timeout, on_timeout, p);
  return p;
}

bool proc_which(const char *name, const char *path_list, char *out, size_t size) {
  struct stat st;
  if (strchr(name, '/')) return name[0] == '/' && snprintf(out, size, "%s", name) < (int)size && access(out, X_OK) == 0;
  for (const char *p = path_list; p && *p;) {
    const char *end = strchrnul(p, ':');
    bool fits = *p == '/' && snprintf(out, size, "%.*s/%s", (int)(end - p), p, name) < (int)size;
    if (fits && stat(out, &st) == 0 && S_ISREG(st.st_mode) && access(out, X_OK) == 0) return true;
    p = *end ? end + 1 : end;
  }
  return false;
}
