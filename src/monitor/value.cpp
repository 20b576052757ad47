#include "monitor/value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "text/numbers.h"

namespace yagura::monitor {

namespace {

Processed rejected(Reason reason) {
  return {Processed::Kind::kRejected, reason, 0};
}
Processed no_result(Reason reason) {
  return {Processed::Kind::kNoResult, reason, 0};
}

/// Post-processing, then bounds (§8).
Processed finish(const ModuleConfig& config, double number) {
  if (config.post_process != 0) number *= config.post_process;
  if (!std::isfinite(number)) return rejected(Reason::kNotFinite);
  if (!within_bounds(number, config.min, config.max)) return rejected(Reason::kOutOfBounds);
  return {Processed::Kind::kValue, Reason::kNone, number};
}

/// §9. The two classes differ in the result and in which of "same time" and "went back" is asked
/// first. A sample older than the reference never moves it, for differences too.
Processed from_counter(const ModuleConfig& config, double counter, Micros time,
                       CounterReference& reference, ValueClass value_class) {
  if (!reference.set) {
    reference = {counter, time, true};
    return no_result(Reason::kFirstReference);
  }
  if (time < reference.time) return no_result(Reason::kOldReference);
  const bool went_back = counter < reference.value;
  const bool same_time = time == reference.time;
  if (same_time && (value_class == ValueClass::kRate || !went_back)) {
    return no_result(Reason::kDuplicateTime);
  }
  const CounterReference before = std::exchange(reference, CounterReference{counter, time, true});
  if (went_back) return {Processed::Kind::kTouch, Reason::kCounterReset, 0};
  double result = counter - before.value;
  if (value_class == ValueClass::kRate) {
    result /= static_cast<double>(time - before.time) / static_cast<double>(kSecond);
  }
  return finish(config, result);
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return text::is_space(c); });
}

}  // namespace

double presented(double value) {
  // The fast way is right unless value × 10^5 lies next to a tie; those and large fractions take
  // the decimal way, which is right by construction. Below the limit the product is wrong by at
  // most 0.001 (half a unit in the last place of 10^13), a tenth of the guard.
  constexpr double kScale = 1e5;
  constexpr double kFastLimit = 1e8;
  constexpr double kTieGuard = 1e-2;
  if (value == std::nearbyint(value)) return value + 0.0;  // whole numbers; also removes -0
  if (std::fabs(value) < kFastLimit) {
    const double scaled = value * kScale;
    const double whole = std::nearbyint(scaled);
    if (std::fabs(scaled - whole) < 0.5 - kTieGuard) return whole / kScale + 0.0;
  }
  return text::round_to_5_decimals(value) + 0.0;
}

std::string compatible_text(double value) {
  return text::format_fixed(value, 5);
}

int log4x_severity(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, int>, 6> kWords = {
      {{"trace", 10}, {"debug", 20}, {"info", 30}, {"warn", 40}, {"error", 50}, {"fatal", 60}}};
  for (const auto& [name, severity] : kWords) {
    if (text::equals_ignoring_case(name, word)) return severity;
  }
  return kWords.front().second;
}

bool within_bounds(double value, double min, double max) {
  if (min == max) return true;
  if (min < max) return value >= min && value <= max;
  if (max == 0) return value >= min;
  if (min == 0) return value <= max;
  return true;
}

Processed process_value(const ModuleConfig& config, std::string_view text, Micros time,
                        CounterReference& reference) {
  const ValueClass value_class = traits(config.type).value_class;
  switch (value_class) {
    case ValueClass::kText:
      if (is_blank(text)) return rejected(Reason::kEmptyValue);
      return {Processed::Kind::kValue, Reason::kNone, 0};
    case ValueClass::kSeverity:
      return {Processed::Kind::kValue, Reason::kNone, static_cast<double>(log4x_severity(text))};
    case ValueClass::kNumber:
    case ValueClass::kRate:
    case ValueClass::kDifference:
      break;
  }
  const std::optional<double> number = text::parse_value(text);
  if (!number) return rejected(is_blank(text) ? Reason::kEmptyValue : Reason::kNotANumber);
  return process_number(config, *number, time, reference);
}

Processed process_number(const ModuleConfig& config, double number, Micros time,
                         CounterReference& reference) {
  if (!std::isfinite(number)) return rejected(Reason::kNotFinite);
  const ValueClass value_class = traits(config.type).value_class;
  if (value_class == ValueClass::kRate || value_class == ValueClass::kDifference) {
    return from_counter(config, number, time, reference, value_class);
  }
  return finish(config, number);
}

}  // namespace yagura::monitor
