// ClientSession: the client's half of the Tentacle protocol without any I/O, and ProxyHandshake:
// the HTTP CONNECT that may come before it. ClientTransport drives both over sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::tentacle {

/// Longest answer of a proxy up to its empty line.
constexpr std::size_t kMaxProxyAnswer = 16UL * 1024;

/// Asks an HTTP proxy for a tunnel (CONNECT, HTTP/1.0 as the reference sends it).
class ProxyHandshake {
 public:
  /// `user` empty = no Proxy-Authorization line.
  ProxyHandshake(std::string_view host, std::uint16_t port, std::string_view user,
                 std::string_view password);
  [[nodiscard]] const std::string& request() const { return request_; }
  /// Takes bytes of the answer up to its empty line; what follows stays in `input`. True once the
  /// tunnel is open, false if more bytes are needed; kUnavailable or kDenied if the proxy refuses.
  Result<bool> feed(std::string_view& input);

 private:
  std::string request_;
  std::string answer_;
};

/// One operation at a time: start it, send output() and feed() answers until busy() is false, then
/// take_result(). Not thread-safe.
class ClientSession {
 public:
  enum class Packing { kPlain, kCompressed };

  /// Sends the password's digest. Result: empty, or kDenied.
  void start_password(std::string_view digest);
  /// Sends `bytes`, which must live until the operation is over. Result: empty, or kDenied if
  /// refused. kInvalid at once for a name that no server takes, and for empty files.
  Status start_send(std::string_view name, std::string_view bytes, Packing packing);
  /// Result: the body as it came (for kCompressed a ZIP archive); kNotFound if refused; kLimit if
  /// it is larger than `limit`, which leaves the connection usable.
  Status start_receive(std::string_view name, std::size_t limit, Packing packing);
  void start_quit();

  /// What is to be sent now; call sent() with how much of it was.
  [[nodiscard]] std::string_view output() const;
  void sent(std::size_t bytes);
  /// Bytes from the server.
  void feed(std::string_view bytes);
  /// The connection has ended. Ends the operation with kUnavailable.
  void lost(const std::string& why);

  [[nodiscard]] bool busy() const { return state_ != State::kIdle; }
  [[nodiscard]] Result<std::string> take_result();

 private:
  enum class State { kIdle, kPassword, kOffer, kConfirm, kSize, kBody };

  void on_line(std::string_view line);
  void on_size(std::string_view line);
  void finish(Result<std::string> result);

  State state_ = State::kIdle;
  std::string verb_;
  std::string commands_;      // short output, sent before payload_
  std::string_view payload_;  // the file, once the server wants it
  std::string_view file_;     // the file, before that
  std::string line_;
  std::string body_;
  std::uint64_t expected_ = 0;
  std::size_t limit_ = 0;
  Result<std::string> result_ = std::string();
};

}  // namespace yagura::tentacle
