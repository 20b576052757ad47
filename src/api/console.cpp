#include "api/console.h"

#include <utility>

#include "api/dispatcher.h"
#include "api/resources.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "db/migrations.h"
#include "db/pool.h"
#include "http/assets.h"

namespace yagura::api {
namespace {

constexpr Micros kGrace = 10 * kSecond;
constexpr std::chrono::milliseconds kFirstLook{5000};

}  // namespace

// Members in the order of their start; they end in reverse.
struct Console::Impl {
  Impl(const ConsoleSettings& settings, std::string dummy_hash)
      : login{.sessions = settings.sessions,
              .passwords = settings.passwords,
              .throttle = settings.throttle,
              .cost = settings.cost,
              .dummy_hash = std::move(dummy_hash),
              .clock = clock,
              .random = random},
        database(settings.database, settings.listen.workers),
        dispatcher(all_operations(), http::embedded_assets(), database, login, settings.limits),
        server(
            settings.listen, [this](const http::Request& r) { return dispatcher.handle(r); }, clock,
            random) {}

  SystemClock clock;
  SystemRandom random;
  identity::LoginServices login;
  db::Pool database;
  Dispatcher dispatcher;
  http::Server server;
  std::uint16_t port = 0;
};

Console::Console(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Console::~Console() = default;

Result<std::unique_ptr<Console>> Console::bind(const ConsoleSettings& settings) {
  SystemRandom random;
  YAGURA_TRY(dummy, identity::make_dummy_hash(settings.cost, random));
  auto impl = std::make_unique<Impl>(settings, std::move(dummy));
  YAGURA_TRY(port, impl->server.listen());
  impl->port = port;
  return std::unique_ptr<Console>(new Console(std::move(impl)));
}

Status Console::start() {
  auto db = impl_->database.acquire(kFirstLook);
  if (db) {
    if (const Status current = db::require_current(**db); !current) {
      return current.error().with("database");
    }
  } else {
    log::warning("database-away", {{"error", db.error()}});
  }
  return impl_->server.start();
}

void Console::reload() {
  if (const Status reloaded = impl_->server.reload_tls(); !reloaded) {
    log::error("certificate-not-reloaded", {{"error", reloaded.error()}});
  } else {
    log::info("certificate-reloaded");
  }
}

void Console::stop() {
  impl_->server.stop(kGrace);
}

std::uint16_t Console::port() const {
  return impl_->port;
}

}  // namespace yagura::api
