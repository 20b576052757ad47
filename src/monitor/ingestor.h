// The ingest pipeline of one data server (design §5): one thread takes names from the spool, a few
// read and parse, one applies batches to the database and lets the files go after the commit.
//
//   Ingestor ingestor(options, ...);
//   YAGURA_CHECK(ingestor.start());
//   ...
//   ingestor.stop();     // finishes the batch in work; what waits stays in the spool
//
// Documents are applied in the order they were handed out, however the parsers finish. Memory is
// bounded by the number of documents between spool and commit. The database may go away at any
// time: the batch in work is kept and repeated on the next connection, the spool holds the rest.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/guarded.h"
#include "base/queue.h"
#include "db/connection.h"
#include "db/pool.h"
#include "db/series.h"
#include "monitor/batch_applier.h"
#include "monitor/document_reader.h"
#include "monitor/ingest_policy.h"
#include "monitor/latency_window.h"
#include "monitor/quarantine.h"
#include "monitor/spool_reader.h"

namespace yagura::monitor {

struct IngestorOptions {
  IngestPolicy policy;
  ReadPolicy read;
  QueuePolicy queue;
  std::size_t parse_threads = 2;
  /// Documents in one transaction, at most. Larger ones cost memory, smaller ones commits.
  std::size_t batch = 64;
  std::size_t cached_agents = 50'000;
  std::int64_t quarantine_days = 30;  ///< quarantined files are kept; 0 = for ever
};

/// How ingestion is doing: for the server row and the health page.
struct IngestStatus {
  IngestCounters counters;
  SpoolReader::Status spool;
  Micros delay_p99 = 0;  ///< arrival to commit, last minute
  Micros last_item_at = 0;
  std::size_t cached_agents = 0;
  std::size_t quarantine_items = 0;
  bool database_usable = false;
  Micros connected_at = 0;  ///< wall time of the last successful connect
};

class Ingestor {
 public:
  using Connect = std::function<Result<std::unique_ptr<db::Connection>>()>;

  /// A plain file that cannot be parsed may still be being written: it is tried again until it was
  /// left alone for this long (agent-data §1.3).
  static constexpr Micros kUnfinishedFor = 60 * kSecond;
  static constexpr Micros kRetryUnfinished = 1 * kSecond;
  static constexpr Micros kReleaseEvery = 2 * kSecond;
  static constexpr Micros kPurgeEvery = kHour;
  static constexpr std::size_t kChunk = 16;

  /// `local` may be absent. `clock` must outlive the ingestor.
  Ingestor(IngestorOptions options, Directory incoming, std::optional<Directory> local,
           Quarantine quarantine, Connect connect, const Clock& clock);
  ~Ingestor();
  Ingestor(const Ingestor&) = delete;
  Ingestor& operator=(const Ingestor&) = delete;

  Status start();
  void stop();
  [[nodiscard]] IngestStatus status();

 private:
  struct Chunk;
  struct Shared {
    IngestCounters counters;
    LatencyWindow delays;
    Micros last_item_at = 0;
    std::size_t cached_agents = 0;
    std::size_t quarantine_items = 0;
    bool usable = false;
    Micros connected_at = 0;
  };

  void feed();
  void parse();
  void apply();
  std::vector<Document> gather();
  bool apply_batch(std::vector<Document>& batch);
  void set_aside_unfinished(std::vector<Document>& batch);
  void let_go(const std::vector<Document>& batch);
  void note(const std::vector<Document>& batch);
  bool ensure_connection();
  void lose_connection(const Error& why);
  void release_pending();
  void purge_quarantined();
  void pause(Micros how_long);

  IngestorOptions options_;
  Directory incoming_;
  std::optional<Directory> local_;
  Quarantine quarantine_;
  Connect connect_;
  const Clock& clock_;
  std::unique_ptr<db::Series> series_ = db::make_sql_series();
  std::unique_ptr<SpoolReader> spool_;
  std::unique_ptr<DocumentReader> payloads_;  ///< of the applying thread
  std::unique_ptr<BatchApplier> applier_;
  std::unique_ptr<db::Connection> db_;
  db::Backoff backoff_;
  Micros released_ = 0;
  Micros purged_ = 0;
  std::shared_ptr<Chunk> carried_;  ///< taken from the order, not parsed yet

  BoundedQueue<std::shared_ptr<Chunk>> to_parse_;
  BoundedQueue<std::shared_ptr<Chunk>> in_order_;
  Guarded<Shared> shared_;
  std::atomic<bool> stopping_ = false;
  Guarded<bool> stopped_;  ///< with stop_changed_: ends pauses
  std::condition_variable stop_changed_;
  std::vector<std::thread> threads_;
};

}  // namespace yagura::monitor
