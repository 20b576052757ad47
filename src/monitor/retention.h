// What is kept and for how long (spec server §22). Reports are folded into hourly trends soon after
// their hour ended, so that long charts are cheap; raw reports, texts, events and the rest go when
// their time is over. Everything in slices, so that writers are not held up, and bound to the
// master's lease, so that only one server does it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "db/connection.h"
#include "db/lease.h"
#include "db/series.h"
#include "monitor/quarantine.h"

namespace yagura::monitor {

/// Days; 0 = for ever.
struct RetentionPolicy {
  std::int64_t reports = 45;  ///< days_purge
  std::int64_t trends = 400;
  std::int64_t texts = 14;      ///< string_purge
  std::int64_t events = 30;     ///< event_purge
  std::int64_t inventory = 90;  ///< inventory_purge
  std::int64_t logs = 30;
  std::int64_t security_logs = 90;
  std::int64_t quarantine = 30;
  std::int64_t items = 7;                 ///< ids of stored items: longer than any server is away
  std::int64_t autodisabled_agents = 30;  ///< days_autodisable_deletion
};

/// Not thread-safe.
class Retention {
 public:
  /// Rows of one transaction.
  static constexpr std::int64_t kSlice = 1'000;
  /// Pause between slices.
  static constexpr Micros kPause = 10'000;
  /// Days made ready ahead (MariaDB partitions).
  static constexpr std::int64_t kDaysAhead = 7;

  /// `stopping` is asked between slices.
  Retention(RetentionPolicy policy, const db::Series& series, std::function<bool()> stopping)
      : policy_(policy), series_(series), stopping_(std::move(stopping)) {}

  /// Room for the days around now. At start and once a day; every server may do it.
  Status prepare_days(db::Connection& db, Micros now);
  /// Folds all complete hours that are not folded yet.
  Status fold(db::Connection& db, const db::Lease& lease, Micros now);
  /// Deletes what is too old.
  Status purge(db::Connection& db, const db::Lease& lease, Micros now);

 private:
  Status fold_hour(db::Connection& db, const db::Lease& lease, std::int64_t hour);
  Status fold_late(db::Connection& db, const db::Lease& lease, Micros now);
  Status fold_agent(db::Connection& db, std::int64_t agent, std::int64_t hour);
  Status purge_items(db::Connection& db, const db::Lease& lease, Micros before);
  Status purge_texts(db::Connection& db, const db::Lease& lease, Micros before);
  Status purge_logs(db::Connection& db, const db::Lease& lease, Micros now);
  Status purge_modules(db::Connection& db, const db::Lease& lease);
  Status purge_agents(db::Connection& db, const db::Lease& lease, Micros now);
  Status purge_trends(db::Connection& db, const db::Lease& lease, Micros now);
  /// Deletes by id in slices: `select` yields ids older than a time, `remove` deletes one.
  Status purge_by_id(db::Connection& db, const db::Lease& lease, std::string_view select,
                     std::string_view remove, Micros before);
  bool pause();

  RetentionPolicy policy_;
  const db::Series& series_;
  std::function<bool()> stopping_;
};

/// Deletes the quarantined files of this server from before `before`; their rows stay and say
/// "deleted". At most Retention::kSlice in one call. For the thread that owns the quarantine.
Status purge_quarantine(db::Connection& db, Quarantine& quarantine, std::string_view server_name,
                        Micros before);

/// Deletes an agent with its modules, state and everything that hangs on them, in the caller's
/// transaction; packed reports go with their day.
Status delete_agent(db::Connection& db, AgentId agent);

}  // namespace yagura::monitor
