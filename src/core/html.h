/* HTML as a tree that is walked step by step: parsed by gumbo, which is loaded when first needed. What
 * becomes of a tag is not its business. Work and memory are bounded, whatever a page holds; the walk is
 * linear and has no recursion. */
#ifndef QWEN_HTML_H
#define QWEN_HTML_H
#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct html; /* owns all memory of the tree, until html_free */

enum html_step { HTML_END, HTML_OPEN, HTML_CLOSE, HTML_TEXT, HTML_NO_MEMORY };

/* UTF-8 in; the text may go afterwards. NULL and *e: no library (missing), or a page that costs too much
 * to read (too_long). */
struct html *html_parse(const char *text, size_t n, struct err *e);
void html_free(struct html *h);
/* The next step, in the order of the page: a tag's name in small letters, "" for an unknown one; or a
 * text, entities resolved. */
enum html_step html_next(struct html *h, const char **what);
/* Leaves out what is in the element that was opened last: its end is next. */
void html_skip(struct html *h);
/* Of the innermost open element; NULL where it has none of that name. */
const char *html_attribute(const struct html *h, const char *name);
/* Whether a tag of these names, separated by spaces, is anywhere in the innermost open element. */
enum html_step html_holds(struct html *h, const char *names, bool *found);
#endif
