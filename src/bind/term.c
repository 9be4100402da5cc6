/* `sys.term`: the terminal as events that a task waits for, and the layout arithmetic of text. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "../core/term_keys.h"
#include "../core/loop.h"
#include "../core/term_out.h"
#include "../core/signals.h"
#include "../core/term.h"
#include "../core/term_width.h"
#include "bind.h"

enum { UNREAD_MAX = 1024 * 1024 };

static const char *const decoder_class = "sys.term.decoder";

/* The one terminal of the process. The handle is the loop's once it is closed. */
static struct {
  uv_poll_t *poll;
  int fd;
  size_t early;
  struct term_keys keys;
  struct loop_timer *patience;
  bool gone, resized;
  int interrupts;
  struct waiter readers, writers;
} tty;

static void free_handle(uv_handle_t *h) { free(h); }

static void stop_patience(void) {
  if (tty.patience) loop_timer_stop(tty.patience);
  tty.patience = NULL;
}

static void lost_patience(void *arg) {
  (void)arg;
  tty.patience = NULL;
  term_keys_flush(&tty.keys);
  waiter_wake(&tty.readers);
}

static void readable(uv_poll_t *handle, int status, int events) {
  char bytes[64 * 1024];
  (void)events;
  ssize_t n = status < 0 ? 0 : read(tty.fd, bytes, sizeof bytes);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  for (ssize_t i = 0; i < n && tty.early > 0; i++, tty.early--)
    if (bytes[i] == '\n') bytes[i] = '\r';
  for (ssize_t i = 0; i < n && term_dumb(); i++)
    if (bytes[i] == '\n') bytes[i] = '\r'; /* an editor's shell window sends whole lines */
  tty.gone = n <= 0 || !term_keys_feed(&tty.keys, bytes, (size_t)n);
  /* Nobody may be reading keys now: the rest waits in the terminal. */
  if (tty.gone || tty.keys.in.len > UNREAD_MAX) uv_poll_stop(handle);
  stop_patience();
  waiter_wake(&tty.readers);
}

/* -- signals as events ---------------------------------------------------------------------------------------------- */

static void on_signal(int number) {
  if (number == SIGINT) tty.interrupts++;
  else tty.resized = true; /* after a stop the screen is anybody's */
  if (number == SIGTSTP) term_suspend();
  if (number == SIGCONT) term_retake();
  waiter_wake(&tty.readers);
}

/* Who watched a signal before gets it back when the terminal is closed. Who took it over meanwhile keeps it, also when the terminal is
 * opened again behind an editor or a pager. */
static struct {
  int number;
  bool theirs;
  signals_fn before;
} watched[] = {{SIGINT, false, NULL}, {SIGWINCH, false, NULL}, {SIGTSTP, false, NULL}, {SIGCONT, false, NULL}};

static void watch(void) {
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
    if (watched[i].theirs) continue;
    watched[i].before = signals_watcher(watched[i].number);
    signals_watch(watched[i].number, on_signal);
  }
}

static void unwatch(void) {
  for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
    watched[i].theirs = signals_watcher(watched[i].number) != on_signal;
    if (!watched[i].theirs) signals_watch(watched[i].number, watched[i].before);
  }
}

/* -- open and close ------------------------------------------------------------------------------------------------- */

static void close_terminal(void) {
  if (!tty.poll) return;
  stop_patience();
  uv_close((uv_handle_t *)tty.poll, free_handle);
  tty.poll = NULL;
  unwatch();
  term_out_detach();
  term_close();
  term_keys_free(&tty.keys);
  tty.keys = (struct term_keys){0};
  tty.gone = true;
  waiter_wake(&tty.readers);
}

static int l_term_open(lua_State *L) {
  struct err e;
  if (!tty.poll) {
    tty.fd = term_open(&e);
    if (tty.fd < 0) return bind_fail(L, &e);
    tty.early = term_early();
    tty.poll = malloc(sizeof *tty.poll);
    if (!tty.poll || uv_poll_init(loop_uv(), tty.poll, tty.fd) != 0) {
      free(tty.poll);
      tty.poll = NULL;
      term_close();
      return luaL_error(L, "cannot watch the terminal: not enough memory or descriptors");
    }
    uv_poll_start(tty.poll, UV_READABLE, readable);
    term_out_attach(waiter_wake_arg, &tty.writers);
    tty.gone = tty.resized = false;
    tty.interrupts = 0;
    watch();
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int l_term_close(lua_State *L) {
  (void)L;
  close_terminal();
  return 0;
}

/* The end of the state closes the terminal with it. */
static int at_end(lua_State *L) { return l_term_close(L); }

/* -- events --------------------------------------------------------------------------------------------------------- */

static void set_field(lua_State *L, const char *field, const char *text, size_t n) {
  lua_pushlstring(L, text, n);
  lua_setfield(L, -2, field);
}

static int push_simple(lua_State *L, const char *type, const char *key) {
  lua_createtable(L, 0, 2);
  set_field(L, "type", type, strlen(type));
  if (key) set_field(L, "key", key, strlen(key));
  return 1;
}

static int push_event(lua_State *L, const struct term_keys_event *e) {
  static const char *const types[] = {"key", "paste", "focus", "reply"};
  push_simple(L, types[e->type], e->name[0] ? e->name : NULL);
  if (e->text) set_field(L, "text", e->text, e->len);
  if (e->cut) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "cut");
  }
  return 1;
}

/* The next key, after what was read; starts the timer that tells a lone Esc from the beginning of a sequence. */
static bool next_key(struct term_keys_event *e) {
  if (term_keys_next(&tty.keys, e)) return true;
  double patience = term_keys_patience(&tty.keys);
  if (patience > 0 && !tty.patience) tty.patience = loop_timer_start(patience, lost_patience, NULL);
  if (!tty.gone && !uv_is_active((uv_handle_t *)tty.poll)) uv_poll_start(tty.poll, UV_READABLE, readable);
  return false;
}

static int key_k(lua_State *L, int status, lua_KContext ctx) {
  struct term_keys_event e;
  (void)status;
  if (!tty.poll) {
    lua_pushnil(L);
  } else if (tty.interrupts > 0) {
    tty.interrupts--;
    push_simple(L, "key", "ctrl-c");
  } else if (tty.resized) {
    tty.resized = false;
    push_simple(L, "resize", NULL);
  } else if (next_key(&e)) {
    push_event(L, &e);
    if (e.type == TERM_KEYS_REPLY && e.len > 2 && memcmp(e.text, "[>4", 3) == 0 && e.text[e.len - 1] == 'm') term_ask_extended_keys();
  } else if (!tty.gone && !task_expired()) {
    return task_wait(L, &tty.readers, ctx, key_k);
  } else {
    lua_pushnil(L);
  }
  task_deadline_clear();
  return 1;
}

static int l_term_key(lua_State *L) {
  if (!tty.poll) return luaL_error(L, "the terminal is not open: call open first");
  if (!lua_isnoneornil(L, 1)) task_deadline(L, luaL_checknumber(L, 1));
  return key_k(L, LUA_OK, 0);
}

static int l_term_behind(lua_State *L) {
  lua_pushboolean(L, term_out_behind());
  return 1;
}

static int catch_up_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  return term_out_behind() ? task_wait(L, &tty.writers, ctx, catch_up_k) : 0;
}

static int l_term_catch_up(lua_State *L) { return catch_up_k(L, LUA_OK, 0); }

static int l_term_suspend(lua_State *L) {
  (void)L;
  term_suspend();
  tty.resized = true;
  return 0;
}

static int l_term_keep_title(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  term_keep_title(lua_toboolean(L, 1));
  return 0;
}

static int l_term_size(lua_State *L) {
  int rows, columns;
  term_size(&rows, &columns);
  lua_pushinteger(L, rows);
  lua_pushinteger(L, columns);
  return 2;
}

/* -- the decoder alone ---------------------------------------------------------------------------------------------- */

static int decoder_gc(lua_State *L) {
  term_keys_free(luaL_checkudata(L, 1, decoder_class));
  return 0;
}

static int decode_bytes(lua_State *L) {
  struct term_keys *k = lua_touserdata(L, lua_upvalueindex(1));
  struct term_keys_event e;
  size_t n;
  if (lua_isnoneornil(L, 1)) {
    term_keys_flush(k);
  } else {
    const char *bytes = luaL_checklstring(L, 1, &n);
    if (!term_keys_feed(k, bytes, n)) return luaL_error(L, "not enough memory for %d bytes of keys", (int)n);
  }
  lua_newtable(L);
  for (lua_Integer i = 1; term_keys_next(k, &e); i++) {
    push_event(L, &e);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int l_term_decode(lua_State *L) {
  bind_new(L, sizeof(struct term_keys), decoder_class);
  lua_pushcclosure(L, decode_bytes, 1);
  return 1;
}

/* -- layout --------------------------------------------------------------------------------------------------------- */

static int l_term_width(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  lua_pushinteger(L, (lua_Integer)term_width_of(s, n));
  return 1;
}

static int next_grapheme(lua_State *L) {
  size_t n;
  const char *s = lua_tolstring(L, lua_upvalueindex(1), &n);
  size_t at = (size_t)lua_tointeger(L, lua_upvalueindex(2));
  int columns;
  size_t len = term_width_next(s + at, n - at, &columns);
  if (len == 0) return 0;
  lua_pushinteger(L, (lua_Integer)(at + len));
  lua_replace(L, lua_upvalueindex(2));
  lua_pushinteger(L, (lua_Integer)at + 1);
  lua_pushinteger(L, (lua_Integer)(at + len));
  lua_pushinteger(L, columns);
  return 3;
}

static int l_term_graphemes(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_grapheme, 2);
  return 1;
}

static size_t check_columns(lua_State *L, int index) {
  lua_Integer columns = luaL_checkinteger(L, index);
  return columns < 0 ? 0 : (size_t)columns;
}

static int l_term_cut(lua_State *L) {
  size_t n, used;
  const char *s = luaL_checklstring(L, 1, &n);
  size_t len = term_width_cut(s, n, check_columns(L, 2), &used);
  if (len == n) lua_pushvalue(L, 1);
  else lua_pushlstring(L, s, len);
  lua_pushinteger(L, (lua_Integer)used);
  return 2;
}

static int l_term_wrap(lua_State *L) {
  size_t n, next = 0;
  const char *s = luaL_checklstring(L, 1, &n);
  size_t columns = check_columns(L, 2);
  lua_newtable(L);
  for (lua_Integer i = 1; i == 1 || n > 0; i++) {
    size_t len = term_width_line(s, n, columns, &next);
    lua_pushlstring(L, s, len);
    lua_rawseti(L, -2, i);
    s += next;
    n -= next;
  }
  return 1;
}

int open_term(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"open", l_term_open},   {"close", l_term_close},         {"key", l_term_key}, {"suspend", l_term_suspend}, {"size", l_term_size},
      {"keep_title", l_term_keep_title},
      {"decode", l_term_decode}, {"width", l_term_width}, {"graphemes", l_term_graphemes}, {"cut", l_term_cut},   {"wrap", l_term_wrap},
      {"behind", l_term_behind}, {"catch_up", l_term_catch_up}, {NULL, NULL}};
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  bind_class(L, decoder_class, no_methods, decoder_gc);
  bind_class(L, "sys.term.end", no_methods, at_end);
  luaL_newlib(L, functions);
  bind_new(L, 1, "sys.term.end");
  lua_setfield(L, LUA_REGISTRYINDEX, "sys.term.end");
  return 1;
}
