/* Certificates: the system's folder of hashed names where it exists, else what curl was built for; a person's own instead or beside. */
#include "http_tls.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SET(option, value) curl->easy_setopt(easy, CURLOPT_##option, value)

/* The system's folder of certificates, if its files can be found by hash: a first request then reads one file instead of all. */
static const char *hashed_folder(void) {
  static const char folder[] = "/etc/ssl/certs";
  static int known = -1;
  if (known >= 0) return known ? folder : NULL;
  known = 0;
  DIR *d = opendir(folder);
  for (struct dirent *f; d && !known && (f = readdir(d));) known = strspn(f->d_name, "0123456789abcdef") == 8 && strcmp(f->d_name + 8, ".0") == 0;
  if (d) closedir(d);
  return known ? folder : NULL;
}

bool http_tls_set(const struct http_curl_api *curl, CURL *easy, const struct http_tls *r, struct err *e) {
  struct stat st;
  const char *folder = hashed_folder(), *file = NULL;
  if (r->insecure) {
    SET(SSL_VERIFYPEER, 0L);
    SET(SSL_VERIFYHOST, 0L);
  }
  if (r->ca) {
    if (stat(r->ca, &st) != 0) {
      err_set(e, ERR_MISSING, "the certificates '%.200s' cannot be read: correct the 'ca' setting", r->ca);
      snprintf(e->path, sizeof e->path, "%s", r->ca);
      return false;
    }
    folder = S_ISDIR(st.st_mode) ? r->ca : NULL;
    file = folder ? NULL : r->ca;
  }
  if (!r->ca && r->extra) {
    if (!folder) {
      err_set(e, ERR_MISSING, "certificates can only be added where /etc/ssl/certs has names by hash; give one file with all of them as --ca");
      return false;
    }
    file = r->extra;
  }
  if (!folder && !file) return true; /* curl's own choice: the bundle it was built for */
  SET(CAPATH, folder);
  SET(CAINFO, file);
  SET(PROXY_CAPATH, folder);
  SET(PROXY_CAINFO, file);
  return true;
}
