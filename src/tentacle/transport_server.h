// TransportServer: everything of yagura-tentacled between its settings and its signals.
//
//   YAGURA_TRY(server, TransportServer::bind(settings));   // ports and certificates, perhaps as
//   root YAGURA_CHECK(sandbox::enter(...)); YAGURA_CHECK(server->start()); // spool, log, threads
//   ... reload() on SIGHUP ...
//   server->stop();                                        // on SIGTERM: drains
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "tentacle/transport_settings.h"

namespace yagura::tentacle {

class TransportServer {
 public:
  /// Reads certificates and binds every listener; nothing is served yet.
  static Result<std::unique_ptr<TransportServer>> bind(TransportSettings settings);
  TransportServer(const TransportServer&) = delete;
  TransportServer& operator=(const TransportServer&) = delete;
  ~TransportServer();

  /// Opens spool and logs, then serves.
  Status start();
  /// Certificates, keys and revocation lists are read again and hold for new connections; sessions
  /// that were to be resumed start anew, so that a revocation holds at once. A listener whose files
  /// are wrong keeps the old ones. The transfer log is opened anew.
  void reload();
  /// Takes no new connections, lets running transfers end (for at most `limits.drain_s`), stores
  /// what has been received, ends.
  void stop();

  /// Port of a listener that was configured with port 0; 0 if there is none of that name.
  [[nodiscard]] std::uint16_t port(const std::string& listener) const;

 private:
  struct Impl;
  explicit TransportServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace yagura::tentacle
