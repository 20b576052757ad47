// Status of one value from the thresholds of its module. Source: spec agent-data §10, spec server
// §8.3. First hit wins: explicit status, critical, warning, normal.
#pragma once

#include <optional>
#include <string_view>

#include "monitor/module_config.h"
#include "monitor/types.h"

namespace yagura::monitor {

/// The explicit status of a sample: NORMAL, WARNING or CRITICAL in any case, blanks around it are
/// ignored; every other text (also UNKNOWN) is nullopt = "ask the thresholds".
std::optional<StatusCode> explicit_status(std::string_view word);

/// `lo <= v < hi`, or `v >= lo` when hi < lo; inverse is the complement. An unset range (lo == hi)
/// never matches, inverse or not.
bool matches_range(double value, Range range, bool inverse);

/// Percentages of change: `range.lo` % below or `range.hi` % above the previous value; 0 = that
/// side is not watched. Both sides count from the magnitude of `previous`, so a negative value
/// behaves like a positive one. Inverse: matches inside instead.
bool matches_percentage(double value, double previous, Range percent, bool inverse);

/// The ranges in effect, with the implicit ones of boolean, keep_alive, web_analysis and log4x
/// types.
Range critical_range(const ModuleConfig& config);
Range warning_range(const ModuleConfig& config);

/// `value` as presented (value.h). `previous` is the value before it, absent for the first.
StatusCode status_of_number(const ModuleConfig& config, double value,
                            std::optional<double> previous);

/// Cost is bounded by the limits of text::Regex (only the first 64 KiB are searched); an expression
/// that exceeds them does not match, inverse or not.
StatusCode status_of_text(const ModuleConfig& config, std::string_view value);

}  // namespace yagura::monitor
