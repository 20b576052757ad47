// A small HTTPS client on libcurl, for the command line's looks at our own console and, later, for
// feeds. Blocking; one request at a time per object; not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace yagura::http {

struct ClientOptions {
  std::string ca_file;              ///< CAs the server must chain to; empty = the system's
  Micros timeout = 10 * kSecond;    ///< for the whole exchange
  std::size_t max_bytes = 1 << 20;  ///< a longer body is kLimit
};

struct ClientResponse {
  int status = 0;
  std::string body;
};

/// GET of an https:// URL; no redirects, no proxy. kUnavailable if nobody answers, kDenied if the
/// server's certificate does not hold, kTimeout, kLimit.
Result<ClientResponse> get(const std::string& url, const ClientOptions& options);

}  // namespace yagura::http
