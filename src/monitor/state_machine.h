// Inside of the state rules: evaluation, flip-flop and taking a value over. Private to state.cpp
// and unknown.cpp.
#pragma once

#include <optional>

#include "monitor/state.h"

namespace yagura::monitor {

/// Moves the status by one computed status (§11, server §8.4 – §8.8); returns the change shown.
std::optional<StatusChange> advance(const ModuleConfig& config, ModuleState& state,
                                    StatusCode computed, Micros time);

/// A valid number becomes the live value: evaluation, flip-flop, history rule. Fills `outcome`
/// except verdict and times of contact.
void accept_number(const ModuleConfig& config, ModuleState& state, double number,
                   std::optional<StatusCode> explicit_status, Micros time, Outcome& outcome);

}  // namespace yagura::monitor
