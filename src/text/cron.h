// Cron expressions of modules (agent-conf §5.3): five fields "minute hour day month weekday", each
// '*', 'n' or 'n-m', separated by exactly one blank. No lists, steps or names.
//
// All fields must match, day of month AND weekday. A range with n > m wraps around (hours 22-6). A
// weekday above 6 counts as '*'. Immutable values, safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "text/time_zone.h"

namespace yagura::text {

class Cron {
 public:
  /// kInvalid for anything else, numbers that can never match included.
  static Result<Cron> parse(std::string_view text);

  /// The first matching time not before now + interval_s: that very time if its minute matches,
  /// else the beginning of the next matching minute in `zone`. Nothing if there is none in the 40
  /// years that follow ("0 0 31 2 *").
  [[nodiscard]] std::optional<Micros> next_run(Micros now, std::int64_t interval_s,
                                               const TimeZone& zone) const;

  /// True if the minute that contains `time` matches.
  [[nodiscard]] bool matches(Micros time, const TimeZone& zone) const;

 private:
  /// One bit a value. All hold at least one.
  struct Fields {
    std::uint64_t minutes = 0, hours = 0, days = 0, months = 0, weekdays = 0;
  };
  [[nodiscard]] bool day_matches(std::int64_t local_seconds) const;
  [[nodiscard]] std::optional<std::int64_t> first_in_day(std::int64_t day_start,
                                                         int from_minute) const;

  Fields fields_;
};

}  // namespace yagura::text
