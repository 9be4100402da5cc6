/* Certificates: the system's folder of hashed names where it exists, else what curl was built for; those of the user instead or beside. */
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

static bool is_there(const char *path, const char *what, struct err *e) {
  struct stat st;
  if (stat(path, &st) == 0) return true;
  err_set(e, ERR_MISSING, "the %s '%.200s' cannot be read: correct its setting", what, path);
  snprintf(e->path, sizeof e->path, "%s", path);
  return false;
}

/* Our own certificate, shown to a server that asks for one. */
static bool set_own(const struct http_curl_api *curl, CURL *easy, const struct http_tls *r, struct err *e) {
  const char *key = r->key ? r->key : r->cert;
  if (!is_there(r->cert, "client certificate", e) || !is_there(key, "key of the client certificate", e)) return false;
  SET(SSLCERT, r->cert);
  SET(SSLKEY, key);
  SET(KEYPASSWD, r->password ? r->password : ""); /* without one OpenSSL would ask at the terminal */
  return true;
}

bool http_tls_set(const struct http_curl_api *curl, CURL *easy, const struct http_tls *r, struct err *e) {
  struct stat st;
  const char *folder = hashed_folder(), *file = NULL;
  if (r->cert && !set_own(curl, easy, r, e)) return false;
  SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* at least, whatever the system's settings allow */
  SET(PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (r->insecure) {
    SET(SSL_VERIFYPEER, 0L);
    SET(SSL_VERIFYHOST, 0L);
  }
  if (r->ca && r->ca[0]) {
    if (!is_there(r->ca, "file of certificates", e)) return false;
    folder = stat(r->ca, &st) == 0 && S_ISDIR(st.st_mode) ? r->ca : NULL;
    file = folder ? NULL : r->ca;
  } else if (r->ca) {
    folder = NULL;
  }
  if (!folder && !file && !r->pem) return true; /* curl's own choice: the bundle it was built for */
  SET(CAPATH, folder);
  SET(CAINFO, file);
  SET(PROXY_CAPATH, folder);
  SET(PROXY_CAINFO, file);
  if (r->pem) {
    struct curl_blob blob = {(void *)(size_t)r->pem, strlen(r->pem), CURL_BLOB_COPY};
    SET(CAINFO_BLOB, &blob);
    SET(PROXY_CAINFO_BLOB, &blob);
  }
  return true;
}
