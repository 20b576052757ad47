#include "net/server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/signals.h"
#include "net/connection.h"
#include "net/listener.h"

namespace yagura::net {
namespace {

constexpr int kAcceptsPerEvent = 32;  // then the thread's other connections get their turn

/// Errors of accept(2) that go away only when descriptors or memory become free.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] std::uint16_t port() const {
    // sin_port and sin6_port stand at the same place.
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return ntohs(v4.sin_port);
  }
};

Result<SocketAddress> socket_address(const std::string& address, std::uint16_t port) {
  YAGURA_TRY(parsed, Address::parse(address));
  SocketAddress out;
  const auto& bytes = parsed.bytes();
  if (parsed.family() == text::IpFamily::kV4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, bytes.data(), 4);
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, bytes.data(), 16);
    std::memcpy(&out.storage, &v6, sizeof v6);
    out.size = sizeof v6;
  }
  return out;
}

Result<UniqueFd> bind_socket(const ListenerOptions& options, std::uint16_t& port) {
  const std::string where = options.address + " port " + std::to_string(options.port);
  YAGURA_TRY(address, socket_address(options.address, options.port));
  const int family = address.storage.ss_family;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("socket for " + where, errno);
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  // Accepted sockets inherit these two.
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  if (family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  }
  if (::bind(fd.get(), address.get(), address.size) != 0) {
    if (errno == EADDRINUSE) return Error{ErrorCode::kConflict, where + " is in use"};
    return system_error("binding " + where, errno);
  }
  if (::listen(fd.get(), SOMAXCONN) != 0) return system_error("listening on " + where, errno);
  SocketAddress bound;
  if (::getsockname(fd.get(), bound.get(), &bound.size) != 0) {
    return system_error("getsockname", errno);
  }
  port = bound.port();
  return fd;
}

}  // namespace

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::kFinished:
      return "finished";
    case CloseReason::kPeer:
      return "peer";
    case CloseReason::kDeadline:
      return "deadline";
    case CloseReason::kHandshake:
      return "handshake";
    case CloseReason::kEvicted:
      return "evicted";
    case CloseReason::kShutdown:
      return "shutdown";
  }
  return "finished";
}

// ---------------------------------------------------------------- Remote

void Remote::post(std::function<void(Protocol&)> work) const {
  const std::shared_ptr<Target> target = target_.lock();
  if (!target) return;
  target->thread()->post([weak = target->connection, work = std::move(work)] {
    if (const auto alive = weak.lock()) alive->run(work);
  });
}

void Remote::post_all(std::vector<std::pair<Remote, std::function<void(Protocol&)>>> work) {
  using Job = std::pair<std::weak_ptr<ConnectionImpl>, std::function<void(Protocol&)>>;
  std::map<std::shared_ptr<IoThread>, std::vector<Job>> per_thread;
  for (auto& [remote, job] : work) {
    if (const std::shared_ptr<Target> target = remote.target_.lock()) {
      per_thread[target->thread()].emplace_back(target->connection, std::move(job));
    }
  }
  for (auto& [thread, jobs] : per_thread) {
    thread->post([batch = std::move(jobs)] {
      for (const auto& [weak, job] : batch) {
        if (const auto alive = weak.lock()) alive->run(job);
      }
    });
  }
}

// ---------------------------------------------------------------- Listener and Acceptor

SSL* Listener::new_tls() {
  auto context = tls.lock();
  return *context ? SSL_new(context->get()) : nullptr;
}

bool Listener::is_proxy(const Address& address) const {
  return std::any_of(options.proxies.begin(), options.proxies.end(),
                     [&](const Network& n) { return n.contains(address); });
}

bool Listener::allows(const Address& address) const {
  return options.allowed.empty() ||
         std::any_of(options.allowed.begin(), options.allowed.end(),
                     [&](const Network& n) { return n.contains(address); });
}

void Listener::refused(const Address& address, Verdict verdict) const {
  if (on_refused) on_refused(options.name, address, verdict);
}

Acceptor::Acceptor(IoThread& thread, std::shared_ptr<Listener> listener, int fd)
    : thread_(thread), listener_(std::move(listener)), socket_(thread.io(), fd) {}

void Acceptor::arm() {
  if (!socket_.is_open()) return;
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error) return;
                       thread_.refresh_now();
                       accept_some();
                     });
}

void Acceptor::accept_some() {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    SocketAddress address;
    UniqueFd fd(::accept4(socket_.native_handle(), address.get(), &address.size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (is_shortage(errno)) {
        starved_ = true;  // waiting for readability would spin: the sweeper tries again
        return;
      }
      break;  // nobody left, or another thread was faster
    }
    take(std::move(fd), address_of(address.get()), address.port());
  }
  arm();
}

void Acceptor::take(UniqueFd fd, const Address& address, std::uint16_t port) {
  const bool proxied = listener_->is_proxy(address);
  Admission::Ticket ticket;
  Verdict verdict = Verdict::kNotAllowed;
  if (proxied || listener_->allows(address)) {
    verdict = listener_->admission.enter(proxied ? Address() : address, thread_.now(), ticket);
  }
  if (verdict != Verdict::kAdmitted) {
    listener_->refused(address, verdict);
    return;
  }
  Peer peer;
  peer.address = address;
  peer.text = address.to_string();
  peer.port = port;
  peer.listener = listener_->options.name;
  thread_.add(std::make_shared<ConnectionImpl>(thread_, listener_, std::move(fd), std::move(peer),
                                               std::move(ticket)));
}

void Acceptor::on_sweep() {
  if (std::exchange(starved_, false)) arm();
}

void Acceptor::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

// ---------------------------------------------------------------- Server

struct Server::Impl {
  ServerOptions options;
  Admission admission;
  OpenCount open;
  std::vector<std::shared_ptr<IoThread>> threads;
  std::vector<std::shared_ptr<Listener>> listeners;

  explicit Impl(ServerOptions o) : options(std::move(o)), admission(options.limits) {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
      threads.push_back(std::make_shared<IoThread>(options.read_limit, open));
    }
  }
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  ignore_broken_pipes();
}
Server::~Server() {
  stop();
}

Result<std::uint16_t> Server::listen(ListenerOptions options, ProtocolFactory factory) {
  if (options.tls_mode != TlsMode::kPlain && !options.tls) {
    return Error{ErrorCode::kInvalid, "listener " + options.name + " has no TLS context"};
  }
  std::uint16_t port = 0;
  YAGURA_TRY(fd, bind_socket(options, port));
  crypto::SslContext tls = std::move(options.tls);
  auto listener = std::make_shared<Listener>(std::move(options), std::move(factory),
                                             impl_->options.on_refused, impl_->admission);
  *listener->tls.lock() = std::move(tls);
  for (const auto& thread : impl_->threads) {
    const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return system_error("dup", errno);
    thread->add_acceptor(std::make_unique<Acceptor>(*thread, listener, copy));
  }
  impl_->listeners.push_back(std::move(listener));
  return port;
}

Status Server::start() {
  for (const auto& thread : impl_->threads)
    thread->start();
  return {};
}

Status Server::replace_tls(const std::string& listener, crypto::SslContext context) {
  for (const auto& known : impl_->listeners) {
    if (known->options.name != listener) continue;
    std::swap(*known->tls.lock(), context);
    return {};
  }
  return Error{ErrorCode::kNotFound, "no listener is called " + listener};
}

void Server::stop_accepting() {
  for (const auto& thread : impl_->threads)
    thread->stop_accepting();
}

bool Server::drain(Micros limit) {
  for (const auto& thread : impl_->threads)
    thread->drain();
  return impl_->open.wait_none(limit);
}

void Server::stop() {
  for (const auto& thread : impl_->threads)
    thread->stop();
}

Admission& Server::admission() {
  return impl_->admission;
}

}  // namespace yagura::net
