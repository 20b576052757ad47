// Looks at what the running processes offer and keep: transport, console, database, spool.
#include <algorithm>

#include "base/file.h"
#include "base/settings.h"
#include "db/connection.h"
#include "db/migrations.h"
#include "db/options.h"
#include "http/client.h"
#include "setup/doctor_checks.h"
#include "tentacle/client_transport.h"
#include "tentacle/spool_envelope.h"

namespace yagura::setup {
namespace {

using State = Finding::State;

constexpr Micros kOldItem = 60 * kSecond;
constexpr Micros kSilentServer = 90 * kSecond;
constexpr std::size_t kMaxListed = 1'000'000;

/// The value of one key of a TOML file; other keys are not our business here.
Result<std::int64_t> port_of(const std::string& file, const std::string& key) {
  YAGURA_TRY(settings, Settings::load(file));
  const std::int64_t port = settings.integer(key, 0, {1, 65535});
  if (port == 0) return Error{ErrorCode::kInvalid, file + ": " + key + " is missing"};
  return port;
}

Finding not_assessed(const char* check, const Error& error) {
  return {State::kNotAssessed, check, error.what, ""};
}

}  // namespace

void check_transport(const DoctorContext& context, std::vector<Finding>& out) {
  const auto port = context.installation.transport_port();
  if (!port.ok()) return out.push_back(not_assessed("transport", port.error()));
  tentacle::ClientOptions options;
  options.servers = {{"127.0.0.1", *port}};
  options.tls.emplace();
  options.tls->ca_file = context.installation.path("pki/ca.pem");
  options.tls->certificate_file = context.installation.path("pki/agent.pem");
  options.tls->key_file = context.installation.path("pki/agent.key");
  auto transport = tentacle::ClientTransport::make(std::move(options));
  if (!transport.ok()) return out.push_back(not_assessed("transport", transport.error()));
  auto connection = transport->connect();
  if (!connection.ok()) {
    out.push_back({State::kProblem, "transport", connection.error().what,
                   "start 'yagura up', or read log/yagura-tentacled.log"});
    return;
  }
  const crypto::TlsInfo tls = connection->tls();
  connection->quit();
  out.push_back({State::kOk, "transport",
                 "answers on port " + std::to_string(*port) + " with " + tls.version + " " +
                     tls.cipher + ", certificate verified",
                 ""});
}

void check_console(const DoctorContext& context, std::vector<Finding>& out) {
  const auto port = port_of(context.installation.path("conf/console.toml"), "listen.port");
  if (!port.ok()) return out.push_back(not_assessed("console", port.error()));
  const std::string url = "https://127.0.0.1:" + std::to_string(*port) + "/healthz";
  http::ClientOptions options;
  options.ca_file = context.installation.path("pki/ca.pem");
  const auto answer = http::get(url, options);
  if (!answer.ok()) {
    out.push_back({State::kProblem, "console", answer.error().what,
                   "start 'yagura up', or read log/yagura-console.log"});
  } else if (answer->status != 200) {
    out.push_back({State::kProblem, "console", url + " answers " + std::to_string(answer->status),
                   "read log/yagura-console.log"});
  } else {
    out.push_back({State::kOk, "console", url + " answers, certificate verified", ""});
  }
}

void check_database(const DoctorContext& context, std::vector<Finding>& out) {
  auto settings = Settings::load(context.installation.path("conf/server.toml"));
  if (!settings.ok()) return out.push_back(not_assessed("database", settings.error()));
  const auto options = db::read_options(*settings);
  if (!options.ok()) return out.push_back(not_assessed("database", options.error()));
  auto connection = db::connect(*options);
  if (!connection.ok()) {
    out.push_back({State::kProblem, "database", connection.error().what,
                   "see [database] in conf/server.toml; documents wait in the spool meanwhile"});
    return;
  }
  db::Connection& db = **connection;
  const auto schema = db::schema_state(db);
  if (!schema.ok()) {
    out.push_back(
        {State::kProblem, "database", schema.error().what, "use programs of one version"});
    return;
  }
  if (schema->pending > 0) {
    out.push_back({State::kProblem, "database",
                   "schema " + std::to_string(schema->applied) + ", " +
                       std::to_string(schema->pending) + " steps behind",
                   "start yagura-server: it brings the schema forward"});
    return;
  }
  const auto link = db.link();
  if (link.ok()) {
    out.push_back(
        {State::kOk, "database",
         link->location + " (" + link->server_version + "), schema " +
             std::to_string(schema->applied) +
             (link->tls_version.empty() ? "" : ", " + link->tls_version + " " + link->tls_cipher),
         ""});
  }
  const auto servers = db.query(
      "SELECT name, last_keepalive, invalid_values_total, quarantined_total, refused_total FROM "
      "server "
      "ORDER BY name");
  if (!servers.ok()) return out.push_back(not_assessed("data-server", servers.error()));
  if (servers->empty()) {
    out.push_back({State::kProblem, "data-server", "no data server has ever used this database",
                   "start 'yagura up'"});
  }
  for (const db::Row& row : *servers) {
    const Micros silent = context.clock.now() - row.integer(1);
    const std::string what =
        row.text(0) + " was last seen " + std::to_string(silent / kSecond) + " s ago";
    if (silent > kSilentServer) {
      out.push_back({State::kProblem, "data-server", what, "read log/yagura-server.log"});
    } else {
      out.push_back({State::kOk, "data-server", what, ""});
    }
    const std::int64_t lost = row.integer(2) + row.integer(3) + row.integer(4);
    if (lost > 0) {
      out.push_back(
          {State::kNotice, "losses",
           std::to_string(row.integer(2)) + " values not usable, " +
               std::to_string(row.integer(3)) + " documents in quarantine, " +
               std::to_string(row.integer(4)) + " refused since the beginning",
           "the Events page names each agent; quarantine/ holds each document with its reason"});
    }
  }
}

void check_spool(const DoctorContext& context, std::vector<Finding>& out) {
  const auto folder = Directory::open(context.installation.path("spool/incoming"));
  if (!folder.ok()) return out.push_back(not_assessed("spool", folder.error()));
  const auto names = folder->list(kMaxListed);
  if (!names.ok()) return out.push_back(not_assessed("spool", names.error()));
  std::string oldest;
  std::size_t items = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".item")) continue;
    ++items;
    if (oldest.empty() || name < oldest) oldest = name;
  }
  if (items == 0) {
    out.push_back({State::kOk, "spool", "empty: everything that was accepted is stored", ""});
    return;
  }
  // An item's name begins with its arrival in hexadecimal microseconds.
  const Micros arrived = static_cast<Micros>(std::stoull(oldest.substr(0, 16), nullptr, 16));
  const Micros age = context.clock.now() - arrived;
  const std::string what =
      std::to_string(items) + " items wait, the oldest for " + std::to_string(age / kSecond) + " s";
  if (age > kOldItem) {
    out.push_back({State::kProblem, "spool", what,
                   "see the data server and the database above; nothing is lost while items wait"});
  } else {
    out.push_back({State::kOk, "spool", what, ""});
  }
}

void check_quarantine(const DoctorContext& context, std::vector<Finding>& out) {
  const auto folder = Directory::open(context.installation.path("quarantine"));
  if (!folder.ok()) return out.push_back(not_assessed("quarantine", folder.error()));
  const auto names = folder->list(kMaxListed);
  if (!names.ok()) return out.push_back(not_assessed("quarantine", names.error()));
  if (names->empty()) {
    out.push_back({State::kOk, "quarantine", "empty", ""});
  } else {
    out.push_back({State::kNotice, "quarantine", std::to_string(names->size()) + " files",
                   "read the reason files in " + folder->path()});
  }
}

}  // namespace yagura::setup
