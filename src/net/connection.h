// The one implementation of Connection: a non-blocking socket, perhaps with TLS, on an I/O thread.
// Private to net/. OpenSSL works on the socket itself and Asio tells when it is ready: an idle TLS
// connection then needs a fraction of the memory of a stream with buffers of its own.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/fd.h"
#include "net/io_thread.h"
#include "net/listener.h"
#include "net/proxy_header.h"

namespace yagura::net {

/// Thread-safe way to a connection: the connection itself is only ever touched, and destroyed, on
/// its own thread.
class Remote::Target : public Evictable {
 public:
  explicit Target(std::shared_ptr<IoThread> thread) : thread_(std::move(thread)) {}
  void evict() override;

  [[nodiscard]] const std::shared_ptr<IoThread>& thread() const { return thread_; }
  /// Set once, before the target is handed out.
  std::weak_ptr<ConnectionImpl> connection;

 private:
  std::shared_ptr<IoThread> thread_;
};

class ConnectionImpl final : public Connection,
                             public std::enable_shared_from_this<ConnectionImpl> {
 public:
  ConnectionImpl(IoThread& thread, std::shared_ptr<Listener> listener, UniqueFd fd, Peer peer,
                 Admission::Ticket ticket);
  ConnectionImpl(const ConnectionImpl&) = delete;
  ConnectionImpl& operator=(const ConnectionImpl&) = delete;
  ~ConnectionImpl() override;

  void send(std::string bytes) override;
  [[nodiscard]] std::size_t unsent() const override { return out_.size() - out_at_; }
  void pause() override { paused_ = true; }
  void resume() override;
  void finish() override;
  void close() override;
  void abort() override;
  void set_deadline(Micros at) override { deadline_ = at; }
  void prove() override { ticket_.prove(); }
  void report_failure() override;
  [[nodiscard]] Micros now() const override { return thread_.now(); }
  [[nodiscard]] const Peer& peer() const override { return peer_; }
  [[nodiscard]] const std::string& failure() const override { return failure_; }
  [[nodiscard]] Remote remote() override { return Remote(target_); }

  // For the thread:
  void start(std::list<std::shared_ptr<ConnectionImpl>>::iterator where);
  void on_sweep(Micros now);
  void on_drain();
  /// Runs `work` and does what it asked for.
  void run(const std::function<void(Protocol&)>& work);
  void end(CloseReason reason);

 private:
  enum class Phase { kProxyHeader, kDetect, kHandshake, kOpen, kLinger, kClosed };
  enum class Ending { kNone, kAfterSend, kAfterSendLinger, kNow };
  enum class Got { kBytes, kNothing, kEnd };

  void arm_read();
  void arm_write();
  void on_readable();
  void on_writable();
  void advance();
  bool read_proxy_header();
  bool detect();
  bool begin_tls();
  bool handshake();
  void open();
  void read_some();
  Got read_once(std::string_view& bytes);
  void deliver(std::string_view bytes);
  void redeliver();
  bool flush();
  Got tls_problem(int rc);
  void settle();
  void begin_linger();
  void teardown(CloseReason reason);

  IoThread& thread_;
  std::shared_ptr<Listener> listener_;
  boost::asio::posix::stream_descriptor socket_;
  SSL* ssl_ = nullptr;
  std::unique_ptr<ProxyHeaderReader> proxy_header_;
  Peer peer_;
  Admission::Ticket ticket_;
  std::shared_ptr<Remote::Target> target_;
  std::unique_ptr<Protocol> protocol_;
  std::list<std::shared_ptr<ConnectionImpl>>::iterator where_;

  Phase phase_ = Phase::kOpen;
  Ending ending_ = Ending::kNone;
  CloseReason reason_ = CloseReason::kFinished;
  std::string failure_;
  std::string in_;  // bytes that the protocol has not taken yet
  std::string out_;
  std::size_t out_at_ = 0;
  Micros deadline_ = 0;
  bool reading_ = false;  // a wait for readability is under way
  bool writing_ = false;
  bool paused_ = false;
  bool resume_due_ = false;
  bool sent_due_ = false;
  bool peer_ended_ = false;
  bool settling_ = false;
  bool read_wants_write_ = false;
};

}  // namespace yagura::net
