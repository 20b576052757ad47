// Reading the platform itself: groups, health, quarantine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/connection.h"
#include "identity/actor.h"
#include "monitor/query_types.h"

namespace yagura::monitor {

struct GroupView {
  GroupId id;
  std::string name;
  std::optional<GroupId> parent_id;
  std::int64_t agents = 0;
};
struct GroupList {
  std::vector<GroupView> items;
};
/// Groups in which the actor may see agents, by name.
Result<GroupList> list_groups(db::Connection& db, const identity::Actor& actor);

/// In order of badness.
enum class HealthStatus : std::uint8_t { kOk, kDegraded, kFailing };
std::string_view to_string(HealthStatus status);

/// One thing that was looked at. `code` is stable.
struct HealthCheck {
  std::string code;
  HealthStatus status = HealthStatus::kOk;
  TextParams params;
};
struct SpoolHealth {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
  double oldest_age_s = 0;
  double disk_free_percent = 0;
};
struct IngestHealth {
  double items_per_s = 0;
  double samples_per_s = 0;
  double lag_ms_p99 = 0;
  std::optional<Micros> last_item_at;
};
struct LossCounters {
  std::int64_t refused = 0;
  std::int64_t quarantined = 0;
  std::int64_t invalid_values = 0;
  std::int64_t duplicates = 0;
};
struct DatabaseHealth {
  std::string dialect;
  std::string version;
  std::string location;
  std::string tls_version;
  std::string tls_cipher;
  double latency_ms = 0;
};
/// A server is silent when its keep-alive is overdue although it did not sign off.
enum class ServerState : std::uint8_t { kUp, kStopped, kSilent };
std::string_view to_string(ServerState state);
struct ServerHealth {
  std::string name;
  ServerState status = ServerState::kUp;
  std::string version;
  std::optional<Micros> last_keepalive;
};
struct QuarantineHealth {
  std::int64_t items = 0;
};
/// A connection between parts of the platform and how it is protected.
struct LinkHealth {
  std::string name;
  std::string tls_version;
  std::string cipher;
  bool verified = false;
};
struct Health {
  HealthStatus status = HealthStatus::kOk;  ///< the worst of the checks
  std::vector<HealthCheck> checks;
  SpoolHealth spool;
  IngestHealth ingest;
  LossCounters losses;
  DatabaseHealth database;
  std::vector<ServerHealth> servers;
  QuarantineHealth quarantine;
  std::vector<LinkHealth> links;
};

/// Of the console's own link, told by the caller, who has the connection.
Result<Health> read_health(db::Connection& db, const identity::Actor& actor,
                           const LinkHealth& own_link, Micros now);

struct QuarantineReason {
  std::string code;
  TextParams params;
};
struct QuarantineItem {
  std::int64_t id = 0;
  Micros at = 0;
  QuarantineReason reason;
  std::string peer;
  std::string agent_name;
  std::string file_name;
  std::int64_t bytes = 0;
  std::string state;
};
struct QuarantineFilter {
  std::int64_t limit = kDefaultPage;
  std::string cursor;
};
struct QuarantinePage {
  std::vector<QuarantineItem> items;  ///< newest first
  std::optional<std::string> next_cursor;
};
/// False for a cursor that this list did not give out: ask before listing.
bool has_valid_cursor(const QuarantineFilter& filter);
/// Refused payloads belong to no group: needs PM, or AW for all groups.
Result<QuarantinePage> list_quarantine(db::Connection& db, const identity::Actor& actor,
                                       const QuarantineFilter& filter);

}  // namespace yagura::monitor
