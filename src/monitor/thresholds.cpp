#include "monitor/thresholds.h"

#include <cmath>

#include "monitor/text_patterns.h"
#include "text/numbers.h"

namespace yagura::monitor {

namespace {

bool is_set(Range range) {
  return range.lo != range.hi;
}

bool critical_hit(const ModuleConfig& config, double value, std::optional<double> previous) {
  if (config.percentage_critical) {
    return previous &&
           matches_percentage(value, *previous, config.critical, config.critical_inverse);
  }
  return matches_range(value, critical_range(config), config.critical_inverse);
}

bool warning_hit(const ModuleConfig& config, double value, std::optional<double> previous) {
  if (config.percentage_warning) {
    return previous && matches_percentage(value, *previous, config.warning, config.warning_inverse);
  }
  return matches_range(value, warning_range(config), config.warning_inverse);
}

/// An expression that gives up never matches, also when inverse: a hostile value must not be able
/// to choose the status by being expensive.
bool text_hit(const text::Regex* regex, std::string_view value, bool inverse) {
  if (regex == nullptr) return false;
  switch (regex->search(value)) {
    case text::RegexOutcome::kMatch:
      return !inverse;
    case text::RegexOutcome::kNoMatch:
      return inverse;
    case text::RegexOutcome::kLimit:
      return false;
  }
  return false;
}

}  // namespace

std::optional<StatusCode> explicit_status(std::string_view word) {
  word = text::trim(word);
  if (text::equals_ignoring_case(word, "normal")) return StatusCode::kNormal;
  if (text::equals_ignoring_case(word, "warning")) return StatusCode::kWarning;
  if (text::equals_ignoring_case(word, "critical")) return StatusCode::kCritical;
  return std::nullopt;
}

bool matches_range(double value, Range range, bool inverse) {
  if (!is_set(range)) return false;
  const bool open_ended = range.hi < range.lo;
  const bool inside = value >= range.lo && (open_ended || value < range.hi);
  return inside != inverse;
}

bool matches_percentage(double value, double previous, Range percent, bool inverse) {
  if (percent.lo == 0 && percent.hi == 0) return false;
  const double magnitude = std::fabs(previous);
  const bool below = percent.lo != 0 && value < previous - magnitude * percent.lo / 100;
  const bool above = percent.hi != 0 && value > previous + magnitude * percent.hi / 100;
  return (below || above) != inverse;
}

Range critical_range(const ModuleConfig& config) {
  if (is_set(config.critical)) return config.critical;
  const TypeTraits& type = traits(config.type);
  if (type.boolean) return {0, 1};
  if (type.value_class == ValueClass::kSeverity) return {50, 61};
  return {};
}

Range warning_range(const ModuleConfig& config) {
  if (is_set(config.warning)) return config.warning;
  if (traits(config.type).value_class == ValueClass::kSeverity) return {40, 41};
  return {};
}

StatusCode status_of_number(const ModuleConfig& config, double value,
                            std::optional<double> previous) {
  if (critical_hit(config, value, previous)) return StatusCode::kCritical;
  if (warning_hit(config, value, previous)) return StatusCode::kWarning;
  return StatusCode::kNormal;
}

StatusCode status_of_text(const ModuleConfig& config, std::string_view value) {
  if (!config.patterns) return StatusCode::kNormal;
  if (text_hit(config.patterns->critical_regex(), value, config.critical_inverse)) {
    return StatusCode::kCritical;
  }
  if (text_hit(config.patterns->warning_regex(), value, config.warning_inverse)) {
    return StatusCode::kWarning;
  }
  return StatusCode::kNormal;
}

}  // namespace yagura::monitor
