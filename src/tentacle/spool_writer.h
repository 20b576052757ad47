// SpoolWriter: makes received files durable, many at a time (design §5).
//
// Uploads of all connections meet here. A committer thread takes everything that waits, writes each
// item under a temporary name, flushes them together, renames them into `incoming/`, flushes that
// directory once, and only then reports them stored: "SEND OK" therefore means that the item is on
// disk under its final name, and the price of a flush is shared by all who waited for it. While one
// batch is being flushed the next gathers, so that the batches grow with the load by themselves.
//
// Two committers share the work by file name; uploads of one name are handled in order.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/guarded.h"
#include "net/server.h"
#include "tentacle/payload.h"
#include "tentacle/pending_index.h"
#include "tentacle/spool_envelope.h"
#include "tentacle/transfer_log.h"

namespace yagura::tentacle {

enum class StoreOutcome {
  kStored,
  kRepeated,  ///< the same bytes under the same name were there: nothing stored, all is well
  kExists,    ///< other bytes under that name are pending
  kNoRoom,    ///< quota or disk full
  kFailed,    ///< writing or flushing failed
};

struct StoreJob {
  Envelope envelope;  ///< all but length, sha256
  Payload payload;
  /// Set = a plain file of this name in this sub-directory of `outgoing`, if there is none yet.
  std::string publish_directory;
  net::Remote remote;
  std::shared_ptr<const ConnectionInfo> connection;
  std::string_view verb;  ///< "SEND" or "ZSEND"
  Micros began = 0;       ///< wall clock, for the transfer log
  std::uint64_t tag = 0;  ///< for the connection: which of its uploads this was

  StoreOutcome outcome = StoreOutcome::kFailed;
};

struct SpoolOptions {
  std::string incoming;
  std::string outgoing;  ///< for publishing; may be empty
  std::uint64_t max_items = 100'000;
  std::uint64_t max_bytes = 4'000'000'000;
  unsigned min_free_percent = 10;
  Micros repeat_window = kHour;
  bool accept_same_name = false;
  std::size_t committers = 2;
};

struct SpoolState {
  std::size_t items = 0;
  std::uint64_t bytes = 0;
  Micros oldest = 0;  ///< receive time of the oldest item; 0 = none
  unsigned free_percent = 100;
  bool has_room = true;
};

/// Thread-safe.
class SpoolWriter {
 public:
  /// Uploads that may wait for a committer before submit() refuses.
  static constexpr std::size_t kMaxWaiting = 20'000;
  /// Files in one batch.
  static constexpr std::size_t kMaxBatch = 512;
  /// Payload bytes in one batch.
  static constexpr std::uint64_t kMaxBatchBytes = 64UL * 1024 * 1024;

  /// Called on a committer's thread with a finished batch: writes the audit records, then answers.
  using Deliver = std::function<void(std::vector<StoreJob>)>;

  /// Opens the spool, clears what crashed writers left, reads what is pending. Slow for a full
  /// spool. Threads start with start().
  static Result<std::unique_ptr<SpoolWriter>> open(const SpoolOptions& options, Deliver deliver);
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;
  /// As stop().
  ~SpoolWriter();

  void start();
  /// Stores what waits, then ends the threads.
  void stop();

  /// Hands over an upload; `deliver` gets it back. False if too many wait (nothing is delivered).
  bool submit(StoreJob job);
  /// False once quota or disk are used up: say so before taking the data. Cheap.
  [[nodiscard]] bool has_room() const { return has_room_.load(std::memory_order_relaxed); }
  /// True if an item of that name and of another size is pending, so that an upload of `size` bytes
  /// can only be refused. Cheap.
  bool conflicts(std::string_view name, std::uint64_t size);
  /// Where uploads put large payloads meanwhile.
  [[nodiscard]] const Directory& temporary() const { return temporary_; }
  /// Looks at directory and disk again; called every second or so by a thread of its own.
  void refresh();
  [[nodiscard]] SpoolState state();

 private:
  struct Batch;
  struct Shard {
    Guarded<std::vector<StoreJob>> waiting;
    std::condition_variable arrived;
    std::thread thread;
  };

  SpoolWriter(const SpoolOptions& options, Deliver deliver, Directory incoming, Directory temporary,
              std::string temporary_name);
  Status load();
  void run(Shard& shard);
  void watch();
  void commit(std::vector<StoreJob> jobs);
  void judge(Batch& batch, std::size_t at, PendingIndex& index);
  void write_items(Batch& batch);
  void flush_items(Batch& batch);
  void move_items(Batch& batch);
  void publish(StoreJob& job) const;
  void settle_index(Batch& batch);

  const SpoolOptions options_;
  Deliver deliver_;
  Directory incoming_;
  Directory temporary_;
  std::string temporary_name_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::thread watcher_;
  std::atomic<bool> stopping_{false};
  Guarded<bool> stop_lock_;
  std::condition_variable stop_changed_;
  Guarded<PendingIndex> index_;
  Guarded<SpoolState> state_;
  std::atomic<bool> has_room_{true};
};

}  // namespace yagura::tentacle
