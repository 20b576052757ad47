#include "monitor/agent_status.h"

#include <numeric>

namespace yagura::monitor {

namespace {

/// Fixed by the protocol here, unlike the factor of the unknown rule (§12, last paragraph).
constexpr std::int64_t kSilentIntervals = 2;
/// For agents that announced no usable interval.
constexpr std::int32_t kDefaultIntervalS = 300;

}  // namespace

std::uint32_t ModuleCounts::total() const {
  return std::accumulate(std::begin(by_status), std::end(by_status), std::uint32_t{0});
}

void ModuleCounts::add(const ModuleConfig& config, StatusCode status, int sign) {
  if (config.disabled) return;
  const auto step = static_cast<std::uint32_t>(sign);  // -1 wraps, and so subtracts
  by_status[static_cast<std::size_t>(status)] += step;
  if (traits(config.type).asynchronous || config.type == ModuleType::kKeepAlive) return;
  synchronous += step;
  if (status == StatusCode::kUnknown) synchronous_unknown += step;
  if (status == StatusCode::kNotInit) synchronous_not_init += step;
}

StatusCode agent_status(const ModuleCounts& counts, Micros last_contact,
                        std::int32_t agent_interval_s, Micros now) {
  if (counts.synchronous > 0 && now > silence_deadline(last_contact, agent_interval_s)) {
    return StatusCode::kUnknown;
  }
  for (const StatusCode status :
       {StatusCode::kCritical, StatusCode::kWarning, StatusCode::kUnknown, StatusCode::kNormal}) {
    if (counts.of(status) > 0) return status;
  }
  return StatusCode::kNotInit;
}

Micros silence_deadline(Micros last_contact, std::int32_t agent_interval_s) {
  const std::int32_t interval = agent_interval_s > 0 ? agent_interval_s : kDefaultIntervalS;
  return last_contact + kSilentIntervals * interval * kSecond;
}

bool should_autodisable(AgentMode mode, const ModuleCounts& counts, StatusCode status) {
  const std::uint32_t initialised = counts.synchronous - counts.synchronous_not_init;
  return mode == AgentMode::kAutodisable && status == StatusCode::kUnknown && initialised > 0 &&
         counts.synchronous_unknown == initialised;
}

std::vector<std::string_view> missing_documentation(const AgentDocumentation& agent) {
  std::vector<std::string_view> missing;
  if (agent.description.empty()) missing.emplace_back("description");
  if (agent.address.empty()) missing.emplace_back("address");
  if (agent.in_default_group) missing.emplace_back("group");
  if (agent.department.empty()) missing.emplace_back("department");
  if (agent.responsible.empty()) missing.emplace_back("responsible");
  if (agent.location.empty()) missing.emplace_back("location");
  return missing;
}

}  // namespace yagura::monitor
