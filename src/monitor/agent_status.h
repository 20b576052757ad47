// Status of an agent from its modules, and what is missing for an agent to count as documented.
// Source: spec agent-data §12 (end); spec server §4.3, §5.3, §9.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "monitor/module_config.h"
#include "monitor/state.h"
#include "monitor/types.h"

namespace yagura::monitor {

/// Modules of one agent by status; disabled modules are not counted.
struct ModuleCounts {
  std::uint32_t by_status[kStatusCount] = {};
  std::uint32_t synchronous = 0;          ///< neither asynchronous nor keep_alive
  std::uint32_t synchronous_unknown = 0;  ///< of those, unknown
  std::uint32_t synchronous_not_init = 0;

  [[nodiscard]] std::uint32_t total() const;
  [[nodiscard]] std::uint32_t of(StatusCode status) const {
    return by_status[static_cast<int>(status)];
  }
  /// Counts a module in (+1) or out (-1); call with the old status out, with the new one in.
  void add(const ModuleConfig& config, StatusCode status, int sign = 1);
  bool operator==(const ModuleCounts&) const = default;
};

/// Worst of the modules; unknown when the agent has a synchronous module and
/// `last_contact + 2 × interval < now`. Without modules: not_init.
StatusCode agent_status(const ModuleCounts& counts, Micros last_contact,
                        std::int32_t agent_interval_s, Micros now);
/// When the second rule can first change the answer: last_contact + 2 × interval.
Micros silence_deadline(Micros last_contact, std::int32_t agent_interval_s);

/// Autodisable (§5.3): mode 2, all initialised synchronous modules unknown (at least one), agent
/// status unknown.
bool should_autodisable(AgentMode mode, const ModuleCounts& counts, StatusCode status);

/// Facts for the completeness check; owner fields are department, responsible, location.
struct AgentDocumentation {
  std::string_view description;
  std::string_view address;
  bool in_default_group = true;
  std::string_view department, responsible, location;
};
/// Stable words of what is missing: "description", "address", "group", "department", "responsible",
/// "location"; empty = documented.
std::vector<std::string_view> missing_documentation(const AgentDocumentation& agent);

}  // namespace yagura::monitor
