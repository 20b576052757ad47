// The socket edge of a daemon: I/O threads, listeners, TLS, deadlines. All Asio code lives behind
// this header, which names no Boost type.
//
// A protocol is sans-I/O: it derives from Protocol, gets bytes and gives bytes. Its connection
// lives and dies on one I/O thread; every call to a Protocol comes from that thread, one at a time.
// Work that may block goes to a pool of the caller, which answers through a Remote:
//
//   class Echo : public net::Protocol {
//    public:
//     explicit Echo(net::Connection& c) : connection_(c) {}
//     std::size_t on_bytes(std::string_view bytes) override {
//       connection_.send(std::string(bytes));
//       return bytes.size();
//     }
//    private:
//     net::Connection& connection_;
//   };
//
//   net::Server server(options);
//   YAGURA_TRY(port, server.listen(listener, [](net::Connection& c) {
//     return std::make_unique<Echo>(c);
//   }));
//   YAGURA_CHECK(server.start());   // after the sandbox is closed: threads inherit it
//
// Deadlines are absolute steady times checked by one sweeper per thread every kSweepInterval, not
// by a timer per operation; they are therefore late by up to that much.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/tls.h"
#include "net/address.h"
#include "net/admission.h"

namespace yagura::net {

/// How often deadlines are looked at.
constexpr Micros kSweepInterval = kSecond / 4;

enum class CloseReason {
  kFinished,   ///< the protocol called finish() or close()
  kPeer,       ///< the peer closed or reset the connection
  kDeadline,   ///< a deadline passed
  kHandshake,  ///< TLS was refused by one side; Connection::failure() says why. A peer that only
               ///< went away or stayed silent is kPeer or kDeadline
  kEvicted,    ///< gave its place to another connection while still unproven
  kShutdown,   ///< the server stopped
};
/// Stable lower-case word, for logs.
std::string_view to_string(CloseReason reason);

/// Who is at the other end. Valid for the life of the connection.
struct Peer {
  Address address;
  std::string text;  ///< the address as text
  std::uint16_t port = 0;
  bool encrypted = false;
  crypto::TlsInfo tls;   ///< filled before on_open()
  std::string listener;  ///< name of the listener it came through
};

class Remote;

/// The protocol's view of its connection. Only to be used on the connection's I/O thread.
class Connection {
 public:
  virtual ~Connection() = default;

  /// Queues bytes; they leave in order. Never blocks. After finish(), close() or abort() nothing
  /// more is taken.
  virtual void send(std::string bytes) = 0;
  /// Bytes queued but not yet taken by the system: the protocol's measure for back-pressure.
  [[nodiscard]] virtual std::size_t unsent() const = 0;
  /// Stops and restarts reading. While paused nothing is read from the peer (its window fills), and
  /// what on_bytes() did not take is kept. resume() hands it out again, after the current callback.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Closes once everything queued is sent, and lingers a moment for the peer to read it.
  virtual void finish() = 0;
  /// Closes as soon as everything queued is sent, without lingering: when the peer has nothing
  /// more to say.
  virtual void close() = 0;
  /// Closes now; what is queued is lost.
  virtual void abort() = 0;
  /// Protocol::on_deadline() is called after steady time `at`; 0 = none. Replaces the former one.
  virtual void set_deadline(Micros at) = 0;
  /// A first valid request was seen (see Admission).
  virtual void prove() = 0;
  /// The peer failed (wrong password, not the protocol): counts towards shutting it out.
  virtual void report_failure() = 0;
  /// Steady time, read once per event: cheap.
  [[nodiscard]] virtual Micros now() const = 0;
  [[nodiscard]] virtual const Peer& peer() const = 0;
  /// TLS failure text after CloseReason::kHandshake.
  [[nodiscard]] virtual const std::string& failure() const = 0;
  /// A handle for other threads.
  [[nodiscard]] virtual Remote remote() = 0;
};

/// What runs on a connection. Destroyed after on_close(), on the same thread.
class Protocol {
 public:
  virtual ~Protocol() = default;
  /// The connection can be used; TLS is agreed.
  virtual void on_open() {}
  /// Bytes from the peer: what was not taken before, followed by what is new. Returns how many were
  /// taken; the rest comes again with the next bytes or after resume(). A protocol that leaves more
  /// than Server's read limit untaken without pausing is closed.
  virtual std::size_t on_bytes(std::string_view bytes) = 0;
  /// After unsent() was not 0: everything queued has now been taken by the system.
  virtual void on_sent() {}
  /// The peer sends no more (it may still read). The default closes.
  virtual void on_end(Connection& connection) { connection.close(); }
  /// The deadline has passed. The default closes; on_close() then gets kDeadline if the protocol
  /// itself did not ask for the end in on_deadline().
  virtual void on_deadline(Connection& connection) { connection.abort(); }
  /// The server wants to stop: end now if idle, else soon (see Server::drain). The default closes.
  virtual void on_drain(Connection& connection) { connection.close(); }
  /// The last call. `reason` tells who ended it.
  virtual void on_close(CloseReason reason) { static_cast<void>(reason); }
};

/// Thread-safe handle of a connection that may already be gone. Copyable.
class Remote {
 public:
  class Target;
  Remote() = default;
  explicit Remote(std::weak_ptr<Target> target) : target_(std::move(target)) {}

  /// Runs `work` on the connection's thread, if the connection still exists then.
  void post(std::function<void(Protocol&)> work) const;
  /// Posts many with one wake-up per I/O thread.
  static void post_all(std::vector<std::pair<Remote, std::function<void(Protocol&)>>> work);

 private:
  std::weak_ptr<Target> target_;
};

using ProtocolFactory = std::function<std::unique_ptr<Protocol>(Connection&)>;

enum class TlsMode {
  kPlain,
  kRequired,
  /// Looks at the first byte: 0x16 begins TLS, anything else is plain. Only by the operator's word.
  kDetect,
};

struct ListenerOptions {
  std::string name;
  std::string address;     ///< "0.0.0.0", "::" (IPv6 only) or one address
  std::uint16_t port = 0;  ///< 0 = the system chooses
  TlsMode tls_mode = TlsMode::kPlain;
  /// For kRequired and kDetect.
  crypto::SslContext tls;
  Micros handshake_timeout = 10 * kSecond;
  /// Empty = everybody; else connections from elsewhere are closed at once.
  std::vector<Network> allowed;
  /// Peers whose connections begin with a PROXY protocol header (version 1 or 2) that names the
  /// true client. Nobody else's header is believed.
  std::vector<Network> proxies;
};

/// Called on an I/O thread for connections that were closed before a Protocol existed.
using RefusalObserver =
    std::function<void(const std::string& listener, const Address& address, Verdict verdict)>;

struct ServerOptions {
  std::size_t threads = 2;
  AdmissionLimits limits;
  /// Most bytes a protocol may leave untaken while reading goes on.
  std::size_t read_limit = 64UL * 1024;
  RefusalObserver on_refused;
};

class Server {
 public:
  explicit Server(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// As stop().
  ~Server();

  /// Binds at once, so that a port in use is known before anything else starts; serves after
  /// start(). Returns the port. kConflict if it is taken.
  Result<std::uint16_t> listen(ListenerOptions options, ProtocolFactory factory);
  /// Starts the I/O threads.
  Status start();
  /// New handshakes of the listener use this context; running connections keep theirs. Thread-safe.
  Status replace_tls(const std::string& listener, crypto::SslContext context);
  /// Closes the listening sockets. Thread-safe.
  void stop_accepting();
  /// Tells every protocol to end (on_drain), then waits until no connection is left or `limit` has
  /// passed; true if none is left. Call stop_accepting() first.
  bool drain(Micros limit);
  /// Ends every connection and the threads. Thread-safe, may be called twice.
  void stop();

  Admission& admission();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yagura::net
