// A listening socket shared by the I/O threads, and the part of it on each thread. Private to net/.
#pragma once

#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/fd.h"
#include "base/guarded.h"
#include "net/io_thread.h"

namespace yagura::net {

/// One configured listener. Shared, because connections that are still open keep using it.
struct Listener {
  ListenerOptions options;
  ProtocolFactory factory;
  RefusalObserver on_refused;
  Admission& admission;
  Guarded<crypto::SslContext> tls;

  Listener(ListenerOptions o, ProtocolFactory f, RefusalObserver r, Admission& a)
      : options(std::move(o)), factory(std::move(f)), on_refused(std::move(r)), admission(a) {}
  /// A new TLS object for one connection, or null.
  SSL* new_tls();
  [[nodiscard]] bool is_proxy(const Address& address) const;
  [[nodiscard]] bool allows(const Address& address) const;
  void refused(const Address& address, Verdict verdict) const;
};

/// Accepts on one I/O thread. All threads wait on the same listening socket: whoever is free takes
/// the next connection, so that load spreads by itself, and a port in use is noticed (which
/// SO_REUSEPORT would hide).
class Acceptor {
 public:
  Acceptor(IoThread& thread, std::shared_ptr<Listener> listener, int fd);
  void arm();
  /// After the system ran out of descriptors: tries again.
  void on_sweep();
  void close();

 private:
  void accept_some();
  void take(UniqueFd fd, const Address& address, std::uint16_t port);

  IoThread& thread_;
  std::shared_ptr<Listener> listener_;
  boost::asio::posix::stream_descriptor socket_;
  bool starved_ = false;
};

}  // namespace yagura::net
