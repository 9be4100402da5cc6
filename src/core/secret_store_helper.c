/* A program of the user's own, spoken to as docker speaks to its credential helpers: the verb as last argument, the rest over pipes. Never
 * through a shell, never with a secret in its arguments. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "secret_seal.h"
#include "proc_spawn.h"
#include "secret_store.h"

enum { ANSWER_MAX = 1 << 20, WORDS_MAX = 200 };
extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Writes all of in and reads all of out until both ends are closed. Words for a failure, or NULL. */
static const char *talk(int to, int from, const struct buf *in, struct buf *out, double until) {
  size_t written = 0;
  char part[4096];
  const char *why = NULL;
  while (!why) {
    double left = until - now();
    struct pollfd fds[2] = {{from, POLLIN, 0}, {to, POLLOUT, 0}};
    if (left <= 0) return "did not answer in time";
    if (poll(fds, to >= 0 ? 2 : 1, (int)(left * 1000) + 1) < 0 && errno != EINTR) return "could not be waited for";
    if (to >= 0 && fds[1].revents) {
      ssize_t n = write(to, in->data + written, in->len - written);
      if (n > 0) written += (size_t)n;
      if (written == in->len || (n < 0 && errno != EINTR && errno != EAGAIN)) close(to), to = -1; /* a reader that left says why itself */
    }
    if (!fds[0].revents) continue;
    ssize_t n = read(from, part, sizeof part);
    if (n == 0) break;
    if (n > 0 && (out->len + (size_t)n > ANSWER_MAX || !buf_add(out, part, (size_t)n))) why = "answered too much";
    if (n < 0 && errno != EINTR && errno != EAGAIN) why = "could not be read from";
  }
  explicit_bzero(part, sizeof part);
  if (to >= 0) close(to);
  return why;
}

struct pipes {
  int in[2], out[2], nowhere;
};

static void shut(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Descriptors above 2, as proc_spawn_run wants them. */
static bool open_pipes(struct pipes *p) {
  *p = (struct pipes){{-1, -1}, {-1, -1}, -1};
  if (pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 && (p->nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)) >= 0) {
    fcntl(p->in[1], F_SETFL, O_NONBLOCK);
    return true;
  }
  for (int i = 0; i < 2; i++) shut(&p->in[i]), shut(&p->out[i]);
  return false;
}

/* Runs the helper with one verb; *code is how it ended. */
static bool run(struct secret_store_call *c, const char *verb, const struct buf *in, struct buf *out, int *code) {
  size_t count = 0;
  struct pipes p;
  int number = 0;
  while (c->argv && c->argv[count]) count++;
  if (count == 0 || c->argv[0][0] != '/') {
    err_set(&c->e, ERR_USAGE, "the setting security.credentials.helper must be a list that begins with the absolute path of a program");
    return false;
  }
  char **argv = calloc(count + 2, sizeof *argv);
  if (!argv || !open_pipes(&p)) {
    free(argv);
    return err_errno(&c->e, argv ? errno : ENOMEM, "run", c->argv[0]), false;
  }
  for (size_t i = 0; i < count; i++) argv[i] = c->argv[i];
  argv[count] = buf_mutable(verb);
  struct proc_spawn plan = {.path = argv[0], .argv = argv, .envp = environ, .fd = {p.in[0], p.out[1], p.nowhere}, .session = true};
  pid_t pid = proc_spawn_run(&plan, &number);
  if (pid < -1) waitpid(-(pid + 1), NULL, 0);
  shut(&p.in[0]), shut(&p.out[1]), shut(&p.nowhere);
  const char *why = NULL;
  if (pid > 0) {
    why = talk(p.in[1], p.out[0], in, out, now() + c->seconds);
    p.in[1] = -1;
    if (why) kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
  shut(&p.in[1]), shut(&p.out[0]);
  free(argv);
  if (pid <= 0) return err_errno(&c->e, number, "run", c->argv[0]), false;
  if (why) err_set(&c->e, ERR_BROKEN, "the credential helper %.200s %s", c->argv[0], why);
  return !why;
}

/* Whether some part of what it said stands in what we gave it. */
static bool repeats(const struct secret_store_call *c, const char *said, size_t n) {
  enum { PART = 8 };
  for (size_t i = 0; c->value.len >= PART && i + PART <= n; i++)
    if (memmem(c->value.data, c->value.len, said + i, PART)) return true;
  return false;
}

/* What it said when it failed, on one line; nothing when a secret may be in it. */
static bool failed(struct secret_store_call *c, const char *verb, struct buf *out) {
  char words[WORDS_MAX + 1];
  const char *said = out->data ? out->data : "";
  size_t n = out->len < WORDS_MAX ? out->len : WORDS_MAX;
  if (memmem(said, out->len, "credentials not found", 21)) return secret_store_no_entry(c);
  if (repeats(c, said, n)) n = 0;
  for (size_t i = 0; i < n; i++) words[i] = (unsigned char)said[i] < ' ' || said[i] == 0x7f ? ' ' : said[i];
  words[n] = '\0';
  err_set(&c->e, ERR_BROKEN, "the credential helper %.200s failed at %s%s%s", c->argv[0], verb, n ? ": " : "", words);
  return false;
}

static bool add_text(struct buf *out, const char *p, size_t n) { /* between the quotes of JSON */
  bool ok = true;
  for (size_t i = 0; i < n; i++) {
    unsigned char ch = (unsigned char)p[i];
    if (ch == '"' || ch == '\\') ok &= buf_addc(out, '\\') && buf_addc(out, (char)ch);
    else if (ch < ' ') ok &= buf_addf(out, "\\u%04x", ch);
    else ok &= buf_addc(out, (char)ch);
  }
  return ok;
}

static bool url_of(const struct secret_store_call *c, struct buf *out) { return buf_adds(out, "qwen://") && buf_adds(out, c->key); }

static bool helper_put(struct secret_store_call *c) {
  struct buf in = {0}, url = {0}, out = {0};
  int code = 0;
  bool ok = url_of(c, &url) && buf_reserve(&in, 6 * (c->value.len + url.len) + 80) && buf_adds(&in, "{\"ServerURL\":\"") && add_text(&in, url.data, url.len) &&
            buf_adds(&in, "\",\"Username\":\"qwen\",\"Secret\":\"") && add_text(&in, c->value.data, c->value.len) && buf_adds(&in, "\"}\n");
  if (!ok) err_set(&c->e, ERR_BROKEN, "out of memory");
  ok = ok && run(c, "store", &in, &out, &code) && (code == 0 || failed(c, "store", &out));
  buf_wipe(&in);
  buf_free(&url);
  buf_wipe(&out);
  return ok;
}

static bool helper_get(struct secret_store_call *c) {
  static const char *const names[] = {"Secret"};
  struct buf in = {0}, out = {0};
  struct secret_seal sealed;
  int code = 0;
  bool ok = url_of(c, &in) && buf_addc(&in, '\n') && buf_reserve(&out, 65536) && run(c, "get", &in, &out, &code) && (code == 0 || failed(c, "get", &out));
  if (ok && secret_seal_json(out.data, out.len, names, 1, &sealed, &c->e)) {
    ok = sealed.count == 1 && buf_add(&c->value, sealed.values[0].data, sealed.values[0].len);
    if (!ok) err_set(&c->e, ERR_PROTOCOL, "the credential helper %.200s gave no Secret", c->argv[0]);
    secret_seal_free(&sealed);
  } else if (ok) {
    err_set(&c->e, ERR_PROTOCOL, "the credential helper %.200s did not answer as one", c->argv[0]);
    ok = false;
  }
  buf_free(&in);
  buf_wipe(&out);
  return ok;
}

static bool helper_remove(struct secret_store_call *c) {
  struct buf in = {0}, out = {0};
  int code = 0;
  bool ok = helper_get(c); /* many helpers say nothing about what was not there */
  buf_wipe(&c->value);
  ok = ok && url_of(c, &in) && buf_addc(&in, '\n') && run(c, "erase", &in, &out, &code) && (code == 0 || failed(c, "erase", &out));
  buf_free(&in);
  buf_wipe(&out);
  return ok;
}

const struct secret_store secret_store_helper = {"helper", helper_get, helper_put, helper_remove};
