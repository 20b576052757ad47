#include "monitor/unknown.h"

#include <algorithm>

#include "monitor/state_machine.h"
#include "monitor/thresholds.h"
#include "monitor/value.h"

namespace yagura::monitor {

namespace {

/// Taken where neither module nor agent says an interval, as the protocol does for absent ones; an
/// interval of 0 would make everything unknown at once.
constexpr std::int32_t kDefaultIntervalS = 300;

enum class Rule { kNone, kUnknown, kRecovery, kKeepAlive };

/// Which rule can apply to the module in its present state.
Rule rule_of(const ModuleConfig& config, const ModuleState& state, const SilenceContext& context,
             const SilencePolicy& policy) {
  if (config.disabled || context.agent_disabled || state.received == 0) return Rule::kNone;
  if (config.type == ModuleType::kKeepAlive) {
    const bool settled =
        state.kind == ValueKind::kNumber && state.number == 0 && state.status == state.last;
    return settled ? Rule::kNone : Rule::kKeepAlive;
  }
  if (config.ignore_unknown || context.agent_ignores_unknown) return Rule::kNone;
  if (traits(config.type).asynchronous) {
    const bool due = policy.async_recovery && state.status != StatusCode::kNormal;
    return due ? Rule::kRecovery : Rule::kNone;
  }
  // A module that never had a result stays not_init (§9), although a counter reset is a contact.
  const bool exempt = state.status == StatusCode::kUnknown || state.status == StatusCode::kNotInit;
  return exempt ? Rule::kNone : Rule::kUnknown;
}

Micros deadline_of(Rule rule, const ModuleConfig& config, const ModuleState& state,
                   const SilenceContext& context, const SilencePolicy& policy) {
  std::int32_t interval = rule == Rule::kKeepAlive
                              ? context.agent_interval_s
                              : current_interval_s(config, state, context.agent_interval_s);
  if (interval <= 0) interval = kDefaultIntervalS;
  const double patience = static_cast<double>(interval) * policy.unknown_factor;
  const auto silence = static_cast<Micros>(patience * static_cast<double>(kSecond));
  return std::max(state.received + silence, policy.warmup_until);
}

void recover(ModuleState& state, Micros now, SweepOutcome& outcome) {
  StatusChange change{.from = state.status, .to = StatusCode::kNormal};
  change.silence_recovery = true;
  state.status = state.known = state.last = StatusCode::kNormal;
  state.same_count = state.warning_count = 0;
  std::fill(std::begin(state.counters), std::end(state.counters), std::uint16_t{0});
  state.fast_interval_s = 0;
  state.status_since = now;
  outcome.change = change;
}

/// The value 0 is no contact: `received` stays, so the next document is seen as a return.
void keep_alive_down(const ModuleConfig& config, ModuleState& state, Micros now,
                     SweepOutcome& outcome) {
  Outcome sample;
  accept_number(config, state, 0, std::nullopt, std::max(now, state.value_time), sample);
  if (sample.store) outcome.keep_alive_down = state.value_time;
  outcome.change = sample.change;
}

}  // namespace

std::int32_t current_interval_s(const ModuleConfig& config, const ModuleState& state,
                                std::int32_t agent_interval_s) {
  const std::int32_t interval = state.fast_interval_s > 0
                                    ? state.fast_interval_s
                                    : effective_interval_s(config, agent_interval_s);
  return interval > 0 ? interval : kDefaultIntervalS;
}

std::optional<Micros> next_deadline(const ModuleConfig& config, const ModuleState& state,
                                    const SilenceContext& context, const SilencePolicy& policy) {
  const Rule rule = rule_of(config, state, context, policy);
  if (rule == Rule::kNone) return std::nullopt;
  return deadline_of(rule, config, state, context, policy);
}

SweepOutcome sweep(const ModuleConfig& config, ModuleState& state, const SilenceContext& context,
                   const SilencePolicy& policy, Micros now) {
  SweepOutcome outcome;
  const Rule rule = rule_of(config, state, context, policy);
  if (rule == Rule::kNone || now <= deadline_of(rule, config, state, context, policy)) {
    return outcome;
  }
  outcome.state_changed = true;
  switch (rule) {
    case Rule::kNone:
      break;
    case Rule::kUnknown:
      outcome.change = StatusChange{.from = state.status, .to = StatusCode::kUnknown};
      state.status = StatusCode::kUnknown;
      state.status_since = now;
      break;
    case Rule::kRecovery:
      recover(state, now, outcome);
      break;
    case Rule::kKeepAlive:
      keep_alive_down(config, state, now, outcome);
      break;
  }
  return outcome;
}

Outcome keep_alive_up(const ModuleConfig& config, ModuleState& state, Micros received) {
  // A document that waited in the spool while the sweep failed the module is still a contact.
  const Micros time = std::max(received, state.value_time);
  const SampleContext context{.received = received, .time = {.max_ahead = kDay, .max_backlog = 0}};
  return apply_number(config, state, 1, time, context);
}

}  // namespace yagura::monitor
