/* See html.h. gumbo gets its memory here: from a list that is dropped as a whole, so neither its
 * recursive end nor what a page makes it repeat can exhaust the stack, the memory or the time. Tags are
 * told by name, because releases number them differently. */
#include "html.h"

#include <dlfcn.h>
#include <gumbo.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buf.h"
#include "library.h"

enum { MEMORY_MAX = 256 << 20, LOOKS = 64, TAGS = 512 };
#define SECONDS_MAX 2.0 /* of computing; a page of 10 MB takes a quarter of it */

#ifndef GUMBO_LIBRARIES
#define GUMBO_LIBRARIES "libgumbo.so.3", "libgumbo.so.2", "libgumbo.so.1"
#endif

struct gumbo_api {
  __typeof__(gumbo_parse_with_options) *parse;
  __typeof__(gumbo_normalized_tagname) *name;
  __typeof__(gumbo_tag_enum) *tag;
  __typeof__(gumbo_get_attribute) *attribute;
  const GumboOptions *defaults;
};

struct block { /* in front of what gumbo gets */
  _Alignas(max_align_t) struct block *previous;
  struct block *next;
  size_t size;
};

struct place { /* an open element, and the child that is next */
  const GumboNode *node;
  size_t next;
};

struct html {
  const struct gumbo_api *gumbo;
  struct block blocks; /* head of the ring */
  size_t memory, taken;
  double until;
  const GumboNode *root;
  bool begun;
  struct buf open; /* of struct place */
  jmp_buf out;     /* from an allocation that must not be */
};

static const struct gumbo_api *load(struct err *e) {
  static struct gumbo_api api;
  static bool loaded;
  static const char *const files[] = {GUMBO_LIBRARIES};
  static const char *const names[] = {"gumbo_parse_with_options", "gumbo_normalized_tagname", 
                                      "gumbo_tag_enum", "gumbo_get_attribute", "kGumboDefaultOptions"};
  void *lib = NULL, *symbols[5];
  if (loaded) return &api;
  for (size_t i = 0; !lib && i < sizeof files / sizeof *files; i++)
    lib = library_open(files[i], "web pages need libgumbo",
                       "libgumbo1 (on Debian 13: libgumbo3)", e);
  if (!lib) return NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    symbols[i] = dlsym(lib, names[i]);
    if (symbols[i]) continue;
    err_set(e, ERR_MISSING, "the installed libgumbo is not usable: it has no %s", names[i]);
    return NULL;
  }
  memcpy(&api, symbols, sizeof api); /* the way from object pointers to functions that C allows */
  loaded = true;
  return &api;
}

static double computed(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *take(void *arg, size_t n) {
  struct html *h = arg;
  if (n > MEMORY_MAX || h->memory + n > MEMORY_MAX) longjmp(h->out, 1);
  if (++h->taken % LOOKS == 0 && computed() > h->until) longjmp(h->out, 1);
  struct block *b = malloc(sizeof *b + n);
  if (!b) longjmp(h->out, 1);
  b->size = sizeof *b + n;
  h->memory += b->size;
  b->previous = &h->blocks;
  b->next = h->blocks.next;
  b->next->previous = h->blocks.next = b;
  return b + 1;
}

static void give_back(void *arg, void *bytes) {
  struct html *h = arg;
  if (!bytes) return;
  struct block *b = (struct block *)bytes - 1;
  h->memory -= b->size;
  b->previous->next = b->next;
  b->next->previous = b->previous;
  free(b);
}

/* A function of its own: what setjmp comes back to has no variables that a jump could spoil. */
static bool build(struct html *h, const char *text, size_t n) {
  GumboOptions options = *h->gumbo->defaults;
  options.allocator = take;
  options.deallocator = give_back;
  options.userdata = h;
  options.max_errors = 0;
  if (setjmp(h->out)) return false;
  h->root = h->gumbo->parse(&options, text, n)->root;
  return true;
}

struct html *html_parse(const char *text, size_t n, struct err *e) {
  const struct gumbo_api *gumbo = load(e);
  struct html *h = gumbo ? calloc(1, sizeof *h) : NULL;
  if (!h) {
    if (gumbo) err_set(e, ERR_BROKEN, "out of memory");
    return NULL;
  }
  h->gumbo = gumbo;
  h->blocks.previous = h->blocks.next = &h->blocks;
  h->until = computed() + SECONDS_MAX;
  if (n <= MEMORY_MAX && build(h, text, n)) return h;
  err_set(e, ERR_TOO_LONG,
          "a page of %zu bytes was not read: it is so long, or its tags are so nested or repeated, "
          "that reading it would take too much", n);
  html_free(h);
  return NULL;
}

void html_free(struct html *h) {
  if (!h) return;
  for (struct block *b = h->blocks.next, *next; b != &h->blocks; b = next) {
    next = b->next;
    free(b);
  }
  buf_free(&h->open);
  free(h);
}

/* -- the walk -------------------------------------------------------------------------------------- */

static struct place *innermost(const struct buf *open) {
  return open->len ? (struct place *)(void *)(open->data + open->len) - 1 : NULL;
}

static const char *name_of(const struct html *h, const GumboNode *node) {
  return h->gumbo->name(node->v.element.tag);
}

static enum html_step enter(struct html *h, struct buf *open, const GumboNode *node,
                            const char **what) {
  if (!buf_add(open, &(struct place){node, 0}, sizeof(struct place))) return HTML_NO_MEMORY;
  *what = name_of(h, node);
  return HTML_OPEN;
}

/* One step of a walk whose open elements are on the given stack; *at is the node. */
static enum html_step step(struct html *h, struct buf *open, const char **what,
                           const GumboNode **at) {
  for (;;) {
    struct place *p = innermost(open);
    if (!p) return HTML_END;
    const GumboVector *children = &p->node->v.element.children;
    if (p->next >= children->length) {
      *what = name_of(h, p->node);
      open->len -= sizeof *p;
      return HTML_CLOSE;
    }
    const GumboNode *child = *at = children->data[p->next++];
    switch (child->type) {
      case GUMBO_NODE_ELEMENT: case GUMBO_NODE_TEMPLATE: return enter(h, open, child, what);
      case GUMBO_NODE_TEXT: case GUMBO_NODE_WHITESPACE: case GUMBO_NODE_CDATA:
        *what = child->v.text.text;
        return HTML_TEXT;
      case GUMBO_NODE_DOCUMENT: case GUMBO_NODE_COMMENT: break;
    }
  }
}

enum html_step html_next(struct html *h, const char **what) {
  const GumboNode *at;
  if (h->begun) return step(h, &h->open, what, &at);
  h->begun = true;
  return enter(h, &h->open, h->root, what);
}

void html_skip(struct html *h) {
  struct place *p = innermost(&h->open);
  if (p) p->next = p->node->v.element.children.length;
}

const char *html_attribute(const struct html *h, const char *name) {
  const struct place *p = innermost(&h->open);
  if (!p) return NULL;
  const GumboAttribute *found = h->gumbo->attribute(&p->node->v.element.attributes, name);
  return found ? found->value : NULL;
}

enum html_step html_holds(struct html *h, const char *names, bool *found) {
  bool wanted[TAGS] = {false};
  const struct place *p = innermost(&h->open);
  struct buf open = {0};
  const GumboNode *at = NULL;
  const char *what;
  enum html_step s = p ? enter(h, &open, p->node, &what) : HTML_END;
  for (size_t n; *names; names += n + strspn(names + n, " ")) {
    char name[32];
    n = strcspn(names, " ");
    if (n >= sizeof name) continue;
    memcpy(name, names, n);
    name[n] = '\0';
    size_t tag = (size_t)h->gumbo->tag(name);
    if (tag < TAGS && *h->gumbo->name((GumboTag)tag)) wanted[tag] = true;
  }
  *found = false;
  while (!*found && (s == HTML_OPEN || s == HTML_CLOSE || s == HTML_TEXT)) {
    s = step(h, &open, &what, &at);
    *found = s == HTML_OPEN && (size_t)at->v.element.tag < TAGS && wanted[at->v.element.tag];
  }
  buf_free(&open);
  return s;
}
