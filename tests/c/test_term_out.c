/* term_out.h: nothing is cut for a slow reader of a non-blocking descriptor, and a reader that is gone is told of. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/err.h"
#include "../../src/core/term_out.h"

enum { PIECES = 10000, PIECE = 1024 };

/* Writes 10 MB to a full pipe that does not block, then says 0 when nothing failed. */
static void write_much(int fd) {
  char piece[PIECE];
  dup2(fd, STDOUT_FILENO);
  fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
  term_out_init();
  for (int i = 0; i < PIECES; i++) {
    memset(piece, 'a' + i % 26, sizeof piece);
    term_out_write(piece, sizeof piece);
  }
  _exit(term_out_flush(NULL) ? 0 : 1);
}

static void slow_reader(void **state) {
  (void)state;
  int ends[2], status;
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) write_much(ends[1]);
  close(ends[1]);
  char bytes[700]; /* no divisor of a piece: one read at a time keeps the pipe full */
  size_t total = 0;
  for (ssize_t n; (n = read(ends[0], bytes, sizeof bytes)) > 0; total += (size_t)n)
    for (ssize_t i = 0; i < n; i++) assert_int_equal(bytes[i], 'a' + (int)((total + (size_t)i) / PIECE % 26));
  assert_int_equal(total, (size_t)PIECES * PIECE);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  close(ends[0]);
}

static void reader_gone(void **state) {
  (void)state;
  int ends[2], saved = dup(STDOUT_FILENO);
  struct err e;
  assert_int_equal(pipe(ends), 0);
  close(ends[0]);
  term_out_init();
  dup2(ends[1], STDOUT_FILENO);
  term_out_write("x", 1);
  bool ok = term_out_flush(&e);
  term_out_write("y", 1);
  bool again = term_out_flush(NULL);
  dup2(saved, STDOUT_FILENO);
  close(ends[1]);
  close(saved);
  assert_false(ok);
  assert_int_equal(e.kind, ERR_NETWORK);
  assert_string_equal(e.code, "EPIPE");
  assert_false(again);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(slow_reader), cmocka_unit_test(reader_gone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
