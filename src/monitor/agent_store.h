// Agents in the database: row locks, loading into the cache, ids. Called inside a transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "db/connection.h"
#include "monitor/agent_cache.h"

namespace yagura::monitor {

/// Ids of those of `names` that exist.
Result<std::unordered_map<std::string, AgentId>> find_agents(db::Connection& db,
                                                             std::span<const std::string> names);

/// Locks the state rows of the agents until the end of the transaction and tells their versions.
/// Agents that do not exist are missing in the answer.
Result<std::unordered_map<std::int64_t, std::int64_t>> lock_agents(db::Connection& db,
                                                                   std::span<const AgentId> ids);

/// Everything of one agent; nothing if it does not exist. Call it under the agent's lock.
Result<std::unique_ptr<CachedAgent>> load_agent(db::Connection& db, AgentId id);

/// Agents whose rules of silence are due at `now`, the most overdue first.
Result<std::vector<AgentId>> due_agents(db::Connection& db, Micros now, std::int64_t limit);

/// The first of `count` new agent ids. Serialises all creators until the end of the transaction.
Result<std::int64_t> take_agent_ids(db::Connection& db, std::int64_t count);

}  // namespace yagura::monitor
