// The server's own row (spec server §20.1, §21): keep-alive, rates, losses, spool, memory. Written
// every few seconds; the console's health page reads nothing else of the server.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "db/connection.h"
#include "db/series.h"
#include "monitor/ingestor.h"

namespace yagura::monitor {

struct ServerIdentity {
  std::string name;
  std::string version;
  std::int64_t master_priority = 1;
  std::int64_t keepalive_s = 45;
  std::int64_t threads = 0;
  std::string spool_path;  ///< its disk is the one that is watched
};

/// Not thread-safe.
class SelfMetrics {
 public:
  SelfMetrics(ServerIdentity identity, const db::Series& series)
      : identity_(std::move(identity)), series_(series) {}

  /// Makes the row and says "up"; an event if the server had been marked down.
  Status announce(db::Connection& db, Micros now);
  /// Writes the figures. Totals grow by what was counted since the last successful call.
  Status write(db::Connection& db, const IngestStatus& status, bool master, Micros now,
               Micros steady);
  /// "stopped": a planned end, so that nobody is alarmed.
  Status farewell(db::Connection& db, Micros now);

 private:
  ServerIdentity identity_;
  const db::Series& series_;
  IngestCounters written_;
  IngestCounters last_;
  Micros last_steady_ = 0;
  double items_per_s_ = 0;
  double samples_per_s_ = 0;
};

/// Free space of the file system that holds `path`, per cent; 0 if it cannot be told.
double disk_free_percent(const std::string& path);
/// Resident memory of this process, bytes.
std::int64_t resident_bytes();

}  // namespace yagura::monitor
