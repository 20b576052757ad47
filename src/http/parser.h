// RequestParser: bytes in, one Request out. Sans-I/O: the server, the tests and the fuzzer feed the
// same object. The grammar is Boost.Beast's; before it sees a byte, our own scan of the head
// refuses everything that two servers in a row could understand differently (request smuggling).
//
//   RequestParser parser;
//   std::size_t used = parser.feed(bytes);        // the rest belongs to the next request
//   if (parser.state() == RequestParser::State::kComplete) handle(parser.take());
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace yagura::http {

constexpr std::size_t kMaxRequestHead = 16UL * 1024;    ///< request line and headers
constexpr std::size_t kMaxRequestBody = 1024UL * 1024;  ///< after chunks are put together
constexpr std::size_t kMaxRequestHeaders = 100;

/// Why a request was refused: the status to answer with and a stable code for the problem document.
struct ParseFailure {
  int status = 400;
  std::string_view code;  ///< "bad-request", "headers-too-large", ...
  std::string what;       ///< for the log
};

/// Not thread-safe. One object reads one request; make a new one for the next.
class RequestParser {
 public:
  enum class State { kHead, kBody, kComplete, kFailed };

  RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  ~RequestParser();

  /// Takes what belongs to this request and returns how many bytes that was. After kComplete or
  /// kFailed it takes nothing.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] State state() const;
  /// True once the first byte of a request has come: a deadline runs from then on.
  [[nodiscard]] bool started() const;
  /// True once after the head is read if the client waits for "100 Continue".
  [[nodiscard]] bool take_expects_continue();
  /// Only in kComplete. `peer`, `id` and `received` are left for the caller.
  Request take();
  /// Only in kFailed. The connection must be closed after the answer.
  [[nodiscard]] const ParseFailure& failure() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yagura::http
