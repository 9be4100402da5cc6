/* fs.h: limits of reading, replacing through links, locks, trees whose links lead out. What needs processes is in tests/lua/fs.lua. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/fs.h"

static bool put(const char *path, const char *bytes, size_t n, int mode, bool sync, struct err *e) {
  struct fs_content content = {.bytes = bytes, .n = n, .sync = sync};
  return fs_write(path, &content, mode, e);
}

static int enter(void **state) {
  char folder[4096];
  const char *tmp = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/qwen-fs-XXXXXX", tmp ? tmp : "/tmp");
  *state = mkdtemp(folder) ? strdup(folder) : NULL;
  return *state ? chdir(*state) : -1;
}

static int leave(void **state) {
  struct err e;
  bool ok = chdir("/") == 0 && fs_remove_tree(*state, &e);
  free(*state);
  return ok ? 0 : -1;
}

static void limits(void **state) {
  (void)state;
  struct err e;
  struct buf b = {0};
  assert_true(put("five", "12345", 5, -1, false, &e));
  assert_true(fs_read("five", 5, &b, &e));
  assert_int_equal(b.len, 5);
  b.len = 0;
  assert_false(fs_read("five", 4, &b, &e));
  assert_int_equal(e.kind, ERR_TOO_LONG);
  assert_string_equal(e.path, "five");
  b.len = 0;
  assert_false(fs_read("/dev/zero", 100000, &b, &e));
  assert_int_equal(e.kind, ERR_TOO_LONG);
  assert_int_equal(mkfifo("pipe", 0600), 0);
  b.len = 0;
  assert_true(fs_read("pipe", 10, &b, &e));
  assert_int_equal(b.len, 0);
  assert_false(put("pipe", "x", 1, -1, false, &e));
  assert_int_equal(e.kind, ERR_USAGE);
  buf_free(&b);
}

static void modes_and_links(void **state) {
  (void)state;
  struct err e;
  struct stat st;
  mode_t mask = umask(027);
  assert_true(put("new", "", 0, 0666, true, &e));
  umask(mask);
  assert_int_equal(stat("new", &st), 0);
  assert_int_equal(st.st_mode & 07777, 0640);
  assert_true(fs_mkdir("a/b", 0755, &e));
  assert_int_equal(symlink("../new", "a/one") | symlink("a/one", "two") | symlink("b/later", "a/three"), 0);
  assert_true(put("two", "through", 7, 0600, false, &e));
  assert_true(put("a/three", "made", 4, 0600, false, &e));
  assert_true(stat("new", &st) == 0 && st.st_size == 7 && (st.st_mode & 07777) == 0640);
  assert_true(lstat("two", &st) == 0 && S_ISLNK(st.st_mode));
  assert_true(lstat("a/b/later", &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 4);
  char name[300];
  memset(name, 'n', sizeof name);
  name[299] = '\0';
  assert_false(put(name, "x", 1, -1, false, &e));
  assert_int_equal(e.kind, ERR_TOO_LONG);
  assert_false(put("a/", "x", 1, -1, false, &e));
  assert_false(put("", "x", 1, -1, false, &e));
}

static void trees(void **state) {
  (void)state;
  struct err e;
  struct stat st;
  assert_true(fs_mkdir("out/in", 0700, &e) && fs_mkdir("tree/deep/er/", 0700, &e));
  assert_true(put("out/in/kept", "k", 1, -1, false, &e));
  assert_int_equal(symlink("../../out", "tree/deep/link") | symlink("tree", "to-tree"), 0);
  assert_true(fs_remove_tree("to-tree", &e));
  assert_int_equal(stat("tree/deep/er", &st), 0);
  assert_true(fs_remove_tree("tree", &e));
  assert_int_equal(stat("tree", &st), -1);
  assert_int_equal(stat("out/in/kept", &st), 0);
  assert_false(fs_remove_tree("tree", &e));
  assert_int_equal(e.kind, ERR_MISSING);
  assert_false(fs_remove("out", &e));
  assert_int_equal(e.kind, ERR_USAGE);
  assert_false(fs_mkdir("out/in/kept/x", 0700, &e));
}

static void locks(void **state) {
  (void)state;
  struct err e;
  int a = fs_lock_open("lock", &e), b = fs_lock_open("lock", &e);
  assert_true(a >= 0 && b >= 0);
  assert_int_equal(fs_lock_try(a), 1);
  assert_int_equal(fs_lock_try(b), 0);
  close(a);
  assert_int_equal(fs_lock_try(b), 1);
  close(b);
  assert_int_equal(symlink("lock", "alias"), 0);
  assert_int_equal(fs_lock_open("alias", &e), -1);
  assert_int_equal(e.kind, ERR_DENIED);
}

static void appends(void **state) {
  (void)state;
  struct err e;
  struct buf b = {0};
  int one = fs_append_open("log", 0600, &e), two = fs_append_open("log", 0600, &e);
  assert_true(fs_append(one, "log", "a\n", 2, &e) && fs_append(two, "log", "b\n", 2, &e) && fs_append(one, "log", "c\n", 2, &e));
  assert_true(fs_read("log", 100, &b, &e));
  assert_true(b.len == 6 && memcmp(b.data, "a\nb\nc\n", 6) == 0);
  close(one);
  assert_false(fs_append(one, "log", "x", 1, &e));
  assert_string_equal(e.message, "append to log: Bad file descriptor");
  close(two);
  buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(limits), cmocka_unit_test(modes_and_links), cmocka_unit_test(trees), cmocka_unit_test(locks), cmocka_unit_test(appends),
  };
  return cmocka_run_group_tests(tests, enter, leave);
}
