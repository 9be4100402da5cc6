/* The table from curl's codes to kinds and advice, and the cleaning of its words. */
#include "http_error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void http_error_hide_password(char *text) {
  for (char *at = strchr(text, '@'); at; at = strchr(at + 1, '@')) {
    char *start = at;
    while (start > text && !strchr("/ '\"(", start[-1])) start--;
    if (!memchr(start, ':', (size_t)(at - start)) || at - start < 3) continue;
    memmove(start + 3, at, strlen(at) + 1);
    memcpy(start, "***", 3);
    at = start + 3;
  }
}

struct meaning {
  enum err_kind kind;
  const char *what; /* has one %s: where */
  const char *advice;
};

static struct meaning meaning_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return (struct meaning){ERR_NETWORK, "cannot find the host of %s", "check the name and the network"};
    case CURLE_COULDNT_CONNECT:
      return (struct meaning){ERR_NETWORK, "cannot connect to %s", "check that the server runs and the port is right"};
    case CURLE_OPERATION_TIMEDOUT:
      return (struct meaning){ERR_TIMEOUT, "no connection to %s in time", "check the address, the network and the proxy"};
    case CURLE_SSL_CERTPROBLEM:
      return (struct meaning){ERR_USAGE, "our own certificate for %s cannot be used", "check clientCert, clientKey and the passphrase"};
    case CURLE_SSL_CONNECT_ERROR: case CURLE_SSL_CIPHER:
      return (struct meaning){ERR_NETWORK, "no secure connection to %s", "check the address and its port"};
    case CURLE_SSL_CACERT_BADFILE:
      return (struct meaning){ERR_MISSING, "the certificates to check %s with cannot be read", "check the file given with --ca or NODE_EXTRA_CA_CERTS"};
    case CURLE_RECV_ERROR: case CURLE_SEND_ERROR: case CURLE_GOT_NOTHING: case CURLE_PARTIAL_FILE: case CURLE_HTTP2_STREAM:
    case CURLE_HTTP2: case CURLE_SEND_FAIL_REWIND:
      return (struct meaning){ERR_NETWORK, "the connection to %s was cut", "try again"};
    case CURLE_UNSUPPORTED_PROTOCOL:
      return (struct meaning){ERR_PROTOCOL, "%s answered in, or redirected to, a protocol that is not allowed", "check the address"};
    case CURLE_WEIRD_SERVER_REPLY: case CURLE_BAD_CONTENT_ENCODING: case CURLE_WRITE_ERROR:
      return (struct meaning){ERR_PROTOCOL, "the answer of %s is damaged", "check the address; does it speak HTTP?"};
    case CURLE_TOO_MANY_REDIRECTS:
      return (struct meaning){ERR_PROTOCOL, "%s redirected too often", "check the address"};
    case CURLE_OUT_OF_MEMORY:
      return (struct meaning){ERR_BROKEN, "there was not enough memory for the answer of %s", "it may be larger than it should be: check the address"};
    default:
      return (struct meaning){ERR_NETWORK, "the request to %s failed", "try again"};
  }
}

/* What a check of a certificate found, by OpenSSL's number. */
struct finding {
  long number;
  const char *what, *advice;
};

static const char *const trust_it =
    "behind a company gateway, or for a server of your own, give the certificate of its authority with --ca FILE or NODE_EXTRA_CA_CERTS=FILE";

static struct finding finding_of(long number) {
  static const char *const renew = "if the clock of this machine is right, its owner must renew it";
  static const char *const elsewhere = "check the address; something else may be answering in its place";
  const struct finding known[] = {
      {0, "is not for this host", elsewhere}, {1, "is not for this host", elsewhere}, /* names are compared by curl, which keeps its first value */
      {62, "is not for this host", elsewhere}, {64, "is not for this address", elsewhere},
      {9, "is not valid yet", "check the clock of this machine"}, {10, "has expired", renew}, {23, "was revoked", renew},
      {18, "is signed by itself", trust_it}, {19, "is signed by an authority that is not known here", trust_it},
      {2, "is signed by an authority that is not known here", trust_it}, {20, "is signed by an authority that is not known here", trust_it},
      {21, "is signed by an authority that is not known here", trust_it},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (known[i].number == number) return known[i];
  return (struct finding){number, "was refused", trust_it};
}

static bool is_certificate(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_INVALIDCERTSTATUS;
}

/* What curl says where a server ends the connection behind its handshake. */
static bool is_cut(CURLcode code) {
  return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
         code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

/* "http://host:port" of a proxy is what curl names when it connects; a refused CONNECT speaks of itself. */
static bool is_proxy(const struct http_error_cause *f) {
  if (f->code == CURLE_COULDNT_RESOLVE_PROXY || f->code == CURLE_PROXY) return true;
  if (!f->proxy[0]) return false;
  if (strstr(f->reason, "CONNECT")) return true;
  const char *host = strstr(f->proxy, "://");
  host = host ? host + 3 : f->proxy;
  const char *colon = strrchr(host, ':');
  int length = colon ? (int)(colon - host) : (int)strlen(host);
  char named[300];
  snprintf(named, sizeof named, " to %.*s port %s ", length, host, colon ? colon + 1 : "");
  return f->code == CURLE_COULDNT_CONNECT && strstr(f->reason, named);
}

/* curl does not tell why it got no socket, or could not read a file. 0: there are descriptors. */
static int no_descriptors(CURLcode code) {
  bool possible = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
                  code == CURLE_OUT_OF_MEMORY || code == CURLE_FAILED_INIT || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CONNECT_ERROR ||
                  is_certificate(code);
  int fds[2];
  if (!possible) return 0;
  if (pipe(fds) != 0) return errno; /* two: a name is looked up with a pair */
  close(fds[0]);
  close(fds[1]);
  return 0;
}

void http_error_explain(struct err *e, const struct http_error_cause *f) {
  int number = no_descriptors(f->code);
  if (number) {
    char what[300];
    snprintf(what, sizeof what, "no connection to %s", f->where);
    err_errno(e, number, what, NULL);
    snprintf(e->message + strlen(e->message), sizeof e->message - strlen(e->message), "; raise the limit: ulimit -n");
    return;
  }
  struct meaning m = meaning_of(f->code);
  char what[400], words[CURL_ERROR_SIZE + 64];
  snprintf(what, sizeof what, m.what, f->where);
  /* curl says "couldn't connect" where the system knows why. */
  bool system_knows = f->code == CURLE_COULDNT_CONNECT && f->os_error;
  snprintf(words, sizeof words, "%s", system_knows ? strerror((int)f->os_error) : f->reason);
  http_error_hide_password(words);
  struct err system = {0};
  if (f->os_error) err_errno(&system, (int)f->os_error, "", NULL);
  if (is_certificate(f->code)) {
    struct finding found = finding_of(f->verify);
    err_set(e, ERR_NETWORK, "no secure connection to %s: its certificate %s (%s): %s", f->where, found.what, words, found.advice);
    snprintf(e->code, sizeof e->code, "certificate");
  } else if (f->tunnel == 407) {
    err_set(e, ERR_AUTH, "the proxy %s wants a name and a password: http://NAME:PASSWORD@HOST:PORT in the proxy setting", f->proxy);
    snprintf(e->code, sizeof e->code, "proxy");
  } else if (is_proxy(f)) {
    err_set(e, ERR_NETWORK, "the proxy %s gave no connection to %s%s%s: check --proxy, the proxy setting or HTTPS_PROXY, HTTP_PROXY, ALL_PROXY",
            f->proxy, f->where, words[0] ? ": " : "", words);
    snprintf(e->code, sizeof e->code, "proxy");
  } else if (f->asked_cert && is_cut(f->code)) {
    const char *finding = f->gave_cert ? "refused our certificate" : "wants a certificate of this machine's";
    bool says = strstr(words, "alert") != NULL; /* else it is about a socket that the server has closed */
    err_set(e, ERR_AUTH, "no secure connection to %s: the server %s%s%s%s: give clientCert and clientKey under connections in ~/.qwen/settings.json, "
            "or QWEN_CODE_CLIENT_CERT and QWEN_CODE_CLIENT_KEY", f->where, finding, says ? " (" : "", says ? words : "", says ? ")" : "");
    snprintf(e->code, sizeof e->code, "client_certificate");
  } else if (f->code == CURLE_SSL_CONNECT_ERROR && strstr(f->reason, "wrong version number")) {
    err_set(e, ERR_NETWORK, "no secure connection to %s: the server does not speak TLS there (%s): for a plain local server use http://", f->where, words);
    snprintf(e->code, sizeof e->code, "tls");
  } else {
    err_set(e, m.kind, "%s%s%s: %s", what, words[0] ? ": " : "", words, m.advice);
    snprintf(e->code, sizeof e->code, "%s", f->code == CURLE_COULDNT_RESOLVE_HOST ? "host" : system.code);
  }
}
