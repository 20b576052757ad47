// One agent report applied to one agent: header, modules, samples, keep-alive, status. Pure apart
// from the log: reads and writes the cached agent and puts rows into the WriteSet; the database is
// the caller's (batch_applier.h).
//
// An agent is opened once per batch, takes its reports in time order and is closed once, so that
// its live state is unpacked and packed once however many of its reports the batch holds.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "monitor/agent_cache.h"
#include "monitor/ingest_policy.h"
#include "monitor/ingest_types.h"
#include "monitor/notice_limits.h"
#include "monitor/reference.h"
#include "monitor/state.h"
#include "monitor/write_set.h"
#include "report/agent_report.h"

namespace yagura::monitor {

/// An agent while a batch works on it.
struct OpenAgent {
  CachedAgent* agent = nullptr;
  std::vector<ModuleState> states;  ///< one per agent->modules
  bool creating = false;            ///< its first document is being applied
  bool fresh = false;               ///< created by this batch
  bool touched = false;             ///< its state row has to be written
  bool header_changed = false;      ///< the agent row has to be written
  bool settings_changed = false;    ///< ... and counts as a new revision
  Micros bound_at = 0;
  std::size_t documents = 0;  ///< applied in this batch
};

/// Unpacks the live state. A damaged block is logged and starts anew: modules are heard of again
/// within an interval.
OpenAgent open_agent(CachedAgent& agent);

class ReportApplier {
 public:
  /// All references must outlive the applier. `now`: server clock, when the documents are applied.
  ReportApplier(const IngestPolicy& policy, const Reference& reference, NoticeLimits& limits,
                WriteSet& rows, IngestCounters& counters, Micros now)
      : policy_(policy),
        reference_(reference),
        limits_(limits),
        rows_(rows),
        counters_(counters),
        now_(now) {}

  /// `parent` is the agent that the report names as parent, if it exists.
  void apply(OpenAgent& open, const report::AgentReport& report, const Provenance& from,
             AgentId parent);

  /// Packs the state, computes the agent's status and puts its rows.
  void close(OpenAgent& open);

  /// True if the report is a copy of the newest one (spec server §20.5).
  static bool is_duplicate(const CachedAgent& agent, const report::AgentReport& report,
                           const Provenance& from);

 private:
  struct Packed {
    Micros time = 0;
    std::vector<std::pair<std::uint32_t, double>> values;
  };

  void apply_header(OpenAgent& open, const report::AgentReport& report, const Provenance& from,
                    AgentId parent);
  void apply_module(OpenAgent& open, const report::ModuleReport& module, std::size_t place,
                    const report::AgentReport& report, const Provenance& from,
                    const LearnRights& rights);
  /// Index of the module, or npos when the document must not create it.
  std::size_t create_module(OpenAgent& open, const report::ModuleReport& module,
                            const LearnRights& rights, Micros received);
  std::size_t find_module(const CachedAgent& agent, std::string_view name, std::size_t place);
  void link_parent(OpenAgent& open, CachedModule& child, const report::ModuleReport& module);
  void take_outcome(OpenAgent& open, std::size_t index, const Outcome& outcome);
  void keep_alive(OpenAgent& open, Micros received);
  void store_number(std::uint32_t slot, double number, Micros time);
  void flush_numbers(OpenAgent& open);
  EventSubject subject(const OpenAgent& open, ModuleId module) const;

  const IngestPolicy& policy_;
  const Reference& reference_;
  NoticeLimits& limits_;
  WriteSet& rows_;
  IngestCounters& counters_;
  Micros now_;
  std::vector<Packed> packed_;
  std::unordered_map<std::string_view, std::size_t> by_name_;  ///< of the agent in work
  bool by_name_filled_ = false;
};

/// When the rules of silence have to look at the agent next; a far future when never.
Micros next_check(const OpenAgent& open, const IngestPolicy& policy);

/// Status, counts and worst module from the module states; puts an AgentStatusRow if they changed.
void refresh_status(OpenAgent& open, Micros now, WriteSet& rows);

/// Packs the states into agent->latest.
void pack_states(OpenAgent& open);

}  // namespace yagura::monitor
