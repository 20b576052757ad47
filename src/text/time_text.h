// Time stamps as agents write them (agent-data §7.1). Pure functions, safe from any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "text/time_zone.h"

namespace yagura::text {

struct AgentTime {
  Micros time = 0;
  /// The text named its own zone ("Z", "+09:00"): no further offset may be applied.
  bool absolute = false;

  bool operator==(const AgentTime&) const = default;
};

/// True for a text that asks for the server's clock (contains "AUTO").
bool is_auto_time(std::string_view text);

/// Reads "Y/M/D h:m:s" or "Y-M-D h:m:s" anywhere in the text (any number of digits a field, one or
/// more blanks between) or ISO 8601 "Y-M-DTh:m[:s[.f]]"; a directly following "Z", "+hh", "+hhmm"
/// or
/// "+hh:mm" names the zone, otherwise `zone` holds. Fields out of range are carried over
/// (2024/13/01 is 2025-01-01). Nothing if there is no such text or the year is not in 1970...9999.
std::optional<AgentTime> parse_agent_time(std::string_view text, const TimeZone& zone);

/// Whole Unix seconds (digits only, 1970 to 9999), as plugins write them into module time stamps.
std::optional<Micros> parse_unix_seconds(std::string_view text);

/// RFC 3339 as our API takes it: "2026-11-22T01:24:01.123Z", zone required, nothing else around it,
/// fields in range.
std::optional<Micros> parse_rfc3339(std::string_view text);

/// "2024/03/01 10:00:00" in `zone`: how agents write it.
std::string format_agent_time(Micros time, const TimeZone& zone);

}  // namespace yagura::text
