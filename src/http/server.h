// The HTTPS server: net/ for sockets and TLS, RequestParser for bytes, a pool of workers for the
// handler. HTTP/1.1 with keep-alive; one request of a connection at a time.
//
//   http::Server server(options, handler, clock, random);
//   YAGURA_TRY(port, server.listen());
//   YAGURA_CHECK(server.start());      // after the sandbox is closed
//   ...
//   server.stop(5 * kSecond);
//
// The handler runs on worker threads, several at once, and may block (database, password hashing).
// An exception that leaves it becomes 500 server-error and a log entry. Every answer carries the
// security headers and the request id, and is written to the access log ("request").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/tls.h"
#include "http/message.h"

namespace yagura::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8443;
  crypto::ServerTls tls;
  std::size_t io_threads = 1;
  std::size_t workers = 8;
  std::size_t queue = 512;  ///< requests that wait for a worker; more are answered with 503
  std::size_t connections = 2000;
  std::size_t per_address = 100;       ///< connections of one address (spec console-security §19.4)
  Micros head_timeout = 30 * kSecond;  ///< first byte to end of head; also a silent new connection
  Micros body_timeout = 60 * kSecond;  ///< for the whole body
  Micros idle_timeout = 75 * kSecond;  ///< between requests of one connection
  Micros send_timeout = 120 * kSecond;  ///< for one answer
};

using Handler = std::function<Response(const Request&)>;

class Server {
 public:
  /// `clock` and `random` must be safe from any thread and outlive the server.
  Server(ServerOptions options, Handler handler, const Clock& clock, Random& random);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// As stop(0).
  ~Server();

  /// Reads certificate and key and binds. Returns the port.
  Result<std::uint16_t> listen();
  Status start();
  /// New connections use the certificate files as they are now; an unreadable one keeps the old.
  Status reload_tls();
  /// Stops accepting, lets running requests end within `grace`, then ends everything.
  void stop(Micros grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yagura::http
