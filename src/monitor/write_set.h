// The rows one batch writes, gathered while its documents are applied and written with a few bulk
// statements (design §5: no statement per sample, none per file).
//
//   WriteSet rows;
//   ... apply documents ...
//   YAGURA_CHECK(rows.flush(db, series, now)); // inside the batch's transaction
//
// Owns its texts. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "db/connection.h"
#include "db/series.h"
#include "monitor/agent_rules.h"
#include "monitor/agent_status.h"
#include "monitor/event.h"
#include "monitor/ingest_types.h"
#include "monitor/module_config.h"

namespace yagura::monitor {

/// One packed report (table report). `version` tells two reports with the same time apart.
struct ReportRow {
  AgentId agent;
  Micros ts = 0;
  std::int64_t version = 0;
  std::string body;
};

/// agent_state: once per agent and batch.
struct StateRow {
  AgentId agent;
  std::int64_t version = 0;
  Micros last_contact = 0;
  Micros last_remote_contact = 0;
  Micros next_check_at = 0;
  std::uint64_t last_digest = 0;
  std::string latest;
  bool fresh = false;  ///< the agent is new: the row is inserted
};

/// The live columns of agent: when status or counts changed.
struct AgentStatusRow {
  AgentId agent;
  StatusCode status = StatusCode::kNotInit;
  int rank = 4;
  Micros since = 0;
  ModuleCounts counts;
  ModuleId worst;
};

/// The columns of agent that documents change.
struct AgentHeaderRow {
  AgentId agent;
  AgentFields fields;
  std::string bound_fingerprint;
  Micros bound_at = 0;  ///< 0 = leave as it is
  int transport_level = 0;
  std::string transport_peer;
  Micros at = 0;
  bool settings_changed = false;  ///< counts as a new revision
};

struct NewAgentRow {
  AgentId agent;
  AgentFields fields;
  std::string server_name;
  std::string bound_fingerprint;
  int transport_level = 0;
  std::string peer;
  Micros at = 0;
};

struct NewModuleRow {
  ModuleId module;
  ModuleConfig config;
  ModuleTexts texts;
  std::int64_t module_group = 0;
  std::vector<std::int64_t> tags;
  std::int64_t parent = 0;
  Micros at = 0;
};

struct ModuleUpdateRow {
  ModuleId module;
  ModuleConfig config;
  std::optional<std::string> description;
  std::optional<std::string> extended_info;
  Micros at = 0;
};

struct ModuleStatusRow {
  ModuleId module;
  StatusCode status = StatusCode::kNotInit;
  Micros since = 0;
};

struct ModuleParentRow {
  ModuleId module;
  ModuleId parent;
};

struct TextRow {
  ModuleId module;
  Micros ts = 0;
  std::string value;
};

struct AddressRow {
  AgentId agent;
  std::string address;
  Micros at = 0;
};

struct CustomFieldRow {
  AgentId agent;
  std::int64_t field = 0;
  std::string value;
  Micros at = 0;
};

struct SecondaryGroupRow {
  AgentId agent;
  GroupId group;
};

struct LogChunkRow {
  std::int64_t source = 0;
  Micros at = 0;
  std::int64_t lines = 0;
  std::string content;
};

struct QuarantineRow {
  Provenance from;
  Rejection why;
  Micros at = 0;
  std::string server_name;
  std::string agent_name;
  std::string file;  ///< in the quarantine folder; empty = the payload was not kept
};

class WriteSet {
 public:
  std::vector<NewAgentRow> new_agents;
  std::vector<NewModuleRow> new_modules;
  std::vector<ModuleUpdateRow> module_updates;
  std::vector<ModuleParentRow> module_parents;
  std::vector<AgentHeaderRow> agent_headers;
  std::vector<ReportRow> reports;
  std::vector<TextRow> texts;
  std::vector<AgentId> autodisabled;  ///< agent.disabled_at: deleted after a while
  std::vector<AddressRow> addresses;
  std::vector<CustomFieldRow> custom_fields;
  std::vector<SecondaryGroupRow> secondary_groups;
  std::vector<LogChunkRow> log_chunks;
  std::vector<QuarantineRow> quarantined;
  std::vector<ItemId> items;

  /// The last one of an agent or module counts.
  void put(StateRow row);
  void put(AgentStatusRow row);
  void put(ModuleStatusRow row);
  /// Keeps the rule of validates_older within the batch too.
  void put(Event event);

  /// The hour's trend has to be folded again.
  void put_late_hour(AgentId agent, std::int64_t hour) { late_hours_.emplace(agent.value, hour); }

  [[nodiscard]] std::size_t events() const { return events_.size(); }
  /// Writes everything; `now` is the time of storing. The rows stay for another attempt.
  Status flush(db::Connection& db, const db::Series& series, Micros now) const;
  void clear();

 private:
  Status flush_agents(db::Connection& db) const;
  Status flush_headers(db::Connection& db, Micros now) const;
  Status flush_new_modules(db::Connection& db) const;
  Status flush_module_updates(db::Connection& db) const;
  Status flush_states(db::Connection& db) const;
  Status flush_history(db::Connection& db, const db::Series& series) const;
  Status flush_details(db::Connection& db) const;
  Status flush_events(db::Connection& db) const;
  Status flush_quarantine(db::Connection& db) const;
  Status flush_items(db::Connection& db, Micros now) const;

  std::vector<StateRow> states_;
  std::vector<AgentStatusRow> statuses_;
  std::vector<ModuleStatusRow> module_statuses_;
  std::vector<Event> events_;
  std::set<std::pair<std::int64_t, std::int64_t>> late_hours_;
  std::unordered_map<std::int64_t, std::size_t> state_of_;
  std::unordered_map<std::int64_t, std::size_t> status_of_;
  std::unordered_map<std::int64_t, std::size_t> module_status_of_;
  std::unordered_map<std::int64_t, std::size_t> open_event_of_;  ///< module -> newest event
};

/// JSON object of an event's parameters.
std::string params_json(const EventParams& params);

}  // namespace yagura::monitor
