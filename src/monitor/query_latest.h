// Latest values out of an agent's packed live state. Private to the query files.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "monitor/query_types.h"
#include "monitor/state_codec.h"

namespace yagura::monitor {

/// Slot of a module within its agent, and back (sql/0001_monitor.sql).
constexpr std::int64_t kSlotsPerAgent = 65'536;
constexpr AgentId agent_of(ModuleId module) {
  return AgentId{module.value / kSlotsPerAgent};
}
constexpr std::uint32_t slot_of(ModuleId module) {
  return static_cast<std::uint32_t>(module.value % kSlotsPerAgent);
}

/// All live states of an agent, by slot; an empty block is an agent without data. A damaged block
/// is logged and reads as empty: one bad row must not hide a whole list.
std::vector<SlotState> read_states(std::string_view latest, AgentId agent);
/// The state of one slot, or nullptr.
const ModuleState* find_state(const std::vector<SlotState>& states, std::uint32_t slot);
/// The value people see: numbers rounded as status rules round them.
std::optional<LatestValue> value_of(const ModuleState& state);
/// Value of one module out of the whole block.
std::optional<LatestValue> latest_value(std::string_view latest, ModuleId module);

}  // namespace yagura::monitor
