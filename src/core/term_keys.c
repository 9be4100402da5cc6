/* The decoder of term_keys.h: plain characters, ECMA-48 sequences with xterm's and kitty's key forms, bracketed paste, replies.
 * It asks for nothing; which modes a terminal is in is decided in term.c. */
#include "term_keys.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

enum { ESC = 0x1b, SHIFT = 1, ALT = 2, CTRL = 4, SUPER = 8, CSI_MAX = 256, STRING_MAX = 4096, PARAMS_MAX = 6, IN_KEPT = 64 * 1024 };
enum { MORE = -1 }; /* the sequence goes on in bytes that have not come */

static const char paste_end[] = "\x1b[201~";

static void set_name(struct term_keys_event *e, int mods, const char *name) {
  snprintf(e->name, sizeof e->name, "%s%s%s%s%s", mods & SUPER ? "super-" : "", mods & CTRL ? "ctrl-" : "", mods & ALT ? "alt-" : "",
           mods & SHIFT ? "shift-" : "", name);
}

/* A key by its code: gives false for what is no key. With ctrl or alt, letters are named in lower case. */
static bool set_point(struct term_keys_event *e, int mods, uint32_t p) {
  char name[8] = "";
  const char *word = p == ' ' ? "space" : p == '\r' ? "enter" : p == '\t' ? "tab" : p == 0x7f ? "backspace" : p == ESC ? "esc" : NULL;
  if (!word && (p < 0x20 || (p >= 0x80 && p < 0xa0))) return false;
  bool upper = p >= 'A' && p <= 'Z', lower = p >= 'a' && p <= 'z';
  if (mods & (CTRL | ALT | SUPER)) {
    if (upper) mods |= SHIFT, p += 'a' - 'A';
  } else if (!word) {
    if (lower && mods & SHIFT) p -= 'a' - 'A';
    mods = 0;
  }
  size_t len = utf8_encode(p, name);
  if (len == 0) return false;
  set_name(e, mods, word ? word : name);
  if (!(mods & ~SHIFT) && (!word || p == ' ')) { /* it types itself: the name, or a space */
    e->text = word ? " " : e->name;
    e->len = len;
  }
  return true;
}

static bool set_control(struct term_keys_event *e, int mods, unsigned char c) {
  char name[2] = {0};
  if (c == '\r' || c == '\t' || c == 0x7f || c == ESC) return set_point(e, mods, c);
  if (c == 0) {
    set_name(e, mods | CTRL, "space");
  } else {
    name[0] = (char)(c < 0x1b ? c + 0x60 : c + 0x40);
    set_name(e, mods | CTRL, name);
  }
  return true;
}

/* -- CSI ------------------------------------------------------------------------------------------------------------ */

/* Numbers of a sequence; of "a:b:c" the first and, for the first parameter, the second in *shifted; of the second parameter the event. */
struct params {
  uint32_t value[PARAMS_MAX], shifted, event;
  int count;
};

static struct params read_params(const char *s, size_t n) {
  struct params p = {0};
  int part = 0;
  if (n > 0) p.count = 1;
  for (size_t i = 0; i < n; i++) {
    char c = s[i];
    if (c == ';') {
      if (p.count == PARAMS_MAX) break;
      p.count++;
      part = 0;
    } else if (c == ':') {
      part++;
    } else if (c >= '0' && c <= '9') {
      uint32_t *to = part == 0 ? &p.value[p.count - 1] : NULL;
      if (part == 1) to = p.count == 1 ? &p.shifted : p.count == 2 ? &p.event : NULL;
      if (to && *to < 0x110000) *to = *to * 10 + (uint32_t)(c - '0');
    }
  }
  return p;
}

/* Bits as xterm counts them from 1: shift, alt, ctrl, super, hyper, meta; locks above are no modifiers. */
static int modifiers(uint32_t value) {
  uint32_t bits = value > 0 ? value - 1 : 0;
  return (int)(bits & 0xf) | (bits & 0x20 ? ALT : 0);
}

static const char *tilde_name(uint32_t n) {
  static const char *const names[] = {
      NULL, "home", "insert", "delete", "end", "pageup", "pagedown", "home", "end", NULL, NULL, "f1", "f2", "f3", "f4", "f5", NULL, "f6",
      "f7", "f8", "f9", "f10", NULL, "f11", "f12", "f13", "f14", NULL, "f15", "f16", NULL, "f17", "f18", "f19", "f20"};
  return n < sizeof names / sizeof *names ? names[n] : NULL;
}

static const char *letter_name(char c) {
  static const char letters[] = "ABCDEFHPQRS";
  static const char *const names[] = {"up", "down", "right", "left", "begin", "end", "home", "f1", "f2", "f3", "f4"};
  const char *found = c ? strchr(letters, c) : NULL;
  return found ? names[found - letters] : NULL;
}

/* kitty's codes for keys without a character; those of modifier and lock keys alone are no events. */
static bool set_kitty(struct term_keys_event *e, int mods, const struct params *p) {
  static const char pad[] = "0123456789./*-+";
  static const char *const keys[] = {"enter", "=", ",", "left", "right", "up", "down",
                                     "pageup", "pagedown", "home", "end", "insert", "delete", "begin"};
  uint32_t code = p->value[0];
  if (p->event == 3) return false; /* released */
  if (code >= 57399 && code < 57414) return set_point(e, mods, (unsigned char)pad[code - 57399]);
  if (code >= 57414 && code <= 57427) {
    set_name(e, mods, keys[code - 57414]);
    return true;
  }
  if (code >= 57344 && code <= 63743) return false;
  if (mods & SHIFT && p->shifted > 0x20 && !(mods & (CTRL | ALT | SUPER))) code = p->shifted;
  return set_point(e, mods, code);
}

static bool set_reply(struct term_keys_event *e, const char *s, size_t n) {
  e->type = TERM_KEYS_REPLY;
  e->text = s;
  e->len = n;
  return true;
}

/* s: after ESC, "[" to the final byte. Gives false when it means nothing to us. */
static bool read_csi(struct term_keys *k, struct term_keys_event *e, const char *s, size_t n) {
  char final = s[n - 1];
  bool private = n > 2 && s[1] >= '<' && s[1] <= '?';
  struct params p = read_params(s + 1, n - 2);
  int mods = modifiers(p.value[1]);
  if (memchr(s + 1, '$', n - 2) || private || strchr("cnt", final)) return strchr("Mm", final) && s[1] == '<' ? false : set_reply(e, s, n);
  if (final == 'R' && !(p.value[0] == 1 && p.value[1] >= 2 && p.value[1] <= 16)) return set_reply(e, s, n);
  if (final == 'u') return set_kitty(e, mods, &p);
  if (final == 'Z') return set_name(e, mods | SHIFT, "tab"), true;
  if ((final == 'I' || final == 'O') && p.count == 0) {
    e->type = TERM_KEYS_FOCUS;
    strcpy(e->name, final == 'I' ? "in" : "out");
    return true;
  }
  if (final == '~' && p.value[0] == 27 && p.count >= 3) return set_point(e, mods, p.value[2]);
  if (final == '~' && p.value[0] == 200) return k->pasting = true, false;
  const char *name = final == '~' ? tilde_name(p.value[0]) : letter_name(final);
  if (!name) return false;
  set_name(e, mods, name);
  return true;
}

/* Length of the sequence that ESC [ begins, or MORE. */
static int csi_length(const char *s, size_t n) {
  size_t i = 2;
  if (n > 2 && s[2] == '[') return n == 3 ? MORE : s[3] >= 'A' && s[3] <= 'E' ? 4 : 3; /* function keys of the Linux console */
  while (i < n && i < CSI_MAX && s[i] >= 0x20 && s[i] < 0x40) i++;
  if (i == CSI_MAX) return CSI_MAX;
  if (i == n) return MORE;
  return s[i] >= 0x40 && s[i] < 0x7f ? (int)i + 1 : (int)i; /* a byte that cannot be there ends it and is read again */
}

/* -- sequences after ESC -------------------------------------------------------------------------------------------- */

/* Whether ESC and this begin a string of the terminal, not a key typed with alt. */
static bool opens_string(char kind, char next) {
  if (kind == ']') return next >= '0' && next <= '9';
  if (kind == 'P') return (next >= '0' && next <= '9') || (next && strchr("$>+!|", next));
  return kind == '_' && next == 'G';
}

/* Takes ESC ] .. ESC \ or BEL; a line end, another sequence or too many bytes end it as well, and then it is nothing. */
static int read_string(struct term_keys_event *e, bool *have, const char *s, size_t n) {
  for (size_t i = 2; i < n && i < STRING_MAX; i++) {
    if (s[i] == '\r' || s[i] == '\n') return (int)i;
    if (s[i] == '\a') return *have = set_reply(e, s + 1, i - 1), (int)i + 1;
    if (s[i] != ESC) continue;
    if (i + 1 == n) return MORE;
    if (s[i + 1] != '\\') return (int)i;
    return *have = set_reply(e, s + 1, i - 1), (int)i + 2;
  }
  return n < STRING_MAX ? MORE : STRING_MAX;
}

/* ESC and one key: that key with alt. */
static int read_alt(struct term_keys_event *e, bool *have, const char *s, size_t n) {
  uint32_t p;
  unsigned char c = (unsigned char)s[1];
  if (c < 0x20 || c == 0x7f) return *have = set_control(e, ALT, c), 2;
  size_t len = utf8_decode(s + 1, n - 1, &p);
  if (len == 0) return utf8_open(s + 1, n - 1) ? MORE : 1 + (int)utf8_bad(s + 1, n - 1);
  *have = set_point(e, ALT, p);
  return 1 + (int)len;
}

static int read_escape(struct term_keys *k, struct term_keys_event *e, bool *have, const char *s, size_t n) {
  if (n == 1) return MORE;
  if (s[1] == ESC) return *have = set_point(e, 0, ESC), 1;
  if (s[1] == '[') {
    int len = csi_length(s, n);
    if (len == 4 && s[2] == '[') {
      char name[] = {'f', (char)('1' + s[3] - 'A'), '\0'};
      set_name(e, 0, name);
      *have = true;
    } else if (len > 2 && s[len - 1] >= 0x40 && s[len - 1] < 0x7f) {
      *have = read_csi(k, e, s + 1, (size_t)len - 1);
    }
    return len;
  }
  if (s[1] == 'O') {
    if (n == 2) return MORE;
    const char *name = s[2] == 'M' ? "enter" : letter_name(s[2]);
    if (name) return set_name(e, 0, name), *have = true, 3;
  }
  if (s[1] == ']' || s[1] == 'P' || s[1] == '_') {
    if (n == 2) return MORE;
    if (opens_string(s[1], s[2])) return read_string(e, have, s, n);
  }
  return read_alt(e, have, s, n);
}

/* -- paste ---------------------------------------------------------------------------------------------------------- */

static void paste_add(struct term_keys *k, const char *s, size_t n) {
  size_t room = TERM_KEYS_PASTE_MAX - k->paste.len;
  if (k->cut) return;
  k->cut = n > room;
  if (!buf_add(&k->paste, s, n > room ? room : n)) k->cut = true;
}

/* Line ends become \n in place; what is no UTF-8 becomes U+FFFD. */
static bool paste_done(struct term_keys *k, struct term_keys_event *e) {
  char *s = k->paste.data;
  size_t to = 0, n = k->paste.len;
  for (size_t i = 0; i < n; i++) {
    if (s[i] == '\r' && i + 1 < n && s[i + 1] == '\n') continue;
    s[to++] = s[i] == '\r' ? '\n' : s[i];
  }
  struct buf text = {0};
  if (utf8_scrub(&text, s, to) != 0) text.len = 0;
  buf_free(&k->paste);
  k->paste = text;
  e->type = TERM_KEYS_PASTE;
  e->cut = k->cut;
  e->text = text.len ? text.data : "";
  e->len = text.len;
  k->pasting = k->cut = false;
  return true;
}

static bool read_paste(struct term_keys *k, struct term_keys_event *e) {
  const size_t mark = sizeof paste_end - 1;
  while (k->at < k->in.len) {
    const char *s = k->in.data + k->at;
    size_t n = k->in.len - k->at;
    const char *esc = memchr(s, ESC, n);
    size_t before = esc ? (size_t)(esc - s) : n;
    paste_add(k, s, before);
    k->at += before;
    if (!esc) break;
    n -= before;
    if (memcmp(esc, paste_end, n < mark ? n : mark) != 0) {
      paste_add(k, esc, 1);
      k->at++;
    } else if (n >= mark) {
      k->at += mark;
      return paste_done(k, e);
    } else {
      break;
    }
  }
  return k->last && paste_done(k, e);
}

/* -- the outside ---------------------------------------------------------------------------------------------------- */

/* At the end of patience: a key that looked like the beginning of more. The rest of what is open is dropped. */
static bool settle(struct term_keys *k, struct term_keys_event *e) {
  const char *s = k->in.data + k->at;
  size_t n = k->in.len - k->at;
  bool have = false;
  if (s[0] == ESC && n == 1) have = set_point(e, 0, ESC);
  else if (s[0] == ESC && n == 2 && (unsigned char)s[1] < 0x80) read_alt(e, &have, s, n);
  k->at = k->in.len;
  return have;
}

bool term_keys_feed(struct term_keys *k, const char *bytes, size_t n) {
  buf_drop(&k->in, k->at);
  k->at = 0;
  k->last = false;
  return buf_add(&k->in, bytes, n);
}

bool term_keys_next(struct term_keys *k, struct term_keys_event *e) {
  if (!k->pasting) buf_free(&k->paste); /* of the event before */
  for (;;) {
    *e = (struct term_keys_event){.type = TERM_KEYS_KEY};
    if (k->pasting) return read_paste(k, e);
    if (k->at == k->in.len) {
      if (k->in.cap > IN_KEPT) buf_free(&k->in), k->at = 0;
      return false;
    }
    const char *s = k->in.data + k->at;
    size_t n = k->in.len - k->at;
    uint32_t p;
    bool have = false;
    int len;
    if (s[0] == ESC) {
      len = read_escape(k, e, &have, s, n);
    } else if ((unsigned char)s[0] < 0x20 || s[0] == 0x7f) {
      have = set_control(e, 0, (unsigned char)s[0]);
      len = 1;
    } else if ((len = (int)utf8_decode(s, n, &p)) > 0) {
      have = set_point(e, 0, p);
    } else {
      len = utf8_open(s, n) ? MORE : (int)utf8_bad(s, n);
    }
    if (len == MORE && !k->last) return false;
    if (len == MORE) return settle(k, e);
    k->at += (size_t)len;
    if (have) return true;
  }
}

double term_keys_patience(const struct term_keys *k) {
  size_t n = k->in.len - k->at;
  if (k->pasting) return 1.0; /* a terminal that lost the end mark must not swallow keys for ever */
  return n == 0 ? 0 : n <= 2 && k->in.data[k->at] == ESC ? 0.03 : 0.5;
}

void term_keys_flush(struct term_keys *k) { k->last = true; }

void term_keys_free(struct term_keys *k) {
  buf_free(&k->in);
  buf_free(&k->paste);
}
