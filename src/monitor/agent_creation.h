// Agents that come into being by their first document (SRV-12; spec server §6.3): who may, into
// which group, how many. Runs inside the batch's transaction, serialised over all servers by the
// row lock of id_sequence, so that the limits hold exactly.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "db/connection.h"
#include "monitor/agent_cache.h"
#include "monitor/ingest_policy.h"
#include "monitor/ingest_types.h"
#include "monitor/reference.h"
#include "monitor/report_applier.h"
#include "monitor/write_set.h"

namespace yagura::monitor {

class AgentCreation {
 public:
  /// References must outlive the object; `now` is the server's clock.
  AgentCreation(db::Connection& db, const IngestPolicy& policy, const Reference& reference,
                GroupPasswords& passwords, NoticeLimits& limits, WriteSet& rows, Micros now)
      : db_(db),
        policy_(policy),
        reference_(reference),
        passwords_(passwords),
        limits_(limits),
        rows_(rows),
        now_(now) {}

  /// Takes ids for up to `names` agents; call it before the agents' own locks are taken.
  Status reserve(std::size_t names);

  using Answer = std::variant<std::unique_ptr<CachedAgent>, Rejection>;
  /// Creates the agent (its rows go into the WriteSet) or says why not, with an event.
  Result<Answer> create(const report::AgentReport& report, const Provenance& from, AgentId parent);

 private:
  Result<CreationFacts> facts_for(const report::AgentReport& report, const Provenance& from);
  Result<GroupChoice> choose(const report::AgentReport& report, const Provenance& from);
  Result<bool> has_room(const Group& group);
  GroupAnswer ask(const Group* group, const report::AgentReport& report, const Provenance& from);
  Rejection refuse(CreationRefusal why, const report::AgentReport& report, const Provenance& from);
  void put_rows(const CachedAgent& agent, const report::AgentReport& report,
                const Provenance& from);

  db::Connection& db_;
  const IngestPolicy& policy_;
  const Reference& reference_;
  GroupPasswords& passwords_;
  NoticeLimits& limits_;
  WriteSet& rows_;
  Micros now_;
  std::int64_t next_id_ = 0;
  std::optional<std::uint32_t> created_last_hour_;
  std::map<std::string, std::uint32_t, std::less<>> created_by_peer_;
  std::map<std::int64_t, std::int64_t> members_;
};

}  // namespace yagura::monitor
