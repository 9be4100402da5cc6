/* Terminal modes and their restoration. Keys are decoded in term_keys.c; what is drawn is decided in Lua.
 * Ctrl-C stays a signal, so that it reaches a program whose Lua does not come back to the loop: for this reason kitty's key
 * protocol, which turns it into bytes, is not asked for, and modifyOtherKeys only at the level that leaves it alone. */
#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "err.h"
#include "term_out.h"
#include "signals.h"

/* Bracketed paste; is modifyOtherKeys known? */
static const char enter_modes[] = "\x1b[?2004h\x1b[?4m";
static const char extended_keys[] = "\x1b[>4;1m";
/* Also what Lua may have left on: synchronized update, lines that do not wrap, focus reports, a hidden cursor, colours. */
static const char leave_modes[] = "\x1b[?2026l\x1b[?7h\x1b[?2004l\x1b[?1004l\x1b[>4m\x1b[?25h\x1b[m";

static const int fatal[] = {SIGHUP, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGTERM};
enum { FATAL_COUNT = sizeof fatal / sizeof *fatal };

static struct termios saved, raw;
static const char title_aside[] = "\x1b[22;0t", title_back[] = "\x1b[23;0t";
static volatile sig_atomic_t titled; /* the terminal's title is put aside */
static volatile sig_atomic_t taken; /* the terminal is in our modes */
static int input = -1;
static int early;                   /* bytes that were typed before the terminal was raw */
static bool dumb;                   /* knows no escape sequence */

/* Async-signal-safe. */
static void give_back(void) {
  if (!taken) return;
  taken = 0;
  if (!dumb) (void)!write(STDOUT_FILENO, leave_modes, sizeof leave_modes - 1);
  tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

bool term_dumb(void) {
  const char *name = getenv("TERM");
  return !name || !*name || strcmp(name, "dumb") == 0;
}

static void take(void) {
  taken = 1;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
  if (!dumb) term_out_write(enter_modes, sizeof enter_modes - 1);
}

/* What outlives a stop and a continue, too. */
static void give_all_back(void) {
  if (titled) (void)!write(STDOUT_FILENO, title_back, sizeof title_back - 1);
  titled = 0;
  give_back();
}

void term_keep_title(bool keep) {
  if (keep == titled) return;
  titled = keep;
  if (keep) term_out_write(title_aside, sizeof title_aside - 1);
  else term_out_write(title_back, sizeof title_back - 1);
}

static void on_fatal(int number) {
  int error = errno;
  give_all_back();
  errno = error;
  raise(number); /* the handler is gone after its first run: now the signal does what it would have done */
}

/* Only where nobody else listens: the loop and the sanitizers have handlers of their own. */
static void catch_fatal_signals(void) {
  static char stack[32 * 1024];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack}, present;
  if (sigaltstack(NULL, &present) == 0 && present.ss_flags & SS_DISABLE) sigaltstack(&alternative, NULL);
  for (int i = 0; i < FATAL_COUNT; i++) {
    struct sigaction action, mine = {.sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND | SA_ONSTACK};
    sigemptyset(&mine.sa_mask);
    if (sigaction(fatal[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL) sigaction(fatal[i], &mine, NULL);
  }
}

static void prepare(void) {
  static bool done;
  dumb = term_dumb();
  raw = saved;
  raw.c_iflag &= (tcflag_t) ~(BRKINT | ICRNL | INLCR | IGNCR | ISTRIP | IXON | PARMRK);
  raw.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | IEXTEN);
  raw.c_lflag |= ISIG | NOFLSH;
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VINTR] = 0x03;
  raw.c_cc[VQUIT] = raw.c_cc[VSUSP] = _POSIX_VDISABLE;
  if (!done) atexit(give_back), at_quick_exit(give_back);
  done = true;
  catch_fatal_signals();
  signals_last(give_all_back);
}

int term_open(struct err *e) {
  char path[256];
  if (input >= 0) return input;
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
    err_set(e, ERR_USAGE, "standard input and output are not a terminal");
    return -1;
  }
  if (ttyname_r(STDIN_FILENO, path, sizeof path) == 0) input = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (input < 0) input = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (input < 0 || tcgetattr(STDIN_FILENO, &saved) != 0) {
    err_errno(e, errno, "open", "the terminal");
    term_close();
    return -1;
  }
  prepare();
  take();
  if (ioctl(input, FIONREAD, &early) != 0 || early < 0) early = 0;
  return input;
}

size_t term_early(void) { return (size_t)early; }

void term_close(void) {
  term_out_flush(NULL);
  give_back();
  if (input >= 0) close(input);
  input = -1;
}

void term_suspend(void) {
  struct sigaction standard = {.sa_handler = SIG_DFL}, before;
  bool open = input >= 0;
  term_out_flush(NULL);
  give_back();
  sigemptyset(&standard.sa_mask);
  sigaction(SIGTSTP, &standard, &before);
  kill(0, SIGTSTP); /* with us whoever stands in the same job */
  sigaction(SIGTSTP, &before, NULL);
  if (open) take();
}

void term_retake(void) {
  if (input >= 0) take();
}

void term_ask_extended_keys(void) {
  if (taken && !dumb) term_out_write(extended_keys, sizeof extended_keys - 1);
}

void term_size(int *rows, int *columns) {
  struct winsize size = {0};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_row || !size.ws_col) ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
  const char *lines = getenv("LINES"), *cols = getenv("COLUMNS");
  *rows = size.ws_row ? size.ws_row : lines && atoi(lines) > 0 ? atoi(lines) : 24;
  *columns = size.ws_col ? size.ws_col : cols && atoi(cols) > 0 ? atoi(cols) : 80;
}
