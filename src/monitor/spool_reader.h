// Watches the spool folders and hands out what waits in them (design §5): inotify for what comes,
// a scan at the start, after an overflow and now and then for what inotify may have missed.
//
//   SpoolReader::open(incoming, &local, policy, clock) -> reader
//   while (running) for (SpoolHandle h : reader.take(16, 200ms)) work(h);
//   ... when the item is settled: reader.done(h)   or   reader.postpone(h, when)
//
// take() belongs to one thread; done(), postpone(), status() and wake() may be called from others.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/guarded.h"
#include "monitor/ingest_types.h"
#include "monitor/spool_queue.h"

namespace yagura::monitor {

class SpoolReader {
 public:
  /// Plain files looked at in one scan (max_queue_files).
  static constexpr std::size_t kMaxLocalFiles = 5'000;
  static constexpr Micros kScanEvery = 30 * kSecond;
  static constexpr Micros kLocalScanEvery = 5 * kSecond;

  struct Status {
    std::size_t waiting = 0;
    std::size_t in_work = 0;
    std::optional<Micros> oldest;  ///< receive time of the oldest of both
  };

  /// `local` may be nullptr. The directories and the clock must outlive the reader.
  static Result<std::unique_ptr<SpoolReader>> open(const Directory& incoming,
                                                   const Directory* local, QueuePolicy policy,
                                                   const Clock& clock);
  ~SpoolReader();

  /// What to work on next, in order; empty when nothing came within `wait` or after wake().
  std::vector<SpoolHandle> take(std::size_t max, std::chrono::milliseconds wait);
  /// The item is settled and its file gone.
  void done(const SpoolHandle& handle);
  /// Not settled: it waits again; plain files not before `not_before` (steady clock).
  void postpone(const SpoolHandle& handle, Micros not_before);
  /// Ends a waiting take().
  void wake();
  [[nodiscard]] Status status();

 private:
  struct LocalFile {
    bool in_work = false;
    Micros not_before = 0;
  };
  struct State {
    explicit State(QueuePolicy policy) : queue(policy) {}
    State() : queue({}) {}
    SpoolQueue queue;
    std::map<std::string, LocalFile> local;
  };

  SpoolReader(const Directory& incoming, const Directory* local, QueuePolicy policy,
              const Clock& clock);
  yagura::Status watch();
  yagura::Status scan_incoming();
  yagura::Status scan_local();
  void read_events();
  void wait_for_events(std::chrono::milliseconds wait);
  std::vector<SpoolHandle> pick(std::size_t max);

  const Directory& incoming_;
  const Directory* local_;
  const Clock& clock_;
  UniqueFd inotify_;
  UniqueFd wake_;
  int incoming_watch_ = -1;
  int local_watch_ = -1;
  Micros scanned_ = 0;
  Micros local_scanned_ = 0;
  bool scan_wanted_ = true;
  bool local_scan_wanted_ = true;
  Guarded<State> state_;
};

}  // namespace yagura::monitor
