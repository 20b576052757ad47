#include "monitor/query_modules.h"

#include <algorithm>
#include <utility>

#include "monitor/query_agents.h"
#include "monitor/query_latest.h"
#include "monitor/query_util.h"

namespace yagura::monitor {
namespace {

constexpr std::string_view kModulesOfAgent =
    "SELECT m.id, m.name, m.description, m.type, m.unit, COALESCE(g.name, ''), m.status,"
    " m.status_since, m.interval_s, m.disabled, m.min_warning, m.max_warning, m.warning_inverse,"
    " m.str_warning, m.min_critical, m.max_critical, m.critical_inverse, m.str_critical,"
    " m.extended_info FROM module m LEFT JOIN module_group g ON g.id = m.module_group_id"
    " WHERE m.agent_id = ? AND m.delete_pending = 0"
    " ORDER BY CASE m.status WHEN 1 THEN 0 WHEN 2 THEN 1 WHEN 3 THEN 2 WHEN 0 THEN 3 ELSE 4 END,"
    " m.name";

enum Column : std::size_t {
  kId,
  kName,
  kDescription,
  kType,
  kUnit,
  kGroup,
  kStatus,
  kStatusSince,
  kInterval,
  kDisabled,
  kMinWarning,
  kMaxWarning,
  kWarningInverse,
  kTextWarning,
  kMinCritical,
  kMaxCritical,
  kCriticalInverse,
  kTextCritical,
  kExtendedInfo,
};

// lo == hi means "not set"; hi below lo means "no upper end" (thresholds.h).
ThresholdView threshold(double lo, double hi, bool inverse, const std::string& text) {
  ThresholdView out{.min = std::nullopt, .max = std::nullopt, .inverse = inverse, .text = text};
  if (lo == hi) return out;
  out.min = lo;
  if (hi > lo) out.max = hi;
  return out;
}

ModuleView module_of(const db::Row& row, AgentId agent, std::int64_t agent_interval_s,
                     const std::vector<SlotState>& states) {
  const ModuleId id{row.integer(kId)};
  const auto type = module_type_from_id(static_cast<int>(row.integer(kType)));
  const auto status = status_from_code(static_cast<int>(row.integer(kStatus)));
  ModuleView out{
      .id = id,
      .agent_id = agent,
      .name = row.text(kName),
      .description = row.text(kDescription),
      .type = type ? std::string(traits(*type).name) : std::string(),
      .unit = row.text(kUnit),
      .module_group = row.text(kGroup),
      .status = status.value_or(StatusCode::kNotInit),
      .status_since = time_or_none(row.integer(kStatusSince)),
      .value = std::nullopt,
      .value_at = std::nullopt,
      .last_contact = std::nullopt,
      .interval_s = row.integer(kInterval) > 0 ? row.integer(kInterval) : agent_interval_s,
      .disabled = row.integer(kDisabled) != 0,
      .thresholds = {threshold(row.real(kMinWarning), row.real(kMaxWarning),
                               row.integer(kWarningInverse) != 0, row.text(kTextWarning)),
                     threshold(row.real(kMinCritical), row.real(kMaxCritical),
                               row.integer(kCriticalInverse) != 0, row.text(kTextCritical))},
      .extended_info = row.text(kExtendedInfo)};
  if (const ModuleState* state = find_state(states, slot_of(id))) {
    out.value = value_of(*state);
    if (out.value) out.value_at = time_or_none(state->value_time);
    out.last_contact = time_or_none(state->received);
  }
  return out;
}

}  // namespace

Result<ModuleList> list_modules(db::Connection& db, const identity::Actor& actor, AgentId agent) {
  YAGURA_TRY(visible, may_on_agent(db, actor, identity::Bit::kAR, agent));
  if (!visible) return not_found();
  YAGURA_TRY(agents, db.query("SELECT a.interval_s, st.latest FROM agent a"
                              " JOIN agent_state st ON st.agent_id = a.id WHERE a.id = ?",
                              {agent.value}));
  if (agents.empty()) return not_found();
  const std::int64_t interval_s = agents.front().integer(0);
  const auto states = read_states(agents.front().text(1), agent);
  YAGURA_TRY(rows, db.query(kModulesOfAgent, {agent.value}));
  ModuleList out;
  out.items.reserve(rows.size());
  for (const db::Row& row : rows)
    out.items.push_back(module_of(row, agent, interval_s, states));
  return out;
}

}  // namespace yagura::monitor
