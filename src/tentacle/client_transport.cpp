#include "tentacle/client_transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/signals.h"
#include "tentacle/client_session.h"
#include "tentacle/command.h"
#include "tentacle/zip.h"

namespace yagura::tentacle {
namespace {

constexpr std::size_t kReadChunk = 16UL * 1024;
constexpr Micros kLongestPollMs = 60'000;
constexpr std::string_view kStopped = "stopped";

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, SslDeleter>;
struct SessionDeleter {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsSession = std::unique_ptr<SSL_SESSION, SessionDeleter>;
struct AddressListDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

Micros steady() {
  return SystemClock().steady();
}

/// The alerts by which a peer says that it does not accept our certificate.
bool is_certificate_alert(unsigned long code) {
  switch (ERR_GET_REASON(code)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

/// A socket that may speak TLS. Every wait is bounded by a deadline given with it.
class Stream {
 public:
  Stream(UniqueFd fd, int stop_fd) : fd_(std::move(fd)), stop_fd_(stop_fd) {}

  Status start_tls(SSL_CTX* context, const std::string& name, bool verify, SSL_SESSION* session,
                   Micros deadline);
  /// Bytes written or read, 0 = would have to wait; kUnavailable once the peer is gone.
  Result<std::size_t> write(std::string_view bytes);
  Result<std::size_t> read(std::span<char> out);
  /// Until the socket may be ready for what the last call waited for, or for reading.
  Status wait(Micros deadline, bool for_write);
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  void shut_down();

 private:
  Result<std::size_t> tls_result(int rc);

  UniqueFd fd_;
  Ssl ssl_;
  int stop_fd_;
  bool tls_wants_write_ = false;
};

/// Until one of `events` is there; kTimeout at the deadline, kUnavailable "stopped" by `stop_fd`.
Status wait_for(int fd, short events, int stop_fd, Micros deadline) {
  std::array<pollfd, 2> fds{};
  fds[0].fd = fd;
  fds[0].events = events;
  fds[1].fd = stop_fd;
  fds[1].events = POLLIN;
  for (;;) {
    const Micros left = deadline - steady();
    if (left <= 0) return Error{ErrorCode::kTimeout, "timed out"};
    const int ms = static_cast<int>(std::min<Micros>(left / 1000 + 1, kLongestPollMs));
    const int n = ::poll(fds.data(), fds.size(), ms);
    if (n < 0 && errno != EINTR) return system_error("poll", errno);
    if (n <= 0) continue;
    if (fds[1].revents != 0) return Error{ErrorCode::kUnavailable, std::string(kStopped)};
    return {};
  }
}

Status Stream::wait(Micros deadline, bool for_write) {
  const bool out = for_write || tls_wants_write_;
  return wait_for(fd_.get(), out ? POLLIN | POLLOUT : POLLIN, stop_fd_, deadline);
}

Result<std::size_t> Stream::tls_result(int rc) {
  if (rc > 0) return static_cast<std::size_t>(rc);
  const int saved = errno;
  switch (SSL_get_error(ssl_.get(), rc)) {
    case SSL_ERROR_WANT_READ:
      return std::size_t{0};
    case SSL_ERROR_WANT_WRITE:
      tls_wants_write_ = true;
      return std::size_t{0};
    case SSL_ERROR_ZERO_RETURN:
      return Error{ErrorCode::kUnavailable, "the server closed the connection"};
    case SSL_ERROR_SYSCALL:
      if (saved != 0) return Error{ErrorCode::kUnavailable, std::strerror(saved)};
      return Error{ErrorCode::kUnavailable, "the server closed the connection"};
    default:
      break;
  }
  const bool certificate = is_certificate_alert(ERR_peek_last_error());
  return Error{certificate ? ErrorCode::kDenied : ErrorCode::kUnavailable,
               "TLS: " + crypto::last_error()};
}

Result<std::size_t> Stream::write(std::string_view bytes) {
  if (bytes.empty()) return std::size_t{0};
  if (ssl_) {
    ERR_clear_error();
    tls_wants_write_ = false;
    errno = 0;
    const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 20U));
    return tls_result(SSL_write(ssl_.get(), bytes.data(), size));
  }
  const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return Error{ErrorCode::kUnavailable, std::strerror(errno)};
}

Result<std::size_t> Stream::read(std::span<char> out) {
  if (ssl_) {
    ERR_clear_error();
    errno = 0;
    return tls_result(SSL_read(ssl_.get(), out.data(), static_cast<int>(out.size())));
  }
  const ssize_t n = ::recv(fd_.get(), out.data(), out.size(), 0);
  if (n > 0) return static_cast<std::size_t>(n);
  if (n == 0) return Error{ErrorCode::kUnavailable, "the server closed the connection"};
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return Error{ErrorCode::kUnavailable, std::strerror(errno)};
}

Status Stream::start_tls(SSL_CTX* context, const std::string& name, bool verify,
                         SSL_SESSION* session, Micros deadline) {
  ssl_.reset(SSL_new(context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) {
    return Error{ErrorCode::kUnavailable, "TLS: " + crypto::last_error()};
  }
  if (verify) YAGURA_CHECK(crypto::expect_peer(ssl_.get(), name));
  if (session != nullptr) SSL_set_session(ssl_.get(), session);
  for (;;) {
    ERR_clear_error();
    errno = 0;
    tls_wants_write_ = false;
    const auto done = tls_result(SSL_connect(ssl_.get()));
    if (!done.ok()) {
      const long verdict = SSL_get_verify_result(ssl_.get());
      if (verify && verdict != X509_V_OK) {
        return Error{ErrorCode::kDenied, std::string("the server's certificate: ") +
                                             X509_verify_cert_error_string(verdict)};
      }
      return done.error();
    }
    if (*done > 0) return {};
    YAGURA_CHECK(wait(deadline, false));
  }
}

void Stream::shut_down() {
  if (ssl_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(fd_.get(), SHUT_WR);
}

/// A socket that still connects is writable only once it is done.
Status wait_connected(int fd, const ClientOptions& options) {
  YAGURA_CHECK(wait_for(fd, POLLOUT, options.stop_fd, steady() + options.connect_timeout));
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return Error{ErrorCode::kUnavailable, std::strerror(error)};
  return {};
}

Result<UniqueFd> connect_one(const addrinfo& address, const ClientOptions& options) {
  UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("socket", errno);
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (!options.local_address.empty()) {
    addrinfo hints{};
    hints.ai_family = address.ai_family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (::getaddrinfo(options.local_address.c_str(), nullptr, &hints, &found) != 0) {
      return Error{ErrorCode::kInvalid,
                   "local address " + options.local_address + " does not fit the server's family"};
    }
    const AddressList local(found);
    if (::bind(fd.get(), local->ai_addr, local->ai_addrlen) != 0) {
      return system_error("local address " + options.local_address, errno);
    }
  }
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
  if (errno != EINPROGRESS) return Error{ErrorCode::kUnavailable, std::strerror(errno)};
  YAGURA_CHECK(wait_connected(fd.get(), options));
  return fd;
}

/// TCP to `server`: every address it has, IPv6 first as the reference does.
Result<UniqueFd> connect_tcp(const ServerAddress& server, const ClientOptions& options) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(server.port);
  int rc = ::getaddrinfo(server.host.c_str(), port.c_str(), &hints, &found);
  if (rc != 0) {
    // AI_ADDRCONFIG hides loopback-only families: a literal must work all the same.
    hints.ai_flags = AI_NUMERICHOST;
    if (::getaddrinfo(server.host.c_str(), port.c_str(), &hints, &found) != 0) {
      return Error{ErrorCode::kUnavailable, ::gai_strerror(rc)};
    }
  }
  const AddressList list(found);
  std::vector<const addrinfo*> order;
  for (const bool v6 : {true, false}) {
    for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
      if ((a->ai_family == AF_INET6) == v6) order.push_back(a);
    }
  }
  Error last{ErrorCode::kUnavailable, "has no address"};
  for (const addrinfo* a : order) {
    auto fd = connect_one(*a, options);
    if (fd.ok()) return fd;
    last = fd.error();
    if (last.what == kStopped) break;
  }
  return last;
}

Status through_proxy(Stream& stream, const HttpProxy& proxy, const ServerAddress& server,
                     Micros deadline) {
  ProxyHandshake handshake(server.host, server.port, proxy.user, proxy.password.reveal());
  std::string_view out = handshake.request();
  std::array<char, 1> byte{};  // what follows the answer belongs to TLS
  for (;;) {
    if (!out.empty()) {
      YAGURA_TRY(n, stream.write(out));
      out.remove_prefix(n);
      if (n == 0) YAGURA_CHECK(stream.wait(deadline, true));
      continue;
    }
    YAGURA_TRY(n, stream.read(byte));
    if (n == 0) {
      YAGURA_CHECK(stream.wait(deadline, false));
      continue;
    }
    std::string_view input(byte.data(), n);
    YAGURA_TRY(open, handshake.feed(input));
    if (open) return {};
  }
}

bool same_fingerprint(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

}  // namespace

struct ClientTransport::State {
  ClientOptions options;
  crypto::SslContext context;
  std::vector<TlsSession> sessions;  // one place per server, for resumption
};

struct ClientConnection::Impl {
  std::shared_ptr<ClientTransport::State> state;
  std::size_t server_index;
  Stream stream;
  crypto::TlsInfo tls;
  ClientSession session;

  /// Drives the operation in `session` until it is over.
  Result<std::string> run(std::uint64_t size);
  Result<bool> step();
  void keep_session() const;
};

/// One round of writing and reading; true if anything moved.
Result<bool> ClientConnection::Impl::step() {
  bool moved = false;
  const std::string_view output = session.output();
  if (!output.empty()) {
    YAGURA_TRY(n, stream.write(output));
    session.sent(n);
    moved = n > 0;
  }
  if (!session.busy()) return moved;
  std::array<char, kReadChunk> chunk;
  YAGURA_TRY(n, stream.read(chunk));
  session.feed({chunk.data(), n});
  return moved || n > 0;
}

Result<std::string> ClientConnection::Impl::run(std::uint64_t size) {
  const ClientOptions& options = state->options;
  const Micros end =
      steady() + options.operation_base +
      static_cast<Micros>(size / std::max<std::uint64_t>(options.minimum_rate, 1)) * kSecond;
  Micros last_progress = steady();
  while (session.busy() || !session.output().empty()) {
    const auto moved = step();
    if (!moved.ok()) {
      session.lost(moved.error().what);
      return moved.error();
    }
    if (*moved) {
      last_progress = steady();
      if (last_progress < end) continue;
    }
    const Status waited =
        stream.wait(std::min(end, last_progress + options.idle_timeout), !session.output().empty());
    if (!waited.ok()) {
      session.lost(waited.error().what);
      return waited.error();
    }
  }
  return session.take_result();
}

/// TLS 1.3 tickets come after the handshake: the session is complete only at the end.
void ClientConnection::Impl::keep_session() const {
  if (stream.ssl() == nullptr) return;
  TlsSession kept(SSL_get1_session(stream.ssl()));
  if (kept && SSL_SESSION_is_resumable(kept.get()) == 1) {
    state->sessions[server_index] = std::move(kept);
  }
}

ClientConnection::ClientConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientConnection::ClientConnection(ClientConnection&&) noexcept = default;
ClientConnection& ClientConnection::operator=(ClientConnection&&) noexcept = default;
ClientConnection::~ClientConnection() = default;

Status ClientConnection::send(std::string_view name, std::string_view bytes) {
  YAGURA_CHECK(impl_->session.start_send(name, bytes, ClientSession::Packing::kPlain));
  YAGURA_CHECK(impl_->run(bytes.size()));
  return {};
}

Status ClientConnection::send_compressed(std::string_view name, std::string_view bytes) {
  YAGURA_TRY(archive, make_zip(name, bytes));
  YAGURA_CHECK(impl_->session.start_send(name, archive, ClientSession::Packing::kCompressed));
  YAGURA_CHECK(impl_->run(archive.size()));
  return {};
}

Result<std::string> ClientConnection::receive(std::string_view name, std::size_t limit) {
  YAGURA_CHECK(impl_->session.start_receive(name, limit, ClientSession::Packing::kPlain));
  return impl_->run(limit);
}

Result<std::string> ClientConnection::receive_compressed(std::string_view name, std::size_t limit) {
  YAGURA_CHECK(impl_->session.start_receive(name, limit, ClientSession::Packing::kCompressed));
  YAGURA_TRY(archive, impl_->run(limit));
  return expand_zip(archive, limit);
}

void ClientConnection::quit() {
  impl_->session.start_quit();
  const auto ignored = impl_->run(0);
  static_cast<void>(ignored.ok());
  impl_->keep_session();
  impl_->stream.shut_down();
}

const ServerAddress& ClientConnection::server() const {
  return impl_->state->options.servers[impl_->server_index];
}

const crypto::TlsInfo& ClientConnection::tls() const {
  return impl_->tls;
}

ClientTransport::ClientTransport(std::shared_ptr<State> state) : state_(std::move(state)) {}
ClientTransport::ClientTransport(ClientTransport&&) noexcept = default;
ClientTransport& ClientTransport::operator=(ClientTransport&&) noexcept = default;
ClientTransport::~ClientTransport() = default;

Result<ClientTransport> ClientTransport::make(ClientOptions options) {
  ignore_broken_pipes();
  auto state = std::make_shared<State>();
  if (options.servers.empty()) return Error{ErrorCode::kInvalid, "no server is named"};
  if (!options.tls && !options.pinned_fingerprint.empty()) {
    return Error{ErrorCode::kInvalid, "a certificate is pinned, but TLS is off"};
  }
  if (!options.pinned_fingerprint.empty() && (options.pinned_fingerprint.size() != 64 ||
                                              options.pinned_fingerprint.find_first_not_of(
                                                  "0123456789abcdefABCDEF") != std::string::npos)) {
    return Error{ErrorCode::kInvalid, "the pinned fingerprint is not 64 hexadecimal digits"};
  }
  if (options.tls) {
    YAGURA_TRY(context, crypto::make_client_context(*options.tls));
    state->context = std::move(context);
  }
  state->sessions.resize(options.servers.size());
  state->options = std::move(options);
  return ClientTransport(std::move(state));
}

namespace {

/// TLS on an open stream, with the pin checked.
Result<crypto::TlsInfo> secure(Stream& stream, SSL_CTX* context, const ClientOptions& options,
                               const ServerAddress& server, SSL_SESSION* session, Micros deadline) {
  const std::string& name = options.expected_name.empty() ? server.host : options.expected_name;
  YAGURA_CHECK(stream.start_tls(context, name, options.tls->verify, session, deadline));
  crypto::TlsInfo info = crypto::describe(stream.ssl());
  if (!options.pinned_fingerprint.empty() &&
      !same_fingerprint(options.pinned_fingerprint, info.peer_fingerprint)) {
    return Error{ErrorCode::kDenied,
                 "the server's certificate is not the pinned one but " + info.peer_fingerprint};
  }
  return info;
}

}  // namespace

Result<ClientConnection> ClientTransport::connect() {
  const ClientOptions& options = state_->options;
  std::string what;
  ErrorCode code = ErrorCode::kUnavailable;
  for (std::size_t i = 0; i < options.servers.size(); ++i) {
    auto opened = open(i);
    if (opened.ok()) return opened;
    const Error& error = opened.error();
    what += (what.empty() ? "" : "; ") + options.servers[i].text() + ": " + error.what;
    if (code != ErrorCode::kDenied) code = error.code;
    if (error.what == kStopped) break;
  }
  return Error{code, what};
}

Result<ClientConnection> ClientTransport::open(std::size_t index) {
  const ClientOptions& options = state_->options;
  const ServerAddress& server = options.servers[index];
  YAGURA_TRY(fd, connect_tcp(options.proxy ? options.proxy->address : server, options));
  auto impl = std::make_unique<ClientConnection::Impl>(ClientConnection::Impl{
      state_, index, Stream(std::move(fd), options.stop_fd), crypto::TlsInfo{}, ClientSession{}});
  const Micros deadline = steady() + options.handshake_timeout;
  if (options.proxy) {
    YAGURA_CHECK(through_proxy(impl->stream, *options.proxy, server, deadline));
  }
  if (options.tls) {
    YAGURA_TRY(info, secure(impl->stream, state_->context.get(), options, server,
                            state_->sessions[index].get(), deadline));
    impl->tls = std::move(info);
  }
  if (!options.password.empty()) {
    impl->session.start_password(password_digest(options.password.reveal()));
    YAGURA_CHECK(impl->run(0));
  }
  return ClientConnection(std::move(impl));
}

Status ClientTransport::send_file(std::string_view name, std::string_view bytes) {
  YAGURA_TRY(connection, connect());
  YAGURA_CHECK(connection.send(name, bytes));
  connection.quit();
  return {};
}

const ClientOptions& ClientTransport::options() const {
  return state_->options;
}

}  // namespace yagura::tentacle
