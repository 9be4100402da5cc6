/* hash.h: SHA-256 by the examples of FIPS 180 and at the edges of its blocks, base64 both ways, the form of a UUID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/hash.h"

static const char *sha(const void *bytes, size_t n) {
  static char hex[65];
  unsigned char digest[32];
  hash_sha256(bytes, n, digest);
  hash_hex(digest, sizeof digest, hex);
  return hex;
}

static void sha_examples(void **state) {
  (void)state;
  const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  assert_string_equal(sha("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_string_equal(sha(two, strlen(two)), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  assert_string_equal(sha("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* Every length around the blocks, folded into one digest; the value is that of sha256sum. */
static void sha_edges(void **state) {
  (void)state;
  char letters[130], all[131 * 64];
  memset(letters, 'a', sizeof letters);
  for (size_t n = 0; n <= 130; n++) memcpy(all + 64 * n, sha(letters, n), 64);
  assert_string_equal(sha(all, sizeof all), "5eee4c50e1b5ec4f1a47f34c25ca988850b49da7904f5ab1b3abc5cc0ae66ef9");
}

/* On both sides of the size from which on the processor's own instructions are used; the value is that of Python's hashlib. */
static void sha_large(void **state) {
  (void)state;
  enum { FROM = 4000, TO = 4400 };
  static char bytes[TO], all[(TO - FROM) * 64];
  for (unsigned i = 0; i < TO; i++) bytes[i] = (char)(i * 131 + i / 7);
  for (size_t n = FROM; n < TO; n++) memcpy(all + 64 * (n - FROM), sha(bytes, n), 64);
  assert_string_equal(sha(all, sizeof all), "b4e089fb6e30f39ea3b8b33461c67a8f0a5227142f368d3931643a4638cda145");
}

static void base64(void **state) {
  (void)state;
  unsigned char bytes[256], back[400];
  char text[400];
  size_t len;
  for (int i = 0; i < 256; i++) bytes[i] = (unsigned char)(255 - i);
  for (size_t n = 0; n <= sizeof bytes; n++) {
    size_t size = hash_base64(bytes, n, text);
    assert_int_equal(size, 4 * ((n + 2) / 3));
    assert_int_equal(strlen(text), size);
    assert_true(hash_unbase64(text, size, back, &len));
    assert_int_equal(len, n);
    assert_memory_equal(back, bytes, n);
  }
  static const char *const wrong[] = {"=", "==", "====", "Z", "Zg=", "Zg===", "Z=g=", "Zm8=Zm8=", "Zm 8", "Zm9v\n", "Zm9vZ"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (hash_unbase64(wrong[i], strlen(wrong[i]), back, &len)) fail_msg("taken: %s", wrong[i]);
}

static void uuids(void **state) {
  (void)state;
  char a[37], b[37];
  assert_true(hash_uuid(a) && hash_uuid(b));
  assert_string_not_equal(a, b);
  assert_int_equal(strlen(a), 36);
  assert_true(a[8] == '-' && a[13] == '-' && a[18] == '-' && a[23] == '-' && a[14] == '4' && strchr("89ab", a[19]));
  assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(sha_examples), cmocka_unit_test(sha_edges), cmocka_unit_test(sha_large), cmocka_unit_test(base64), cmocka_unit_test(uuids),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
