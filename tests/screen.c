/* A terminal without a window: reads what a program wrote from standard input and prints the screen that libvterm makes of it.
   Usage: screen ROWS COLUMNS    The last line says where the cursor is: "cursor ROW COLUMN", from 0. */
#include <stdio.h>
#include <stdlib.h>
#include <vterm.h>

static int put_char(uint32_t c) {
  if (c < 0x80) return putchar((int)c);
  if (c < 0x800) return printf("%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
  if (c < 0x10000) return printf("%c%c%c", 0xe0 | c >> 12, 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
  return printf("%c%c%c%c", 0xf0 | c >> 18, 0x80 | ((c >> 12) & 0x3f), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
}

int main(int argc, char **argv) {
  int rows = argc == 3 ? atoi(argv[1]) : 0, columns = argc == 3 ? atoi(argv[2]) : 0;
  if (rows < 1 || columns < 1) return fprintf(stderr, "usage: screen ROWS COLUMNS\n"), 2;
  VTerm *vt = vterm_new(rows, columns);
  VTermScreen *screen = vterm_obtain_screen(vt);
  vterm_set_utf8(vt, 1);
  vterm_screen_reset(screen, 1);
  char bytes[65536];
  for (size_t n; (n = fread(bytes, 1, sizeof bytes, stdin)) > 0;) vterm_input_write(vt, bytes, n);
  for (int row = 0; row < rows; row++) {
    int last = columns - 1;
    VTermScreenCell cell;
    for (; last >= 0; last--)
      if (vterm_screen_get_cell(screen, (VTermPos){row, last}, &cell) && cell.chars[0] && cell.chars[0] != ' ') break;
    for (int column = 0; column <= last; column++) {
      vterm_screen_get_cell(screen, (VTermPos){row, column}, &cell);
      if (cell.chars[0] == (uint32_t)-1) continue; /* the second half of a wide character */
      if (!cell.chars[0]) putchar(' ');
      for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) put_char(cell.chars[i]);
    }
    putchar('\n');
  }
  VTermPos at;
  vterm_state_get_cursorpos(vterm_obtain_state(vt), &at);
  printf("cursor %d %d\n", at.row, at.col);
  vterm_free(vt);
  return 0;
}
