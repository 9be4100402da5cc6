/* The table from curl's codes to kinds and advice, and the cleaning of its words. */
#include "http_error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void http_hide_password(char *text) {
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
    case CURLE_COULDNT_RESOLVE_PROXY:
      return (struct meaning){ERR_NETWORK, "cannot find the proxy for %s", "check the proxy setting (HTTPS_PROXY, HTTP_PROXY)"};
    case CURLE_COULDNT_CONNECT:
      return (struct meaning){ERR_NETWORK, "cannot connect to %s", "check that the server runs and the port is right"};
    case CURLE_PROXY:
      return (struct meaning){ERR_NETWORK, "the proxy refused the connection to %s", "check the proxy setting"};
    case CURLE_OPERATION_TIMEDOUT:
      return (struct meaning){ERR_TIMEOUT, "no connection to %s in time", "check the address, the network and the proxy"};
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_CONNECT_ERROR: case CURLE_SSL_ISSUER_ERROR: case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CIPHER: case CURLE_SSL_CERTPROBLEM:
      return (struct meaning){ERR_NETWORK, "no secure connection to %s",
                              "behind a company gateway, name its certificate with the 'ca' setting; for a plain local server use http://"};
    case CURLE_SSL_CACERT_BADFILE:
      return (struct meaning){ERR_MISSING, "the certificates to check %s with cannot be read", "check the 'ca' setting"};
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
      return (struct meaning){ERR_BROKEN, "not enough memory for the answer of %s", "close other programs"};
    default:
      return (struct meaning){ERR_NETWORK, "the request to %s failed", "try again"};
  }
}

void http_explain(struct err *e, CURLcode code, const char *where, const char *reason, long os_error) {
  struct meaning m = meaning_of(code);
  char what[400], words[CURL_ERROR_SIZE + 64];
  snprintf(what, sizeof what, m.what, where);
  /* curl says "couldn't connect" where the system knows why. */
  bool system_knows = code == CURLE_COULDNT_CONNECT && os_error;
  snprintf(words, sizeof words, "%s", system_knows ? strerror((int)os_error) : reason);
  http_hide_password(words);
  struct err system = {0};
  if (os_error) err_errno(&system, (int)os_error, "", NULL);
  err_set(e, m.kind, "%s%s%s: %s", what, words[0] ? ": " : "", words, m.advice);
  snprintf(e->code, sizeof e->code, "%s", system.code);
}
