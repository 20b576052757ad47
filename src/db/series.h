// Samples over time: the seam to where they are kept (design §4). Today one implementation: packed
// reports as rows of the table `report` in the same database, written in the same transaction as
// everything else a report changes. The body is opaque here (report/ packs and unpacks it).
//
// Days are whole UTC days, counted from 1970-01-01. On MariaDB each has a partition of its own that
// is made ahead and dropped whole; SQLite deletes in slices.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

/// A report to store. `version` is the agent's version after it: unique together with agent and ts.
struct NewReport {
  std::int64_t agent_id = 0;
  Micros ts = 0;
  std::int64_t version = 0;
  std::string_view body;
};

struct StoredReport {
  Micros ts = 0;
  std::int64_t version = 0;
  std::string body;
};

/// Which reports of one agent: from <= ts < to, oldest first. To go on after a full answer take
/// from = last ts and after_version = its version.
struct ReportRange {
  std::int64_t agent_id = 0;
  Micros from = 0;
  Micros to = 0;
  std::size_t limit = 10'000;
  std::int64_t after_version = -1;  ///< at ts == from only versions above this
};

/// A step of deleting old days.
struct DropStep {
  std::int64_t rows = 0;        ///< deleted one by one (SQLite)
  std::int64_t partitions = 0;  ///< dropped whole (MariaDB)
  bool done = false;            ///< nothing older is left
};

constexpr std::int64_t day_of(Micros time) {
  return time >= 0 ? time / kDay : -((-time + kDay - 1) / kDay);
}

/// Stateless: may be used from any thread, each with its own connection.
class Series {
 public:
  virtual ~Series() = default;

  /// Stores a batch inside the caller's transaction. kConflict if one is there already.
  virtual Status append(Connection& db, std::span<const NewReport> reports) const = 0;
  virtual Result<std::vector<StoredReport>> read(Connection& db,
                                                 const ReportRange& range) const = 0;
  /// The last report with ts < before; empty vector or one element.
  virtual Result<std::vector<StoredReport>> last(Connection& db, std::int64_t agent_id,
                                                 Micros before) const = 0;
  /// Makes room for the days first..last (at most kMaxPreparedDays). Repeating it is cheap.
  /// Outside transactions: on MariaDB it changes the table.
  virtual Status prepare_days(Connection& db, std::int64_t first_day,
                              std::int64_t last_day) const = 0;
  /// Deletes reports of days before `first_kept_day`, at most about `slice` rows in a transaction
  /// of its own. Call until `done`, with pauses, so that writers are not held up (server §22.2).
  virtual Result<DropStep> drop_days(Connection& db, std::int64_t first_kept_day,
                                     std::int64_t slice = 1'000) const = 0;
  /// The days that have room of their own, ascending (MariaDB; empty on SQLite).
  virtual Result<std::vector<std::int64_t>> prepared_days(Connection& db) const = 0;
};

constexpr std::int64_t kMaxPreparedDays = 800;

/// Packed rows in SQL.
std::unique_ptr<Series> make_sql_series();

}  // namespace yagura::db
