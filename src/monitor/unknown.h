// What time alone does to modules: unknown, recovery of silent asynchronous modules, keep-alive.
// Source: spec agent-data §12; spec server §10.
//
// The sweeper need not look at every module every time: next_deadline() says when a module can
// first be due, so the smallest deadline of an agent tells when to look at it.
#pragma once

#include <optional>

#include "base/clock.h"
#include "monitor/module_config.h"
#include "monitor/state.h"

namespace yagura::monitor {

struct SilencePolicy {
  double unknown_factor = 2;  ///< unknown_interval: intervals without contact
  bool async_recovery = true;
  Micros warmup_until = 0;  ///< nothing becomes unknown before (start + warmup_unknown_interval)
};

/// The agent's share of the rules.
struct SilenceContext {
  std::int32_t agent_interval_s = 300;
  bool agent_disabled = false;
  bool agent_ignores_unknown = false;
};

/// The interval in effect: fast interval while a change is awaited, else the module's, else the
/// agent's. Seconds.
std::int32_t current_interval_s(const ModuleConfig& config, const ModuleState& state,
                                std::int32_t agent_interval_s);

/// The moment after which silence counts (sweep() acts when now > deadline); nullopt = never in the
/// present state (already unknown, exempt, disabled, never heard of).
std::optional<Micros> next_deadline(const ModuleConfig& config, const ModuleState& state,
                                    const SilenceContext& context, const SilencePolicy& policy);

/// What the sweep did with one module.
struct SweepOutcome {
  bool state_changed = false;
  std::optional<StatusChange> change;
  /// A keep_alive module took the value 0 at this time: store it.
  std::optional<Micros> keep_alive_down;
};

/// Applies the rules at `now`. Ordinary module: unknown. Asynchronous: recovery. keep_alive: 0.
SweepOutcome sweep(const ModuleConfig& config, ModuleState& state, const SilenceContext& context,
                   const SilencePolicy& policy, Micros now);

/// A document of the agent was processed at `received`: a keep_alive module takes the value 1.
Outcome keep_alive_up(const ModuleConfig& config, ModuleState& state, Micros received);

}  // namespace yagura::monitor
