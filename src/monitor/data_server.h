// The data server: ingestion, silence rules, own figures, retention, under one roof. It listens on
// nothing (SRV-06); everything it hears comes from the spool, everything it says goes into the
// database and its log.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/guarded.h"
#include "db/connection.h"
#include "db/pool.h"
#include "monitor/ingestor.h"
#include "monitor/self_metrics.h"
#include "monitor/server_settings.h"
#include "monitor/status_tasks.h"

namespace yagura::monitor {

class DataServer {
 public:
  /// How often the duties are looked at, and each of them is due.
  static constexpr Micros kTick = 1 * kSecond;
  static constexpr Micros kMetricsEvery = 5 * kSecond;
  static constexpr Micros kLeaseEvery = 5 * kSecond;
  static constexpr Micros kSweepEvery = 30 * kSecond;
  static constexpr Micros kFoldEvery = 5 * kMinute;
  static constexpr Micros kPurgeEvery = kHour;

  /// Opens the folders. `clock` must outlive the server.
  static Result<std::unique_ptr<DataServer>> open(ServerSettings settings, const Clock& clock);
  ~DataServer();

  /// Brings the schema forward and starts all threads. Waits for the database for as long as it is
  /// away and `keep_trying()` says so: the spool holds what arrives meanwhile.
  Status start(const std::function<bool()>& keep_trying);
  /// Finishes the batch in work, says good-bye in the database.
  void stop();
  [[nodiscard]] IngestStatus status() { return ingestor_->status(); }

 private:
  DataServer(ServerSettings settings, Directory incoming, std::optional<Directory> local,
             Quarantine quarantine, const Clock& clock);
  Status bring_schema_forward(db::Connection& db);
  void duties();
  Status metrics(db::Connection& db);
  Status master_duties(db::Connection& db);
  bool due(Micros& last, Micros every);
  bool ensure_connection();
  void nap(Micros how_long);

  ServerSettings settings_;
  const Clock& clock_;
  std::string spool_path_;
  std::unique_ptr<db::Series> series_ = db::make_sql_series();
  std::unique_ptr<Ingestor> ingestor_;
  SelfMetrics metrics_;
  Mastership mastership_;
  StatusTasks tasks_;
  Retention retention_;

  std::unique_ptr<db::Connection> db_;  ///< of the duties' thread
  db::Backoff backoff_;
  Micros warm_until_ = 0;
  Micros metrics_at_ = 0;
  Micros lease_at_ = 0;
  Micros sweep_at_ = 0;
  Micros fold_at_ = 0;
  Micros purge_at_ = 0;
  Micros days_at_ = 0;

  std::atomic<bool> stopping_ = false;
  Guarded<bool> stopped_{false};
  std::condition_variable stop_changed_;
  std::thread duties_;
};

}  // namespace yagura::monitor
