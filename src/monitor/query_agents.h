// Reading agents: the list, worst first, and one agent in full. Every function asks the actor: what
// may not be seen is not counted, not listed and "not found" (spec console-security §3.4).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "identity/actor.h"
#include "monitor/query_types.h"

namespace yagura::monitor {

struct StatusCounts {
  std::int64_t normal = 0;
  std::int64_t critical = 0;
  std::int64_t warning = 0;
  std::int64_t unknown = 0;
  std::int64_t not_init = 0;
};

struct ModuleTally : StatusCounts {
  std::int64_t total = 0;
};

/// The module that makes an agent's status what it is.
struct WorstModule {
  ModuleId module_id;
  std::string module;
  StatusCode status = StatusCode::kNotInit;
  std::optional<LatestValue> value;
  std::optional<Micros> since;
};

struct AgentSummary {
  AgentId id;
  std::string name;
  std::string alias;
  std::string address;
  std::string os_name;
  std::string os_version;
  GroupRef group;
  StatusCode status = StatusCode::kNotInit;
  std::optional<Micros> status_since;
  std::optional<Micros> last_contact;
  std::int64_t interval_s = 0;
  bool disabled = false;
  Approval approval = Approval::kPending;
  ModuleTally modules;
  std::optional<WorstModule> worst;
  bool demo = false;
};

struct CustomField {
  std::string name;
  std::string value;
};

/// How the agent's last report came.
struct AgentTransport {
  std::string level;  ///< "none", "tls", "certificate", "mutual", "local"; empty = not known
  std::string peer;
};

/// What is missing before the agent counts as completely set up; stable words.
struct Completeness {
  std::vector<std::string> missing;
};

struct AgentDetail : AgentSummary {
  std::string description;
  std::string agent_version;
  AgentMode mode = AgentMode::kLearning;
  double timezone_offset_h = 0;
  bool quiet = false;
  std::vector<std::string> addresses;
  std::vector<CustomField> custom_fields;
  std::string bound_fingerprint;
  AgentTransport transport;
  std::optional<Micros> created_at;
  std::optional<Micros> first_contact;
  Completeness completeness;
  /// Changes with every edit by a person, not with every report: for ETag and If-Match.
  std::string revision;
};

enum class AgentSort : std::uint8_t { kWorst, kName, kLastContact };
std::string_view to_string(AgentSort sort);
enum class SortOrder : std::uint8_t { kAsc, kDesc };
std::string_view to_string(SortOrder order);

struct AgentFilter {
  std::string q;  ///< part of alias, name or address, without regard to case; empty = any
  std::vector<StatusCode> status;  ///< empty = any
  std::optional<GroupId> group;
  std::optional<Approval> approval;
  AgentSort sort = AgentSort::kWorst;
  std::optional<SortOrder> order;  ///< default: worst first, names ascending, latest contact first
  std::int64_t limit = kDefaultPage;
  std::string cursor;  ///< from the page before; empty = first page
};

struct AgentPage {
  std::vector<AgentSummary> items;
  std::optional<std::string> next_cursor;
  std::int64_t total = 0;  ///< of the filter, all pages
  StatusCounts counts;     ///< of the filter without `status`
};

/// False for a cursor of another list or order, or one that nobody gave out: ask before listing.
bool has_valid_cursor(const AgentFilter& filter);
Result<AgentPage> list_agents(db::Connection& db, const identity::Actor& actor,
                              const AgentFilter& filter);
/// kNotFound also for an agent the actor may not see.
Result<AgentDetail> find_agent(db::Connection& db, const identity::Actor& actor, AgentId id);

/// True if the agent exists and the actor holds `bit` in one of its groups (primary or secondary).
Result<bool> may_on_agent(db::Connection& db, const identity::Actor& actor, identity::Bit bit,
                          AgentId id);

}  // namespace yagura::monitor
