#include "tentacle/transport_server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <thread>
#include <utility>

#include <sys/resource.h>

#include "base/file.h"
#include "base/guarded.h"
#include "base/log.h"
#include "crypto/tls.h"
#include "net/server.h"
#include "tentacle/server_connection.h"
#include "tentacle/transport_status.h"

namespace yagura::tentacle {
namespace {

constexpr mode_t kStatusMode = 0640;
constexpr std::uint64_t kSpareDescriptors = 256;

net::TlsMode tls_mode(const ListenerSettings& listener) {
  if (listener.min_level >= Level::kTls) return net::TlsMode::kRequired;
  // Plaintext was allowed by name and date; a certificate beside it means that agents may already
  // come with TLS: one port serves both while they move.
  return listener.certificate.empty() ? net::TlsMode::kPlain : net::TlsMode::kDetect;
}

Result<crypto::SslContext> tls_context(const ListenerSettings& listener) {
  crypto::ServerTls tls;
  tls.certificate_file = listener.certificate;
  tls.key_file = listener.key;
  tls.ca_file = listener.ca;
  tls.crl_file = listener.crl;
  tls.legacy_ciphers = listener.legacy_ciphers;
  tls.client = listener.min_level >= Level::kCertificate ? crypto::ClientCertificate::kRequired
               : listener.ca.empty()                     ? crypto::ClientCertificate::kNone
                                                         : crypto::ClientCertificate::kOptional;
  auto context = crypto::make_server_context(tls);
  if (!context.ok()) return context.error().with("listener " + listener.name);
  return context;
}

SessionRules session_rules(const TransportSettings& settings, const ListenerSettings& listener) {
  SessionRules rules;
  rules.max_size = settings.max_size;
  rules.password_digest = listener.password_digest.reveal();
  rules.listing = settings.listing;
  rules.texts = settings.refusals;
  return rules;
}

/// Every connection needs a descriptor, large uploads two.
void raise_descriptor_limit(std::size_t connections) {
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = connections * 2 + kSpareDescriptors;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    log::warning("descriptor-limit", {{"wanted", wanted}, {"allowed", limit.rlim_max}});
  }
}

/// The name of a file in its directory.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

struct TransportServer::Impl {
  TransportSettings settings;
  std::vector<SessionRules> rules;  // one per listener; connections refer to them
  std::vector<std::uint16_t> ports;
  TransportCounters counters;
  TransportContext context;
  TransferLog log;
  std::optional<Outgoing> outgoing;
  std::unique_ptr<SpoolWriter> spool;
  FetchPool fetches;
  std::unique_ptr<net::Server> server;
  Micros started = SystemClock().now();
  bool serving = false;

  Guarded<bool> stopping;
  std::condition_variable stop_changed;
  std::thread status_thread;

  explicit Impl(TransportSettings s)
      : settings(std::move(s)),
        log(TransferLogOptions{settings.audit_file, settings.audit_max_bytes,
                               settings.audit_keep}) {}

  Status listen(std::size_t index);
  void deliver(std::vector<StoreJob> jobs);
  Status write_status_file(bool still_serving);
  void run_status();
};

TransportServer::TransportServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TransportServer::~TransportServer() {
  stop();
}

Result<std::unique_ptr<TransportServer>> TransportServer::bind(TransportSettings settings) {
  auto impl = std::make_unique<Impl>(std::move(settings));
  Impl& i = *impl;
  i.context.settings = &i.settings;
  i.context.log = &i.log;
  i.context.counters = &i.counters;
  i.context.fetches = &i.fetches;
  raise_descriptor_limit(i.settings.admission.connections);

  net::ServerOptions options;
  options.threads = i.settings.threads;
  options.limits = i.settings.admission;
  options.on_refused = [log = &i.log](const std::string& listener, const net::Address& address,
                                      net::Verdict verdict) {
    log->turned_away(listener, address, verdict);
  };
  i.server = std::make_unique<net::Server>(std::move(options));
  for (const ListenerSettings& l : i.settings.listeners) {
    i.rules.push_back(session_rules(i.settings, l));
  }
  for (std::size_t n = 0; n < i.settings.listeners.size(); ++n)
    YAGURA_CHECK(i.listen(n));
  return std::unique_ptr<TransportServer>(new TransportServer(std::move(impl)));
}

Status TransportServer::Impl::listen(std::size_t index) {
  const ListenerSettings& l = settings.listeners[index];
  net::ListenerOptions options;
  options.name = l.name;
  options.address = l.address;
  options.port = l.port;
  options.tls_mode = tls_mode(l);
  if (options.tls_mode != net::TlsMode::kPlain) {
    YAGURA_TRY(tls, tls_context(l));
    options.tls = std::move(tls);
  }
  options.handshake_timeout = settings.handshake_timeout;
  options.allowed = l.allowed;
  options.proxies = l.proxies;
  auto port = server->listen(std::move(options), [this, index](net::Connection& connection) {
    return std::make_unique<ServerConnection>(connection, context, settings.listeners[index],
                                              rules[index]);
  });
  if (!port.ok()) return port.error().with("listener " + l.name);
  ports.push_back(*port);
  return {};
}

Status TransportServer::start() {
  Impl& i = *impl_;
  const TransportSettings& s = i.settings;
  SpoolOptions options;
  options.incoming = s.incoming;
  options.outgoing = s.outgoing;
  options.max_items = s.max_items;
  options.max_bytes = s.max_bytes;
  options.min_free_percent = s.min_free_percent;
  options.repeat_window = s.repeat_window;
  options.accept_same_name = s.accept_same_name;
  YAGURA_TRY(spool, SpoolWriter::open(
                        options, [&i](std::vector<StoreJob> jobs) { i.deliver(std::move(jobs)); }));
  i.spool = std::move(spool);
  i.context.spool = i.spool.get();
  if (!s.outgoing.empty()) {
    YAGURA_TRY(outgoing, Outgoing::open(s.outgoing, s.filters));
    i.outgoing.emplace(std::move(outgoing));
    i.context.outgoing = &*i.outgoing;
  }
  YAGURA_CHECK(i.log.start());
  i.serving = true;
  if (!s.status_file.empty()) YAGURA_CHECK(i.write_status_file(true));
  i.spool->start();
  i.fetches.start();
  YAGURA_CHECK(i.server->start());
  if (!s.status_file.empty()) i.status_thread = std::thread([&i] { i.run_status(); });
  for (std::size_t n = 0; n < s.listeners.size(); ++n) {
    const ListenerSettings& l = s.listeners[n];
    log::info("listening", {{"listener", l.name},
                            {"address", l.address},
                            {"port", i.ports[n]},
                            {"min_level", static_cast<int>(l.min_level)}});
  }
  for (const std::string& text : findings(s, SystemClock().now())) {
    log::warning("finding", {{"text", text}});
  }
  return {};
}

/// On a committer's thread: records first, then the answers, with one wake-up per I/O thread.
void TransportServer::Impl::deliver(std::vector<StoreJob> jobs) {
  const Micros now = SystemClock().now();
  std::vector<std::pair<net::Remote, std::function<void(net::Protocol&)>>> answers;
  answers.reserve(jobs.size());
  for (StoreJob& job : jobs) {
    LoggedTransfer t;
    t.verb = job.verb;
    t.file = job.envelope.name;
    t.size = job.envelope.length;
    t.sha256 = job.envelope.sha256;
    t.began = job.began;
    t.ended = now;
    switch (job.outcome) {
      case StoreOutcome::kStored:
        t.result = "stored";
        if (job.publish_directory.empty()) t.item = job.envelope.id;
        ++counters.stored;
        break;
      case StoreOutcome::kRepeated:
        t.result = "repeated";
        ++counters.repeated;
        break;
      case StoreOutcome::kExists:
      case StoreOutcome::kNoRoom:
      case StoreOutcome::kFailed:
        t.result = "refused";
        t.reason = job.outcome == StoreOutcome::kExists   ? "exists"
                   : job.outcome == StoreOutcome::kNoRoom ? "no-room"
                                                          : "storage";
        ++counters.refused;
        break;
    }
    log.transfer(*job.connection, t);
    answers.emplace_back(std::move(job.remote),
                         [tag = job.tag, outcome = job.outcome](net::Protocol& protocol) {
                           static_cast<ServerConnection&>(protocol).on_stored(tag, outcome);
                         });
  }
  log.flush();
  net::Remote::post_all(std::move(answers));
}

void TransportServer::reload() {
  for (const ListenerSettings& l : impl_->settings.listeners) {
    if (tls_mode(l) == net::TlsMode::kPlain) continue;
    auto context = tls_context(l);
    if (!context.ok()) {
      log::error("reload-failed", {{"error", context.error()}, {"kept", "the former files"}});
      continue;
    }
    const Status replaced = impl_->server->replace_tls(l.name, std::move(context).value());
    if (!replaced.ok()) log::error("reload-failed", {{"error", replaced.error()}});
  }
  const Status reopened = impl_->log.reopen();
  if (!reopened.ok()) log::error("reload-failed", {{"error", reopened.error()}});
  log::info("reloaded");
}

void TransportServer::stop() {
  Impl& i = *impl_;
  if (!std::exchange(i.serving, false)) return;
  i.server->stop_accepting();
  const bool clean = i.server->drain(i.settings.drain);
  if (!clean) log::warning("drain-incomplete", {{"limit_s", i.settings.drain / kSecond}});
  i.spool->stop();
  i.fetches.stop();
  i.server->stop();
  i.log.stop();
  *i.stopping.lock() = true;
  i.stop_changed.notify_all();
  if (i.status_thread.joinable()) i.status_thread.join();
  if (!i.settings.status_file.empty()) {
    const Status written = i.write_status_file(false);
    if (!written.ok()) log::warning("status-write-failed", {{"error", written.error()}});
  }
}

std::uint16_t TransportServer::port(const std::string& listener) const {
  for (std::size_t n = 0; n < impl_->settings.listeners.size(); ++n) {
    if (impl_->settings.listeners[n].name == listener) return impl_->ports[n];
  }
  return 0;
}

Status TransportServer::Impl::write_status_file(bool still_serving) {
  TransportStatus status;
  status.now = SystemClock().now();
  status.started = started;
  status.serving = still_serving;
  status.connections = server->admission().counts(SystemClock().steady());
  status.spool = spool->state();
  status.audit_lost = log.lost();
  status.ports = ports;
  const auto [directory, name] = split_path(settings.status_file);
  YAGURA_TRY(folder, Directory::open(directory));
  return folder.write_durable(name, write_status(settings, counters, status), kStatusMode);
}

void TransportServer::Impl::run_status() {
  for (;;) {
    {
      auto locked = stopping.lock();
      if (locked.wait_for(stop_changed, std::chrono::microseconds(settings.status_interval),
                          [&] { return *locked; })) {
        return;
      }
    }
    const Status written = write_status_file(true);
    if (!written.ok()) log::warning("status-write-failed", {{"error", written.error()}});
  }
}

}  // namespace yagura::tentacle
