/* fs_exact.h: no link in any component, no "..", with openat2 and step by step; writes stay in the folder that was opened. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include "../../src/core/fs_exact.h"

#define CONTENT(text) (&(struct fs_content){.bytes = text, .n = strlen(text)})
#define PLANNED(text) (&(struct fs_content){.bytes = text, .n = strlen(text), .plan = &plan})

static char root[PATH_MAX];

static const char *at(const char *name) {
  static char path[2][PATH_MAX + 64];
  static int turn;
  turn = !turn;
  snprintf(path[turn], sizeof path[turn], "%s/%s", root, name);
  return path[turn];
}

static int enter(void **state) {
  char folder[PATH_MAX];
  struct err e;
  (void)state;
  snprintf(folder, sizeof folder, "%s/qwen-exact-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  if (!mkdtemp(folder) || !realpath(folder, root)) return -1;
  return fs_mkdir(at("in/sub"), 0755, &e) && fs_mkdir(at("out"), 0755, &e) && fs_write(at("in/file"), CONTENT("inside"), -1, &e) &&
                 fs_write(at("out/file"), CONTENT("outside"), -1, &e) && symlink(at("out"), at("in/link")) == 0 &&
                 symlink(at("out/file"), at("in/filelink")) == 0
             ? 0
             : -1;
}

static int leave(void **state) {
  struct err e;
  (void)state;
  return fs_remove_tree(root, &e) ? 0 : -1;
}

static void opening(void **state) {
  static const char *const refused[] = {"in/filelink", "in/link/file", "in/../out/file", "in/./file", "in/link", "in/sub/../file"};
  (void)state;
  for (int stepwise = 0; stepwise < 2; stepwise++) {
    int fd = fs_exact_open(at("in/file"), O_RDONLY, stepwise);
    assert_true(fd >= 0);
    close(fd);
    fd = fs_exact_open("/", O_RDONLY | O_DIRECTORY, stepwise);
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) assert_int_equal(fs_exact_open(at(refused[i]), O_RDONLY, stepwise), -1);
    assert_int_equal(fs_exact_open("in/file", O_RDONLY, stepwise), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(fs_exact_open("/proc/self/root/etc", O_RDONLY, stepwise), -1);
    assert_int_equal(fs_exact_open(at("in/nothing"), O_RDONLY, stepwise), -1);
    assert_int_equal(errno, ENOENT);
  }
}

static void writing(void **state) {
  struct fs_plan plan = {.mode = 0644};
  struct buf b = {0};
  struct stat st;
  struct err e;
  (void)state;
  assert_true(fs_exact_write(at("in/new/deep/x"), PLANNED("x"), &e));
  assert_true(fs_exact_read(at("in/new/deep/x"), 10, &b, &st, &e));
  assert_int_equal(b.len, 1);
  buf_free(&b);
  assert_false(fs_exact_write(at("in/link/new"), PLANNED("x"), &e));
  assert_false(fs_exact_write(at("in/link/sub/new"), PLANNED("x"), &e));
  assert_false(fs_exact_write(at("in/filelink"), PLANNED("x"), &e));
  assert_false(fs_exact_write(at("in/.."), PLANNED("x"), &e));
  assert_int_equal(access(at("out/new"), F_OK), -1);
  assert_int_equal(access(at("out/sub"), F_OK), -1);
  plan.fresh = true;
  assert_false(fs_exact_write(at("in/file"), PLANNED("x"), &e));
  assert_string_equal(e.code, "EEXIST");
  plan = (struct fs_plan){.mode = -1, .same = true, .dev = st.st_dev, .ino = st.st_ino};
  assert_false(fs_exact_write(at("in/file"), PLANNED("x"), &e));
  assert_true(fs_exact_write(at("in/new/deep/x"), PLANNED("y"), &e));
  assert_false(fs_exact_remove(at("in/link/file"), NULL, &e));
  assert_true(fs_exact_remove(at("in/new/deep/x"), NULL, &e));
  assert_true(fs_exact_read(at("out/file"), 10, &b, NULL, &e));
  assert_int_equal(b.len, 7);
  buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(opening), cmocka_unit_test(writing)};
  return cmocka_run_group_tests(tests, enter, leave);
}
