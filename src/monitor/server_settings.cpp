#include "monitor/server_settings.h"

#include <algorithm>
#include <array>
#include <limits>
#include <thread>
#include <utility>

#include <unistd.h>

#include "db/options.h"
#include "text/json.h"

namespace yagura::monitor {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::size_t kMaxThreads = 8;

std::string host_name() {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0') return "yagura";
  return buffer.data();
}

std::uint32_t limit(Settings& s, std::string_view key, std::int64_t fallback) {
  const std::int64_t value = s.integer(key, fallback, {0, kMillion});
  return value == 0 ? std::numeric_limits<std::uint32_t>::max() : static_cast<std::uint32_t>(value);
}

std::size_t count(Settings& s, std::string_view key, std::size_t fallback, IntRange range) {
  return static_cast<std::size_t>(s.integer(key, static_cast<std::int64_t>(fallback), range));
}

Micros seconds(Settings& s, std::string_view key, std::int64_t fallback, IntRange range) {
  return s.integer(key, fallback, range) * kSecond;
}

void read_process(Settings& s, ServerSettings& out) {
  out.log_file = s.text("log.file", "");
  const std::string level = s.choice("log.level", "info", {"debug", "info", "warning", "error"});
  out.log_level = log::parse_level(level).value_or(log::Level::kInfo);
  out.log_max_bytes = count(s, "log.max_bytes", out.log_max_bytes, {65'536, 10'000 * kMillion});
  out.log_keep = count(s, "log.keep", out.log_keep, {1, 100});
  out.user = s.text("process.user", "");
  out.allow_root = s.flag("process.allow_root", false);

  out.name = s.text("server.name", host_name());
  if (out.name.empty() || out.name.size() > 100) s.mistake("server.name", "1 to 100 characters");
  out.master_priority = s.integer("server.master_priority", 1, {0, 1000});
  out.keepalive_s = s.integer("server.keepalive_s", 45, {5, 3600});
  out.warm_up_s = s.integer("server.warmup_unknown_s", 300, {0, 86'400});
}

std::vector<uid_t> owners(Settings& s, std::string_view key) {
  std::vector<uid_t> out;
  for (const std::string& account : s.list(key)) {
    const auto uid = uid_of(account);
    if (uid.ok()) {
      out.push_back(*uid);
    } else {
      s.mistake(key, uid.error().what);
    }
  }
  return out;
}

void read_spool(Settings& s, ServerSettings& out) {
  out.incoming = s.required_text("spool.incoming");
  out.local = s.text("spool.local", "");
  out.ingest.read.spool_owners = owners(s, "spool.owners");
  out.ingest.read.local_owners = owners(s, "spool.local_owners");
  QueuePolicy& queue = out.ingest.queue;
  queue.capacity = count(s, "spool.names_in_memory", queue.capacity, {1000, 10 * kMillion});
  queue.live_first_above =
      count(s, "spool.live_first_above", queue.live_first_above, {0, 10 * kMillion});
  queue.live_window = seconds(s, "spool.live_window_s", 300, {1, 86'400});

  out.quarantine = s.required_text("quarantine.directory");
  out.quarantine_limits.max_items =
      count(s, "quarantine.max_items", out.quarantine_limits.max_items, {0, kMillion});
  out.quarantine_limits.max_bytes = static_cast<std::uint64_t>(
      s.integer("quarantine.max_bytes", std::int64_t{1} << 30, {0, std::int64_t{1} << 40}));
}

void read_ingest(Settings& s, ServerSettings& out) {
  IngestorOptions& o = out.ingest;
  IngestPolicy& p = o.policy;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  o.parse_threads = count(s, "ingest.threads", std::min(cores, kMaxThreads), {1, kMaxThreads});
  o.batch = count(s, "ingest.batch", o.batch, {Ingestor::kChunk, 10'000});
  o.cached_agents = count(s, "ingest.cached_agents", o.cached_agents, {100, 10 * kMillion});
  o.read.max_document_bytes = count(s, "ingest.max_document_bytes", report::kMaxDocumentBytes,
                                    {1'000, static_cast<std::int64_t>(report::kMaxDocumentBytes)});
  o.read.use_document_time = s.flag("ingest.use_document_time", true);
  const std::string zone = s.text("ingest.time_zone", "");
  if (zone.empty()) {
    o.read.time_zone = text::TimeZone::system();
  } else if (auto loaded = text::TimeZone::load(zone); loaded.ok()) {
    o.read.time_zone = std::move(loaded).value();
  } else {
    s.mistake("ingest.time_zone", loaded.error().what);
  }
  p.time.max_ahead = seconds(s, "ingest.max_clock_ahead_s", 600, {0, 86'400});
  p.time.max_backlog = s.integer("ingest.max_backlog_days", 7, {0, 3650}) * kDay;
  p.max_modules = count(s, "ingest.max_modules", p.max_modules, {1, kSlotsPerAgent});
  p.max_inventories = count(s, "ingest.max_inventories", p.max_inventories, {0, 10'000});
  p.max_log_sources = count(s, "ingest.max_log_sources", p.max_log_sources, {0, 10'000});
  p.max_log_lines = count(s, "ingest.max_log_lines", p.max_log_lines, {0, 5'000});
  p.too_many_files = count(s, "ingest.too_many_files", p.too_many_files, {1, 100'000});
  p.header.update_parent = s.flag("ingest.update_parent", false);
  p.update.thresholds_from_agent = s.flag("ingest.thresholds_from_agent", false);
  p.accept_satellites = s.flag("ingest.accept_satellites", false);

  p.silence.unknown_factor =
      static_cast<double>(s.integer("status.unknown_intervals", 2, {1, 1000}));
  p.silence.async_recovery = s.flag("status.async_recovery", true);
  p.events.unknown_events = s.flag("status.unknown_events", true);
  p.events.auto_validation = s.flag("status.event_auto_validation", true);
}

void read_identity(Settings& s, IngestPolicy& p) {
  p.binding = *binding_mode_from_word(
      s.choice("identity.agent_binding", "warn", {"off", "warn", "enforce"}));
  p.password_check = *password_check_from_word(
      s.choice("identity.group_password_check", "always", {"create", "always"}));

  p.creation.mode =
      *auto_create_from_word(s.choice("autocreate.mode", "approve", {"never", "approve", "on"}));
  p.creation.max_per_hour = limit(s, "autocreate.max_per_hour", 200);
  p.creation.max_per_peer_per_hour = limit(s, "autocreate.max_per_peer_per_hour", 20);
  p.creation.trust_certificates = s.flag("autocreate.trust_certificates", false);
  for (const std::string& text : s.list("autocreate.allowed_nets")) {
    if (const auto net = text::Network::parse(text); net.ok()) {
      p.allowed_nets.add(*net);
    } else {
      s.mistake("autocreate.allowed_nets", net.error().what);
    }
  }
  if (const std::string pattern = s.text("autocreate.name_regex", ""); !pattern.empty()) {
    if (auto compiled = text::Regex::compile(pattern); compiled.ok()) {
      p.name_expression = std::move(compiled).value();
    } else {
      s.mistake("autocreate.name_regex", compiled.error().what);
    }
  }
  const std::string group = s.text("autocreate.group", "Unknown");
  p.default_group = group.empty() ? std::nullopt : std::optional<std::string>(group);
  p.default_group_first = s.flag("autocreate.group_first", false);
}

void read_retention(Settings& s, RetentionPolicy& r) {
  constexpr IntRange kDays{0, 36'500};
  const auto days = [&](std::string_view key, std::int64_t& value) {
    value = s.integer(key, value, kDays);
  };
  days("retention.reports_days", r.reports);
  days("retention.trends_days", r.trends);
  days("retention.texts_days", r.texts);
  days("retention.events_days", r.events);
  days("retention.inventory_days", r.inventory);
  days("retention.logs_days", r.logs);
  days("retention.security_logs_days", r.security_logs);
  days("retention.quarantine_days", r.quarantine);
  days("retention.autodisabled_agents_days", r.autodisabled_agents);
  r.items = s.integer("retention.items_days", r.items, {1, 3650});
}

}  // namespace

Result<ServerSettings> read_server_settings(Settings settings) {
  ServerSettings out;
  read_process(settings, out);
  read_spool(settings, out);
  YAGURA_TRY(database, db::read_options(settings));
  out.database = std::move(database);
  read_ingest(settings, out);
  read_identity(settings, out.ingest.policy);
  read_retention(settings, out.retention);
  out.ingest.policy.server_name = out.name;
  out.ingest.quarantine_days = out.retention.quarantine;
  YAGURA_CHECK(settings.finish());
  return out;
}

std::string flows_json(const ServerSettings& settings) {
  const db::Options& database = settings.database;
  text::JsonWriter json;
  json.begin_object().field("process", "yagura-server").key("listens").begin_array().end_array();
  json.key("flows").begin_array();
  if (database.dialect == db::Dialect::kMariaDb) {
    for (const std::string& host : database.hosts) {
      const auto parsed = db::parse_host(host, database.port);
      json.begin_object()
          .field("to", parsed.ok() ? parsed->host : host)
          .field("port", parsed.ok() ? parsed->port : database.port)
          .field("protocol", "tcp")
          .field("purpose", "database")
          .field("tls", database.tls != db::Options::Tls::kDisabled)
          .end_object();
    }
    if (database.hosts.empty()) {
      json.begin_object()
          .field("to", database.socket)
          .field("protocol", "unix")
          .field("purpose", "database")
          .end_object();
    }
  }
  json.end_array();
  json.key("files").begin_array();
  const auto file = [&](std::string_view path, std::string_view access, std::string_view purpose) {
    if (path.empty()) return;
    json.begin_object().field("path", path).field("access", access).field("purpose", purpose);
    json.end_object();
  };
  file(settings.incoming, "read, delete", "documents from the transport");
  file(settings.local, "read, delete", "plain files of trusted writers");
  file(settings.quarantine, "write", "refused documents");
  if (database.dialect == db::Dialect::kSqlite) file(database.path, "write", "database");
  file(settings.log_file, "write", "log");
  json.end_array().end_object();
  return json.take();
}

}  // namespace yagura::monitor
