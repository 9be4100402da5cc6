/* Turns md4c's callbacks into events in a buffer, so that nothing else runs while it parses. HTML is text here, and only fences make code. */
#include "markdown.h"

#include <dlfcn.h>
#include <md4c.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "library.h"

#ifndef MD4C_LIBRARY
#define MD4C_LIBRARY "libmd4c.so.0"
#endif

enum { FLAGS = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS };

typedef int parse_fn(const MD_CHAR *, MD_SIZE, const MD_PARSER *, void *);

/* Blocks, spans and texts in md4c's own order; what ends a block or span follows what begins it. */
enum { SPANS = 2 * (MD_BLOCK_TD + 1), TEXTS = SPANS + 2 * (MD_SPAN_DEL + 1) };
const char *const markdown_names[] = {
    "doc", "/doc", "quote", "/quote", "ul", "/ul", "ol", "/ol", "li", "/li", "rule", "/rule", "h", "/h", "code", "/code", "html", "/html",
    "p", "/p", "table", "/table", "thead", "/thead", "tbody", "/tbody", "tr", "/tr", "th", "/th", "td", "/td",
    "em", "/em", "strong", "/strong", "a", "/a", "img", "/img", "tt", "/tt", "del", "/del",
    "text", "null", "br", "soft", "entity", "text", "text", "text"};

static parse_fn *load(struct err *e) {
  static parse_fn *parse;
  if (parse) return parse;
  void *lib = library_open(MD4C_LIBRARY, "Markdown needs libmd4c", "libmd4c0", e);
  if (!lib) return NULL;
  void *symbol = dlsym(lib, "md_parse");
  if (!symbol) err_set(e, ERR_MISSING, "the installed %s is not usable: it has no md_parse", MD4C_LIBRARY);
  else memcpy(&parse, &symbol, sizeof parse); /* the way from an object pointer to a function that C allows */
  return parse;
}

static int add(void *out, unsigned name, const char *detail, size_t n) {
  struct markdown_head head = {name, (uint32_t)n};
  return buf_add(out, &head, sizeof head) && (n == 0 || buf_add(out, detail, n)) ? 0 : -1;
}

static int add_number(void *out, unsigned name, unsigned number) {
  char digits[16];
  return add(out, name, digits, (size_t)snprintf(digits, sizeof digits, "%u", number));
}

static int add_attribute(void *out, unsigned name, const MD_ATTRIBUTE *a) { return add(out, name, a->text, a->size); }

static int enter_block(MD_BLOCKTYPE type, void *detail, void *out) {
  static const char *const aligns[] = {"", "left", "center", "right"};
  unsigned name = 2 * (unsigned)type;
  if (type == MD_BLOCK_H) return add_number(out, name, ((MD_BLOCK_H_DETAIL *)detail)->level);
  if (type == MD_BLOCK_OL) return add_number(out, name, ((MD_BLOCK_OL_DETAIL *)detail)->start);
  if (type == MD_BLOCK_CODE) return add_attribute(out, name, &((MD_BLOCK_CODE_DETAIL *)detail)->lang);
  if (type == MD_BLOCK_LI) {
    MD_BLOCK_LI_DETAIL *item = detail;
    return add(out, name, &item->task_mark, item->is_task ? 1 : 0);
  }
  if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
    const char *align = aligns[((MD_BLOCK_TD_DETAIL *)detail)->align];
    return add(out, name, align, strlen(align));
  }
  return add(out, name, NULL, 0);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *out) {
  (void)detail;
  return add(out, 2 * (unsigned)type + 1, NULL, 0);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *out) {
  unsigned name = SPANS + 2 * (unsigned)type;
  if (type == MD_SPAN_A) return add_attribute(out, name, &((MD_SPAN_A_DETAIL *)detail)->href);
  if (type == MD_SPAN_IMG) return add_attribute(out, name, &((MD_SPAN_IMG_DETAIL *)detail)->src);
  return add(out, name, NULL, 0);
}

static int leave_span(MD_SPANTYPE type, void *detail, void *out) {
  (void)detail;
  return add(out, SPANS + 2 * (unsigned)type + 1, NULL, 0);
}

static int text(MD_TEXTTYPE type, const MD_CHAR *bytes, MD_SIZE n, void *out) {
  bool silent = type == MD_TEXT_NULLCHAR || type == MD_TEXT_BR || type == MD_TEXT_SOFTBR;
  return add(out, TEXTS + (unsigned)type, bytes, silent ? 0 : n);
}

bool markdown_parse(const char *bytes, size_t n, struct buf *out, struct err *e) {
  static const MD_PARSER parser = {.flags = FLAGS, .enter_block = enter_block, .leave_block = leave_block, .enter_span = enter_span,
                                   .leave_span = leave_span, .text = text};
  parse_fn *parse = load(e);
  if (!parse) return false;
  if (n <= UINT32_MAX && parse(bytes, (MD_SIZE)n, &parser, out) == 0) return true;
  err_set(e, ERR_TOO_LONG, "a text of %zu bytes is too long for the Markdown parser", n);
  return false;
}
