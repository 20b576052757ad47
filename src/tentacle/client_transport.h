// The sending side of the transport: a blocking Tentacle client for agents, tools and tests.
//
// It drives the sans-I/O ClientSession over a socket, through an HTTP proxy and TLS when asked.
//
//   ClientOptions options;
//   options.servers = {{"transport.example", 41121}};
//   options.tls = crypto::ClientTls{.ca_file = "/etc/yagura/ca.pem"};
//   YAGURA_TRY(transport, ClientTransport::make(std::move(options)));
//   YAGURA_TRY(connection, transport.connect());
//   YAGURA_CHECK(connection.send("host.1700000000.data", document));
//   connection.quit();
//
// With TLS the server is verified by default: chain, dates and name (GEN-03, TEN-05, TEN-07); going
// without is possible only by `tls->verify = false`, the operator's explicit word. Every wait has a
// deadline: no call can hang longer than the options say.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/tls.h"

namespace yagura::tentacle {

/// Registered with IANA for Tentacle (TEN-01).
constexpr std::uint16_t kDefaultPort = 41121;

struct ServerAddress {
  std::string host;  ///< DNS name, IPv4 or IPv6 literal (without brackets)
  std::uint16_t port = kDefaultPort;

  /// "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 literal.
  static Result<ServerAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

struct HttpProxy {
  ServerAddress address;
  std::string user;  ///< empty = no Proxy-Authorization
  crypto::Secret password;

  /// "[user:password@]host:port" as tentacle_client -y takes it; the last '@' divides.
  static Result<HttpProxy> parse(std::string_view text);
};

struct ClientOptions {
  /// Tried in this order; for each name first its IPv6, then its IPv4 addresses.
  std::vector<ServerAddress> servers;
  /// Local address to connect from; empty = the system's choice.
  std::string local_address;
  /// Set = TLS from the first byte.
  std::optional<crypto::ClientTls> tls;
  /// Name that the server's certificate must carry; empty = the host it was reached by.
  std::string expected_name;
  /// Pinning: SHA-256 of the server's certificate, 64 hex digits; empty = not pinned. Holds in
  /// addition to verification, or in place of it when `tls->verify` is false.
  std::string pinned_fingerprint;
  std::optional<HttpProxy> proxy;
  /// Transport password; empty = no PASS line is sent.
  crypto::Secret password;
  Micros connect_timeout = 5 * kSecond;     ///< per address, TCP only
  Micros handshake_timeout = 10 * kSecond;  ///< TLS, and the proxy's answer
  Micros idle_timeout = 10 * kSecond;       ///< longest wait without any progress
  Micros operation_base = 30 * kSecond;     ///< one file takes at most this...
  std::uint64_t minimum_rate = 10'000;      ///< ...plus its size divided by this (bytes/s)
  /// When readable, every wait ends at once with kUnavailable "stopped"; -1 = none. Not owned.
  int stop_fd = -1;
};

/// An open connection. One file after another; not thread-safe. Closes itself when destroyed.
///
/// Errors: kDenied = the server refused the file or the password (the connection stays usable after
/// a refused file); kNotFound = refused receive; kTimeout; kUnavailable = connection lost; kInvalid
/// = the name can never be sent. After kTimeout and kUnavailable the connection is of no more use.
class ClientConnection {
 public:
  ClientConnection(ClientConnection&&) noexcept;
  ClientConnection& operator=(ClientConnection&&) noexcept;
  ~ClientConnection();

  /// Sends one file (1 byte or more). Success = the server has it durably.
  Status send(std::string_view name, std::string_view bytes);
  /// As send, compressed on the way (not understood by version 4.1 servers).
  Status send_compressed(std::string_view name, std::string_view bytes);
  /// Fetches one file, refused with kLimit above `limit` bytes.
  Result<std::string> receive(std::string_view name, std::size_t limit);
  /// As receive, compressed on the way; `limit` holds for the expanded and the packed size.
  Result<std::string> receive_compressed(std::string_view name, std::size_t limit);
  /// Says QUIT and closes. Errors do not matter any more at this point.
  void quit();

  /// The server that answered.
  [[nodiscard]] const ServerAddress& server() const;
  /// What TLS negotiated; empty strings without TLS.
  [[nodiscard]] const crypto::TlsInfo& tls() const;

 private:
  friend class ClientTransport;
  struct Impl;
  explicit ClientConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Options with everything that is made once: the TLS context and its session for resumption.
/// Not thread-safe.
class ClientTransport {
 public:
  /// kInvalid if the options contradict each other; the TLS files are read here.
  static Result<ClientTransport> make(ClientOptions options);
  ClientTransport(ClientTransport&&) noexcept;
  ClientTransport& operator=(ClientTransport&&) noexcept;
  ~ClientTransport();

  /// Connects to the first server with which everything succeeds: TCP, TLS, pin, password. The
  /// error names what each server said; its code is kDenied if one of them refused or was refused
  /// (certificate, pin, password), else the last one's. Name look-ups take as long as the system's
  /// resolver does.
  Result<ClientConnection> connect();
  /// One file over a connection of its own, as agents do it.
  Status send_file(std::string_view name, std::string_view bytes);

  [[nodiscard]] const ClientOptions& options() const;

 private:
  friend class ClientConnection;
  struct State;
  explicit ClientTransport(std::shared_ptr<State> state);
  Result<ClientConnection> open(std::size_t index);
  std::shared_ptr<State> state_;
};

}  // namespace yagura::tentacle
