// Short ways to write rule tests: times of one day, reports, configurations, sequences of samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "monitor/module_config.h"
#include "monitor/state.h"

namespace yagura::monitor::testing {

/// 2024-03-01 00:00:00 UTC.
constexpr Micros kDayStart = 1'709'251'200 * kSecond;
constexpr Micros at(int hour, int minute, int second = 0) {
  return kDayStart + hour * kHour + minute * kMinute + second * kSecond;
}

inline ModuleConfig module_of(ModuleType type) {
  ModuleConfig config;
  config.name = "m";
  config.type = type;
  return config;
}

/// A module element with one value.
inline report::ModuleReport report_of(std::string name, std::string value) {
  report::ModuleReport module;
  module.name = std::move(name);
  module.samples.push_back({std::move(value), std::nullopt});
  return module;
}

/// A module and its state, fed sample by sample; receive time = sample time unless told.
struct Fed {
  explicit Fed(ModuleConfig c) : config(std::move(c)), state(initial_state(config.type)) {}
  explicit Fed(ModuleType type) : Fed(module_of(type)) {}

  Outcome feed(std::string_view text, Micros time, std::optional<Micros> received = std::nullopt,
               std::optional<StatusCode> status = std::nullopt) {
    return apply_sample(config, state, {.text = text, .time = time, .status = status},
                        {.received = received.value_or(time), .time = {}});
  }
  [[nodiscard]] int status() const { return static_cast<int>(state.status); }

  ModuleConfig config;
  ModuleState state;
};

}  // namespace yagura::monitor::testing
