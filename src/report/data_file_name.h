// Names of agent data files in a spool (agent-data §1.1). Pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace yagura::report {

/// True for names that are processed: anything, then '.' or '_', digits and ".data",
/// case-sensitive. Everything else stays where it lies.
bool is_data_file_name(std::string_view name);

/// The part before the last "[._]digits.data" (may be empty); nothing if the name is not processed.
/// It only spreads work: the agent is identified by the document's agent_name alone.
std::optional<std::string_view> queue_key(std::string_view name);

}  // namespace yagura::report
