// server.toml: every setting of the data server, checked completely (docs/server.md lists them).
#pragma once

#include <cstdint>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "base/settings.h"
#include "db/connection.h"
#include "monitor/ingestor.h"
#include "monitor/quarantine.h"
#include "monitor/retention.h"

namespace yagura::monitor {

struct ServerSettings {
  std::string log_file;
  log::Level log_level = log::Level::kInfo;
  std::size_t log_max_bytes = 10UL * 1024 * 1024;
  std::size_t log_keep = 5;
  std::string user;
  bool allow_root = false;

  std::string name;
  std::int64_t master_priority = 1;
  std::int64_t keepalive_s = 45;
  std::int64_t warm_up_s = 300;  ///< warmup_unknown_interval

  std::string incoming;
  std::string local;  ///< empty = no plain files
  std::string quarantine;
  Quarantine::Limits quarantine_limits;

  db::Options database;
  IngestorOptions ingest;
  RetentionPolicy retention;
};

/// Reads and checks everything; the error names all mistakes with their lines. Accounts and the
/// time zone are looked up here, while the system's files can still be read.
Result<ServerSettings> read_server_settings(Settings settings);

/// The connections the server may open, as JSON (GEN-02): one entry per flow.
std::string flows_json(const ServerSettings& settings);

}  // namespace yagura::monitor
