/* A terminal without a window: reads what a program wrote from standard input and prints the screen that libvterm makes of it.
   Usage: screen ROWS COLUMNS [all]    all: before it the lines that were scrolled off. The last line says where the cursor is:
   "cursor ROW COLUMN", from 0. In the input "ESC_size ROWS COLUMNS ESC\" changes the size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

static int put_char(uint32_t c) {
  if (c < 0x80) return putchar((int)c);
  if (c < 0x800) return printf("%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
  if (c < 0x10000) return printf("%c%c%c", 0xe0 | c >> 12, 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
  return printf("%c%c%c%c", 0xf0 | c >> 18, 0x80 | ((c >> 12) & 0x3f), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
}

static int put_line(int columns, const VTermScreenCell *cells, void *user) {
  (void)user;
  while (columns > 0 && (!cells[columns - 1].chars[0] || cells[columns - 1].chars[0] == ' ')) columns--;
  for (int column = 0; column < columns; column++) {
    const uint32_t *chars = cells[column].chars;
    if (chars[0] == (uint32_t)-1) continue; /* the second half of a wide character */
    if (!chars[0]) putchar(' ');
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && chars[i]; i++) put_char(chars[i]);
  }
  putchar('\n');
  return 1;
}

static void put_screen(VTerm *vt, VTermScreen *screen) {
  int rows, columns;
  vterm_get_size(vt, &rows, &columns);
  VTermScreenCell *cells = calloc((size_t)columns, sizeof *cells);
  for (int row = 0; cells && row < rows; row++) {
    for (int column = 0; column < columns; column++) vterm_screen_get_cell(screen, (VTermPos){row, column}, &cells[column]);
    put_line(columns, cells, NULL);
  }
  free(cells);
  VTermPos at;
  vterm_state_get_cursorpos(vterm_obtain_state(vt), &at);
  printf("cursor %d %d\n", at.row, at.col);
}

/* Bytes up to a change of the size; how many, with the change. */
static size_t feed(VTerm *vt, const char *bytes, size_t n) {
  static const char mark[] = "\x1b_size ";
  int rows, columns, used = 0;
  const char *change = memmem(bytes, n, mark, sizeof mark - 1);
  size_t plain = change ? (size_t)(change - bytes) : n;
  for (size_t at = 0, most = 4096; at < plain; at += most) /* libvterm keeps a run of text on its stack */
    vterm_input_write(vt, bytes + at, plain - at < most ? plain - at : most);
  if (!change) return n;
  if (sscanf(change + sizeof mark - 1, "%d %d\x1b\\%n", &rows, &columns, &used) < 2 || !used || rows < 1 || columns < 1) exit(2);
  vterm_set_size(vt, rows, columns);
  return plain + sizeof mark - 1 + (size_t)used;
}

int main(int argc, char **argv) {
  static const VTermScreenCallbacks scrolled = {.sb_pushline = put_line};
  int rows = argc >= 3 ? atoi(argv[1]) : 0, columns = argc >= 3 ? atoi(argv[2]) : 0;
  if (rows < 1 || columns < 1 || argc > 4) return fprintf(stderr, "usage: screen ROWS COLUMNS [all]\n"), 2;
  VTerm *vt = vterm_new(rows, columns);
  VTermScreen *screen = vterm_obtain_screen(vt);
  vterm_set_utf8(vt, 1);
  if (argc == 4) vterm_screen_set_callbacks(screen, &scrolled, NULL);
  vterm_screen_reset(screen, 1);
  size_t len = 0, cap = 1 << 20;
  char *bytes = malloc(cap + 1);
  for (size_t n; bytes && (n = fread(bytes + len, 1, cap - len, stdin)) > 0;)
    if ((len += n) == cap) bytes = realloc(bytes, (cap *= 2) + 1);
  if (!bytes) return 1;
  bytes[len] = 0;
  for (size_t at = 0; at < len;) at += feed(vt, bytes + at, len - at);
  put_screen(vt, screen);
  free(bytes);
  vterm_free(vt);
  return 0;
}
