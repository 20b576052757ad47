// One HTTP request and one response as plain data. No Boost type, no socket: the same structs serve
// the server, the handlers and the tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace yagura::http {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };
/// "GET", ...
std::string_view to_string(Method method);
std::optional<Method> parse_method(std::string_view text);

struct Header {
  std::string name;
  std::string value;
};

/// What the connection is, known before the request is read.
struct Peer {
  std::string address;  ///< numeric, without port
  std::string tls_version;
  std::string tls_cipher;
};

struct Request {
  Method method = Method::kGet;
  /// Decoded and checked by parse_target: starts with '/', no empty, "." or ".." segment, no
  /// encoded slash, no control byte, valid UTF-8.
  std::string path;
  std::string query;            ///< still encoded, without '?'
  std::vector<Header> headers;  ///< names in lower case, in order of arrival
  std::string body;
  bool keep_alive = true;

  Peer peer;
  std::string id;  ///< request id: in the response, the logs and the audit record
  Micros received = 0;

  /// Value of the first header of this lower-case name, or nothing.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;  ///< without length, connection and security headers
  std::string body;
  /// Body that lives as long as the program (embedded files); used when `body` is empty.
  std::string_view static_body;
  /// Nonce that the Content-Security-Policy admits; empty = none.
  std::string csp_nonce;
  /// The answer leaves this long after the handler is done, without holding a thread (throttled
  /// logins). At most kMaxResponseDelay.
  Micros delay = 0;
  /// Who asked, for the access log; empty = not signed in.
  std::string user;

  void set(std::string_view name, std::string_view value);
  [[nodiscard]] std::string_view content() const { return body.empty() ? static_body : body; }
};

constexpr Micros kMaxResponseDelay = 30 * kSecond;

/// Reason phrase of a status code; "Unknown" for one that Yagura never sends.
std::string_view reason(int status);

enum class Connection { kKeepAlive, kClose };

/// The whole response head: status line, the handler's headers, Content-Length, the security
/// headers of every response (spec console-security §19.1) and the request id. Header values are
/// checked: a control byte in one ends the process, since it could only be a mistake of ours.
std::string write_head(const Response& response, std::string_view request_id,
                       Connection connection);

}  // namespace yagura::http
