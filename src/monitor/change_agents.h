// What people change about agents. Each function asks the actor, changes and writes the audit
// record in one transaction, with before and after.
#pragma once

#include <optional>
#include <string>

#include "db/connection.h"
#include "identity/actor.h"
#include "monitor/query_agents.h"

namespace yagura::monitor {

/// Absent = leave as it is.
struct AgentPatch {
  std::optional<std::string> alias;
  std::optional<std::string> description;
  std::optional<GroupId> group_id;
  std::optional<bool> disabled;
  std::optional<bool> quiet;
  std::optional<AgentMode> mode;
};

/// `revision` is what the editor saw; kConflict if somebody changed the agent since. Needs AW in
/// the agent's group (and in the target group for a move); `disabled` alone needs AD.
Result<AgentDetail> change_agent(db::Connection& db, const identity::Actor& actor, AgentId id,
                                 const AgentPatch& patch, const std::string& revision, Micros now);

/// Admits or turns away an agent that created itself (SRV-12). Needs AW. Deciding twice the same
/// way changes nothing and is no error.
Result<AgentDetail> decide_agent(db::Connection& db, const identity::Actor& actor, AgentId id,
                                 Approval decision, Micros now);

}  // namespace yagura::monitor
