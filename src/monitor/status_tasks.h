// What time alone changes (spec server §5.3, §9, §10, §20): modules and agents that fell silent,
// keep-alive, autodisable, servers that went away, and who of several servers does all this.
//
// The work list is agent_state.next_check_at, an index: a pass costs what is due, not what exists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "db/connection.h"
#include "db/lease.h"
#include "db/series.h"
#include "monitor/ingest_policy.h"
#include "monitor/report_applier.h"

namespace yagura::monitor {

/// Which of several servers does the duties that only one may do: the one with the highest priority
/// (ties: lowest name) that is up, confirmed by a lease that fences off a paused predecessor.
class Mastership {
 public:
  /// `holder` is unique to the process; `priority` 0 = never.
  Mastership(std::string server_name, std::string holder, std::int64_t priority)
      : name_(std::move(server_name)), holder_(std::move(holder)), priority_(priority) {}

  /// Call every few seconds; takes, keeps or gives up the lease.
  Status update(db::Connection& db, Micros now);
  /// Gives it up at once, for a server that stops.
  void resign(db::Connection& db);
  void forget() { lease_.reset(); }
  [[nodiscard]] const std::optional<db::Lease>& lease() const { return lease_; }

 private:
  std::string name_;
  std::string holder_;
  std::int64_t priority_;
  std::optional<db::Lease> lease_;
};

/// Not thread-safe; one per process.
class StatusTasks {
 public:
  /// Agents of one transaction, and of one pass.
  static constexpr std::int64_t kAgentsAtOnce = 200;
  static constexpr int kMaxRounds = 500;
  /// From this share of all agents on, silence is more likely ours than theirs (§10).
  static constexpr double kMassUnknownShare = 0.3;
  static constexpr std::int64_t kMassUnknownLeast = 10;

  StatusTasks(const IngestPolicy& policy, const db::Series& series)
      : policy_(policy), series_(series) {}

  struct Pass {
    std::int64_t agents = 0;   ///< looked at
    std::int64_t unknown = 0;  ///< agents that became unknown
    std::int64_t disabled = 0;
  };
  /// One pass over everything due. Does nothing before `warm_up_until`. Each transaction is bound
  /// to `lease`: kConflict once another server is master.
  Result<Pass> sweep(db::Connection& db, const db::Lease& lease, Micros now, Micros warm_up_until);

  /// Servers whose keep-alive is overdue become "down", with an event.
  Status mark_silent_servers(db::Connection& db, const db::Lease& lease, Micros now);

 private:
  Status sweep_some(db::Connection& db, std::span<const AgentId> ids, Micros now, Pass& pass);
  void sweep_agent(OpenAgent& open, Micros now, WriteSet& rows, Pass& pass) const;

  const IngestPolicy& policy_;
  const db::Series& series_;
  OncePer mass_unknown_{kHour};
};

/// System event without an agent; `params` become the text's details.
Event system_event(std::string code, Severity severity, EventParams params, std::string text,
                   Micros at);

}  // namespace yagura::monitor
