// For tests: a blocking client that sends exactly the bytes it is told to, with or without TLS, and
// never waits longer than a test may take. Header only; not part of any program.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "crypto/tls.h"

namespace yagura::net {

class TestClient {
 public:
  static constexpr int kPatienceMs = 20'000;

  /// Connects to 127.0.0.1.
  explicit TestClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connected_ =
        ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  [[nodiscard]] bool connected() const { return connected_; }

  /// TLS from here on; false if there is no handshake. `host` is what the certificate must name.
  bool start_tls(SSL_CTX* context, const std::string& host = "127.0.0.1") {
    ssl_.reset(SSL_new(context));
    if (!crypto::expect_peer(ssl_.get(), host).ok()) return false;
    SSL_set_fd(ssl_.get(), fd_.get());
    return SSL_connect(ssl_.get()) == 1;
  }

  /// False once the peer is gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                             : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// `size` bytes, fewer at the end of the connection.
  std::string take(std::size_t size) {
    std::string out;
    std::array<char, 65536> chunk{};
    while (out.size() < size && readable()) {
      const std::size_t most = std::min(size - out.size(), chunk.size());
      const ssize_t n = read(chunk.data(), most);
      if (n <= 0) break;
      out.append(chunk.data(), static_cast<std::size_t>(n));
    }
    return out;
  }

  /// Up to and with the line feed; what there is at the end of the connection.
  std::string line() {
    std::string out;
    while (!out.ends_with('\n')) {
      const std::string byte = take(1);
      if (byte.empty()) break;
      out += byte;
    }
    return out;
  }

  /// Everything until the peer closes; "TIMEOUT" if it does not.
  std::string rest() {
    std::string out;
    std::array<char, 65536> chunk{};
    for (;;) {
      if (!readable()) return "TIMEOUT";
      const ssize_t n = read(chunk.data(), chunk.size());
      if (n <= 0) return out;
      out.append(chunk.data(), static_cast<std::size_t>(n));
    }
  }

  /// Sends and returns the next line.
  std::string ask(std::string_view bytes) {
    send(bytes);
    return line();
  }

  void close() { fd_.reset(); }

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  [[nodiscard]] bool readable() const {
    if (ssl_ && SSL_pending(ssl_.get()) > 0) return true;
    pollfd p{fd_.get(), POLLIN, 0};
    return ::poll(&p, 1, kPatienceMs) == 1;
  }
  ssize_t read(char* out, std::size_t size) const {
    return ssl_ ? SSL_read(ssl_.get(), out, static_cast<int>(size))
                : ::recv(fd_.get(), out, size, 0);
  }

  UniqueFd fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  bool connected_ = false;
};

}  // namespace yagura::net
