#include "http/server.h"

#include <atomic>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/queue.h"
#include "crypto/secret.h"
#include "http/problem.h"
#include "http/session.h"
#include "net/server.h"

namespace yagura::http {
namespace {

constexpr std::string_view kListener = "https";
constexpr std::size_t kRequestIdBytes = 8;

net::ServerOptions net_options(const ServerOptions& options) {
  net::ServerOptions out;
  out.threads = options.io_threads;
  out.limits.connections = options.connections;
  out.limits.per_address = options.per_address;
  // More than a body, so that a paused connection is never cut for bytes it may not deliver.
  out.read_limit = kMaxRequestBody + kMaxRequestHead;
  out.on_refused = [](const std::string&, const net::Address& address, net::Verdict verdict) {
    log::warning("connection-refused",
                 {{"peer", address.to_string()}, {"verdict", net::to_string(verdict)}});
  };
  return out;
}

}  // namespace

struct Server::Impl final : SessionHost {
  Impl(ServerOptions o, Handler h, const Clock& c, Random& r)
      : settings(std::move(o)),
        handler(std::move(h)),
        wall(c),
        random(r),
        jobs(settings.queue),
        network(net_options(settings)) {}

  [[nodiscard]] const ServerOptions& options() const override { return settings; }
  [[nodiscard]] const Clock& clock() const override { return wall; }
  std::string new_request_id() override { return random.hex(kRequestIdBytes); }
  bool submit(Job job) override { return jobs.try_push(std::move(job)); }

  void work() {
    while (auto job = jobs.pop()) {
      const Micros start = wall.steady();
      auto response = std::make_shared<Response>(run(job->request));
      crypto::wipe(job->request.body);  // it may have held a password
      log_access(job->request, *response, wall.steady() - start);
      job->connection.post([response](net::Protocol& protocol) {
        // Every protocol of this server is an HttpSession: the factory below makes no other.
        static_cast<HttpSession&>(protocol).answer(std::move(*response));
      });
    }
  }

  Response run(const Request& request) {
    try {
      return handler(request);
    } catch (const std::exception& e) {
      log::error("request-exception", {{"id", request.id}, {"error", e.what()}});
      return respond(Problem{kServerError, {}, {}}, request.id);
    }
  }

  const ServerOptions settings;
  const Handler handler;
  const Clock& wall;
  Random& random;
  BoundedQueue<Job> jobs;
  std::vector<std::jthread> workers;
  net::Server network;
  bool stopped = false;
};

Server::Server(ServerOptions options, Handler handler, const Clock& clock, Random& random)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler), clock, random)) {}

Server::~Server() {
  stop(0);
}

Result<std::uint16_t> Server::listen() {
  YAGURA_TRY(context, crypto::make_server_context(impl_->settings.tls));
  net::ListenerOptions listener;
  listener.name = kListener;
  listener.address = impl_->settings.address;
  listener.port = impl_->settings.port;
  listener.tls_mode = net::TlsMode::kRequired;
  listener.tls = std::move(context);
  return impl_->network.listen(std::move(listener), [impl = impl_.get()](net::Connection& c) {
    return std::make_unique<HttpSession>(*impl, c);
  });
}

Status Server::start() {
  for (std::size_t i = 0; i < impl_->settings.workers; ++i) {
    impl_->workers.emplace_back([impl = impl_.get()] { impl->work(); });
  }
  return impl_->network.start();
}

Status Server::reload_tls() {
  YAGURA_TRY(context, crypto::make_server_context(impl_->settings.tls));
  return impl_->network.replace_tls(std::string(kListener), std::move(context));
}

void Server::stop(Micros grace) {
  if (std::exchange(impl_->stopped, true)) return;
  impl_->network.stop_accepting();
  if (grace > 0 && !impl_->network.drain(grace)) log::warning("requests-cut-off", {});
  impl_->jobs.close();
  impl_->workers.clear();
  impl_->network.stop();
}

}  // namespace yagura::http
