#include "net/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace yagura::net {
namespace {

constexpr int kReadsPerEvent = 16;  // then other connections of the thread get their turn
constexpr Micros kLingerTime = 2 * kSecond;
constexpr unsigned char kTlsHandshakeByte = 0x16;

using Descriptor = boost::asio::posix::stream_descriptor;

}  // namespace

void Remote::Target::evict() {
  thread_->post([weak = connection] {
    if (const auto alive = weak.lock()) alive->end(CloseReason::kEvicted);
  });
}

ConnectionImpl::ConnectionImpl(IoThread& thread, std::shared_ptr<Listener> listener, UniqueFd fd,
                               Peer peer, Admission::Ticket ticket)
    : thread_(thread),
      listener_(std::move(listener)),
      socket_(thread.io(), fd.release()),
      peer_(std::move(peer)),
      ticket_(std::move(ticket)) {}

ConnectionImpl::~ConnectionImpl() {
  SSL_free(ssl_);
}

void ConnectionImpl::start(std::list<std::shared_ptr<ConnectionImpl>>::iterator where) {
  where_ = where;
  target_ = std::make_shared<Remote::Target>(thread_.shared_from_this());
  target_->connection = weak_from_this();
  listener_->admission.attach(ticket_, target_);
  deadline_ = now() + listener_->options.handshake_timeout;
  if (listener_->is_proxy(peer_.address)) {
    phase_ = Phase::kProxyHeader;
    proxy_header_ = std::make_unique<ProxyHeaderReader>();
  } else {
    phase_ = Phase::kDetect;
    protocol_ = listener_->factory(*this);
    if (listener_->options.tls_mode == TlsMode::kPlain) {
      open();
    } else if (listener_->options.tls_mode == TlsMode::kRequired && !begin_tls()) {
      end(CloseReason::kHandshake);
      return;
    }
  }
  settle();
}

// ---------------------------------------------------------------- what the protocol asks for

void ConnectionImpl::send(std::string bytes) {
  if (phase_ != Phase::kOpen || ending_ != Ending::kNone || bytes.empty()) return;
  if (unsent() == 0) {
    out_ = std::move(bytes);
    out_at_ = 0;
    if (!flush()) {
      reason_ = CloseReason::kPeer;
      ending_ = Ending::kNow;
    }
  } else {
    out_.append(bytes);
  }
}

void ConnectionImpl::resume() {
  if (paused_) resume_due_ = true;
}

void ConnectionImpl::finish() {
  if (ending_ == Ending::kNone) ending_ = Ending::kAfterSendLinger;
}

void ConnectionImpl::close() {
  if (ending_ == Ending::kNone) ending_ = Ending::kAfterSend;
}

void ConnectionImpl::abort() {
  ending_ = Ending::kNow;
}

void ConnectionImpl::report_failure() {
  listener_->admission.failed(peer_.address, now());
}

// ---------------------------------------------------------------- events of the thread

void ConnectionImpl::arm_read() {
  if (reading_ || phase_ == Phase::kClosed) return;
  reading_ = true;
  socket_.async_wait(Descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->reading_ = false;
                       if (!error && self->phase_ != Phase::kClosed) self->on_readable();
                     });
}

void ConnectionImpl::arm_write() {
  if (writing_ || phase_ == Phase::kClosed) return;
  writing_ = true;
  socket_.async_wait(Descriptor::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->writing_ = false;
                       if (!error && self->phase_ != Phase::kClosed) self->on_writable();
                     });
}

void ConnectionImpl::on_readable() {
  thread_.refresh_now();
  advance();
  settle();
}

void ConnectionImpl::on_writable() {
  thread_.refresh_now();
  if (phase_ == Phase::kOpen && unsent() > 0) {
    if (!flush()) {
      reason_ = CloseReason::kPeer;
      ending_ = Ending::kNow;
    } else if (unsent() == 0) {
      sent_due_ = true;
    }
  }
  if (std::exchange(read_wants_write_, false) || phase_ != Phase::kOpen) advance();
  settle();
}

void ConnectionImpl::on_sweep(Micros now) {
  if (deadline_ == 0 || now < deadline_ || phase_ == Phase::kClosed) return;
  deadline_ = 0;
  if (phase_ != Phase::kOpen) {
    if (phase_ != Phase::kLinger) {
      failure_ = "timed out";
      reason_ = CloseReason::kDeadline;
    }
    end(reason_);
    return;
  }
  if (ending_ != Ending::kNone) {  // it wanted to close, but the peer does not take the last bytes
    end(CloseReason::kDeadline);
    return;
  }
  protocol_->on_deadline(*this);
  if (ending_ == Ending::kNow) reason_ = CloseReason::kDeadline;
  settle();
}

void ConnectionImpl::on_drain() {
  if (phase_ == Phase::kOpen && ending_ == Ending::kNone) {
    protocol_->on_drain(*this);
    settle();
  } else if (phase_ < Phase::kOpen) {
    end(CloseReason::kShutdown);
  }
}

void ConnectionImpl::run(const std::function<void(Protocol&)>& work) {
  if (phase_ == Phase::kClosed || phase_ == Phase::kLinger) return;
  thread_.refresh_now();
  work(*protocol_);
  settle();
}

void ConnectionImpl::end(CloseReason reason) {
  if (phase_ != Phase::kClosed) teardown(reason);
}

/// Goes as far as the bytes at hand allow.
void ConnectionImpl::advance() {
  if (phase_ == Phase::kProxyHeader && !read_proxy_header()) return;
  if (phase_ == Phase::kDetect && !detect()) return;
  if (phase_ == Phase::kHandshake && !handshake()) return;
  if (phase_ >= Phase::kOpen) read_some();
}

// ---------------------------------------------------------------- before the protocol

/// True once the header is read and the connection belongs to the client it names.
bool ConnectionImpl::read_proxy_header() {
  std::array<char, kMaxProxyHeader> bytes;
  while (proxy_header_->wanted() > 0) {
    const ssize_t n = ::recv(socket_.native_handle(), bytes.data(), proxy_header_->wanted(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    const Status fed = n <= 0 ? Status(Error{ErrorCode::kInvalid, "closed before the PROXY header"})
                              : proxy_header_->feed({bytes.data(), static_cast<std::size_t>(n)});
    if (!fed.ok()) {
      failure_ = fed.error().what;
      reason_ = CloseReason::kHandshake;
      ending_ = Ending::kNow;
      return false;
    }
  }
  if (const auto& source = proxy_header_->source()) {
    peer_.address = source->address;
    peer_.text = source->address.to_string();
    peer_.port = source->port;
  }
  const Verdict verdict = listener_->allows(peer_.address)
                              ? listener_->admission.move(ticket_, peer_.address, now())
                              : Verdict::kNotAllowed;
  if (verdict != Verdict::kAdmitted) {
    listener_->refused(peer_.address, verdict);
    ending_ = Ending::kNow;
    return false;
  }
  proxy_header_.reset();
  protocol_ = listener_->factory(*this);
  phase_ = Phase::kDetect;
  return true;
}

/// True once it is known whether the connection is plain or TLS.
bool ConnectionImpl::detect() {
  TlsMode mode = listener_->options.tls_mode;
  if (mode == TlsMode::kDetect) {
    unsigned char first = 0;
    const ssize_t n = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    mode = n == 1 && first == kTlsHandshakeByte ? TlsMode::kRequired : TlsMode::kPlain;
  }
  if (mode == TlsMode::kPlain) {
    open();
    return true;
  }
  if (begin_tls()) return true;
  reason_ = CloseReason::kHandshake;
  ending_ = Ending::kNow;
  return false;
}

bool ConnectionImpl::begin_tls() {
  phase_ = Phase::kHandshake;
  ssl_ = listener_->new_tls();
  if (ssl_ == nullptr || SSL_set_fd(ssl_, socket_.native_handle()) != 1) {
    failure_ = crypto::last_error();
    return false;
  }
  SSL_set_accept_state(ssl_);
  return true;
}

/// True once TLS is agreed.
bool ConnectionImpl::handshake() {
  ERR_clear_error();
  errno = 0;
  const int rc = SSL_do_handshake(ssl_);
  if (rc == 1) {
    peer_.encrypted = true;
    peer_.tls = crypto::describe(ssl_);
    open();
    return true;
  }
  switch (SSL_get_error(ssl_, rc)) {
    case SSL_ERROR_WANT_READ:
      return false;
    case SSL_ERROR_WANT_WRITE:
      arm_write();
      return false;
    case SSL_ERROR_SYSCALL:
    case SSL_ERROR_ZERO_RETURN:
      failure_ = errno == 0 ? "closed during the handshake" : system_error("socket", errno).what;
      reason_ = CloseReason::kPeer;
      ending_ = Ending::kNow;
      return false;
    default:
      // OpenSSL has sent an alert: the peer shall read it.
      failure_ = crypto::last_error();
      reason_ = CloseReason::kHandshake;
      begin_linger();
      return false;
  }
}

void ConnectionImpl::open() {
  phase_ = Phase::kOpen;
  deadline_ = 0;
  protocol_->on_open();
}

// ---------------------------------------------------------------- bytes

void ConnectionImpl::read_some() {
  for (int i = 0; i < kReadsPerEvent; ++i) {
    if (phase_ == Phase::kClosed || ending_ == Ending::kNow || peer_ended_) return;
    if (phase_ == Phase::kOpen && (paused_ || ending_ != Ending::kNone)) return;
    std::string_view bytes;
    const Got got = read_once(bytes);
    if (got == Got::kNothing) return;
    if (got == Got::kEnd) {
      peer_ended_ = true;
      if (phase_ == Phase::kLinger) {
        teardown(reason_);
      } else {
        reason_ = CloseReason::kPeer;
        protocol_->on_end(*this);
      }
      return;
    }
    if (phase_ == Phase::kLinger) continue;  // read only to let the peer read our last bytes
    deliver(bytes);
    // Less than asked for: the socket is empty now, and saying so would cost another call.
    if (ssl_ == nullptr && bytes.size() < thread_.buffer().size()) return;
  }
}

ConnectionImpl::Got ConnectionImpl::read_once(std::string_view& bytes) {
  std::vector<char>& buffer = thread_.buffer();
  if (ssl_ == nullptr || phase_ == Phase::kLinger) {
    const ssize_t n = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? Got::kNothing : Got::kEnd;
    bytes = {buffer.data(), static_cast<std::size_t>(n)};
    return n == 0 ? Got::kEnd : Got::kBytes;
  }
  ERR_clear_error();
  const int rc = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
  if (rc <= 0) return tls_problem(rc);
  bytes = {buffer.data(), static_cast<std::size_t>(rc)};
  return Got::kBytes;
}

ConnectionImpl::Got ConnectionImpl::tls_problem(int rc) {
  switch (SSL_get_error(ssl_, rc)) {
    case SSL_ERROR_WANT_READ:
      return Got::kNothing;
    case SSL_ERROR_WANT_WRITE:
      read_wants_write_ = true;
      arm_write();
      return Got::kNothing;
    default:
      return Got::kEnd;
  }
}

void ConnectionImpl::deliver(std::string_view bytes) {
  std::size_t taken = 0;
  if (in_.empty()) {
    taken = protocol_->on_bytes(bytes);
    in_.assign(bytes.substr(std::min(taken, bytes.size())));
  } else {
    in_.append(bytes);
    taken = protocol_->on_bytes(in_);
    in_.erase(0, taken);
  }
  if (in_.size() > thread_.read_limit() && !paused_) {
    reason_ = CloseReason::kFinished;
    ending_ = Ending::kNow;
  }
}

/// After a pause: what was kept goes first.
void ConnectionImpl::redeliver() {
  paused_ = false;
  if (!in_.empty()) {
    const std::string kept = std::exchange(in_, {});
    const std::size_t taken = protocol_->on_bytes(kept);
    in_.assign(kept, std::min(taken, kept.size()));
  }
  // TLS may hold decrypted bytes that no readiness of the socket will announce.
  if (ssl_ != nullptr && SSL_pending(ssl_) > 0 && !paused_) read_some();
}

/// Writes what the socket takes; false if the peer is gone.
bool ConnectionImpl::flush() {
  while (unsent() > 0) {
    ssize_t n = 0;
    if (ssl_ == nullptr) {
      n = ::send(socket_.native_handle(), out_.data() + out_at_, unsent(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return true;
      if (n < 0) return false;
    } else {
      ERR_clear_error();
      n = SSL_write(ssl_, out_.data() + out_at_,
                    static_cast<int>(std::min<std::size_t>(unsent(), 1U << 20U)));
      if (n <= 0) {
        const int error = SSL_get_error(ssl_, static_cast<int>(n));
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
      }
    }
    out_at_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  out_.shrink_to_fit();
  out_at_ = 0;
  return true;
}

// ---------------------------------------------------------------- consequences

/// Does what the last callbacks asked for. Every event ends here, so that a protocol never sees
/// itself destroyed, or called again, inside one of its own functions.
void ConnectionImpl::settle() {
  if (settling_ || phase_ == Phase::kClosed) return;
  const std::shared_ptr<ConnectionImpl> self = shared_from_this();
  settling_ = true;
  while (phase_ == Phase::kOpen && ending_ == Ending::kNone) {
    if (std::exchange(sent_due_, false)) {
      protocol_->on_sent();
    } else if (std::exchange(resume_due_, false)) {
      redeliver();
    } else {
      break;
    }
  }
  settling_ = false;
  if (phase_ == Phase::kClosed) return;
  if (ending_ == Ending::kNow) {
    teardown(reason_);
    return;
  }
  if (phase_ == Phase::kOpen && ending_ != Ending::kNone && unsent() == 0) {
    if (ending_ == Ending::kAfterSend || peer_ended_) {
      teardown(reason_);
      return;
    }
    begin_linger();
  }
  if (unsent() > 0) arm_write();
  const bool reads = phase_ != Phase::kOpen || (!paused_ && ending_ == Ending::kNone);
  if (reads && !peer_ended_) arm_read();
}

/// Says that nothing more comes, then waits for the peer to close: closing at once while bytes of
/// the peer are unread would reset the connection and could take our last bytes with it.
void ConnectionImpl::begin_linger() {
  if (ssl_ != nullptr && phase_ == Phase::kOpen) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  ::shutdown(socket_.native_handle(), SHUT_WR);
  phase_ = Phase::kLinger;
  deadline_ = now() + kLingerTime;
}

void ConnectionImpl::teardown(CloseReason reason) {
  const std::shared_ptr<ConnectionImpl> self = shared_from_this();
  const bool say_goodbye = phase_ == Phase::kOpen && ssl_ != nullptr && !peer_ended_;
  phase_ = Phase::kClosed;
  if (protocol_) protocol_->on_close(reason);
  if (say_goodbye) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  protocol_.reset();
  target_.reset();  // it owns the thread, whose event queue may own this connection
  boost::system::error_code ignored;
  socket_.close(ignored);
  ticket_ = Admission::Ticket();
  thread_.remove(where_);
}

}  // namespace yagura::net
