#include "api/console_settings.h"

#include <utility>

#include "db/options.h"

namespace yagura::api {
namespace {

constexpr std::int64_t kMebibyte = 1024 * 1024;

std::size_t size(Settings& settings, std::string_view key, std::size_t fallback, IntRange range) {
  return static_cast<std::size_t>(
      settings.integer(key, static_cast<std::int64_t>(fallback), range));
}

Micros minutes(Settings& settings, std::string_view key, Micros fallback, IntRange range) {
  return settings.integer(key, fallback / kMinute, range) * kMinute;
}

void read_process(Settings& settings, ConsoleSettings& out) {
  out.log.process = "yagura-console";
  out.log.file = settings.text("log.file", "");
  const std::string level =
      settings.choice("log.level", "info", {"debug", "info", "warning", "error"});
  out.log.level = log::parse_level(level).value_or(log::Level::kInfo);
  out.user = settings.text("process.user", "");
  out.allow_root = settings.flag("process.allow_root", false);
}

void read_listen(Settings& settings, http::ServerOptions& out) {
  out.address = settings.text("listen.address", out.address);
  out.port = static_cast<std::uint16_t>(settings.integer("listen.port", out.port, {0, 65535}));
  out.tls.certificate_file = settings.required_text("listen.certificate");
  out.tls.key_file = settings.required_text("listen.key");
  out.io_threads = size(settings, "listen.io_threads", out.io_threads, {1, 64});
  out.workers = size(settings, "listen.workers", out.workers, {1, 256});
  out.connections = size(settings, "listen.connections", out.connections, {10, 100'000});
  out.per_address = size(settings, "listen.connections_per_address", out.per_address, {1, 100'000});
}

void read_sessions(Settings& settings, identity::SessionPolicy& out) {
  out.idle = minutes(settings, "session.idle_minutes", out.idle, {1, 1440});
  out.absolute = settings.integer("session.absolute_hours", out.absolute / kHour, {1, 168}) * kHour;
  out.per_user = settings.integer("session.per_user", out.per_user, {1, 100});
  const std::string bind = settings.choice("session.bind", "subnet", {"off", "subnet", "exact"});
  if (bind == "off") out.bind = identity::SessionBind::kOff;
  if (bind == "exact") out.bind = identity::SessionBind::kExact;
}

void read_passwords(Settings& settings, ConsoleSettings& out) {
  out.passwords.min_length =
      settings.integer("password.min_length", out.passwords.min_length, {8, 128});
  out.passwords.history = settings.integer("password.history", out.passwords.history, {0, 24});
  const auto memory = static_cast<std::int64_t>(out.cost.memory_bytes) / kMebibyte;
  out.cost.memory_bytes = static_cast<std::size_t>(
      settings.integer("password.hash_memory_mib", memory, {8, 1024}) * kMebibyte);
  out.cost.operations = static_cast<unsigned long long>(settings.integer(
      "password.hash_operations", static_cast<std::int64_t>(out.cost.operations), {1, 20}));
}

void read_throttle(Settings& settings, identity::ThrottlePolicy& out) {
  out.account_failures =
      settings.integer("login.account_failures", out.account_failures, {1, 1000});
  out.account_block =
      minutes(settings, "login.account_block_minutes", out.account_block, {1, 1440});
  out.source_failures =
      settings.integer("login.source_failures", out.source_failures, {1, 100'000});
  out.source_block = minutes(settings, "login.source_block_minutes", out.source_block, {1, 1440});
}

void read_limits(Settings& settings, RateLimits& out) {
  constexpr IntRange kRange{1, 10'000'000};
  out.read = settings.integer("limits.read_per_minute", out.read, kRange);
  out.write = settings.integer("limits.write_per_minute", out.write, kRange);
  out.login = settings.integer("limits.login_per_minute", out.login, kRange);
  out.anonymous = settings.integer("limits.anonymous_per_minute", out.anonymous, kRange);
}

}  // namespace

Result<ConsoleSettings> read_console_settings(Settings settings) {
  ConsoleSettings out;
  read_process(settings, out);
  read_listen(settings, out.listen);
  read_sessions(settings, out.sessions);
  read_passwords(settings, out);
  read_throttle(settings, out.throttle);
  read_limits(settings, out.limits);
  YAGURA_TRY(database, db::read_options(settings));
  out.database = std::move(database);
  YAGURA_CHECK(settings.finish());
  return out;
}

}  // namespace yagura::api
