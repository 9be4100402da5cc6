/* See library.h. What dlopen says is the only way to tell a file that is missing from one that cannot be mapped. */
#include "library.h"

#include <dlfcn.h>
#include <string.h>

void *library_open(const char *file, const char *need, const char *package, struct err *e) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library) return library;
  const char *why = dlerror();
  if (strstr(why, "No such file")) err_set(e, ERR_MISSING, "%s, which could not be loaded (%s); install it, on Debian: apt install %s", need, why, package);
  else if (strstr(why, "Too many open files")) err_set(e, ERR_BROKEN, "%s, which could not be loaded (%s); raise the limit: ulimit -n", need, why);
  else err_set(e, ERR_BROKEN, "%s, which is installed and could not be loaded (%s); is there enough memory? see: ulimit -v", need, why);
  return NULL;
}
