#include "monitor/query_latest.h"

#include <algorithm>

#include "base/log.h"
#include "monitor/value.h"

namespace yagura::monitor {

std::vector<SlotState> read_states(std::string_view latest, AgentId agent) {
  if (latest.empty()) return {};
  auto states = decode_states(latest);
  if (states) return std::move(*states);
  log::error("agent-state-damaged", {{"agent", agent.value}, {"error", states.error()}});
  return {};
}

const ModuleState* find_state(const std::vector<SlotState>& states, std::uint32_t slot) {
  const auto it = std::ranges::lower_bound(states, slot, {}, &SlotState::slot);
  return it != states.end() && it->slot == slot ? &it->state : nullptr;
}

std::optional<LatestValue> value_of(const ModuleState& state) {
  switch (state.kind) {
    case ValueKind::kNumber:
      return NumberValue{presented(state.number)};
    case ValueKind::kText:
      return TextValue{state.text};
    case ValueKind::kNone:
      break;
  }
  return std::nullopt;
}

std::optional<LatestValue> latest_value(std::string_view latest, ModuleId module) {
  const auto states = read_states(latest, agent_of(module));
  const ModuleState* state = find_state(states, slot_of(module));
  return state != nullptr ? value_of(*state) : std::nullopt;
}

}  // namespace yagura::monitor
