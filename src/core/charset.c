/* The system's iconv over whole texts. Which set a text is in is not decided here. */
#include "charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>

#include "buf.h"

enum { CHUNK = 64 * 1024 };

int charset_convert(struct buf *out, const char *s, size_t n, const char *from, const char *to, size_t *at) {
  iconv_t set = iconv_open(to, from);
  if (set == (iconv_t)-1) return errno;
  char *in = buf_mutable(s);
  size_t left = n;
  int number = 0;
  for (bool ending = n == 0; !number;) {
    if (!buf_reserve(out, CHUNK)) {
      number = ENOMEM;
      break;
    }
    char *to_write = out->data + out->len;
    size_t room = out->cap - out->len;
    size_t lossy = iconv(set, ending ? NULL : &in, ending ? NULL : &left, &to_write, &room);
    out->len = (size_t)(to_write - out->data);
    if (lossy == (size_t)-1 && errno == E2BIG) continue;
    if (lossy != 0) number = EILSEQ; /* bytes that mean nothing, a cut character, or one that was written as another */
    else if (ending) break;
    ending = left == 0;
  }
  *at = n - left;
  iconv_close(set);
  return number;
}
