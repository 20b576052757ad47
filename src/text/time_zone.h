// Time zones as values, so that rules and tests do not depend on the process's TZ variable, and the
// calendar arithmetic that goes with them.
//
// Named zones are read from the system's zone files (TZif, RFC 8536) once, when they are loaded:
// load before a sandbox closes. Immutable afterwards, cheap to copy, safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace yagura::text {

/// A date and time of day without a zone. Fields may leave their ranges where a function says so.
struct CivilTime {
  std::int64_t year = 1970;
  std::int64_t month = 1;  ///< 1 to 12
  std::int64_t day = 1;    ///< 1 to 31
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;

  bool operator==(const CivilTime&) const = default;
};

/// Seconds since 1970-01-01 00:00:00 of the same calendar (no zone applied). Fields out of range
/// are carried over: month 13 is January of the next year, day 0 the last of the month before, hour
/// 24 the next day. Every field must lie within +-10^9.
std::int64_t civil_to_seconds(const CivilTime& civil);

/// The reverse; every field in its range.
CivilTime seconds_to_civil(std::int64_t seconds);

/// 0 = Sunday ... 6 = Saturday.
int weekday_of(std::int64_t seconds);

class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  static TimeZone utc() { return {}; }
  /// A constant offset, east positive, within +-24 h.
  static TimeZone fixed(std::int32_t offset_s);
  /// "UTC", an offset such as "+09:00", or a name of the zone database such as "Asia/Tokyo".
  /// kNotFound if there is no such zone, kInvalid if its file is damaged.
  static Result<TimeZone> load(const std::string& name);
  /// The machine's zone: the TZ variable, /etc/localtime, else UTC.
  static TimeZone system();
  /// From the bytes of a zone file.
  static Result<TimeZone> from_tzif(std::string_view bytes, std::string name);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Offset from UTC in seconds (east positive) in force at this UTC time.
  [[nodiscard]] std::int32_t offset_at(std::int64_t utc_seconds) const;
  /// UTC for a wall-clock time. One that occurs twice is the earlier one; one that a clock change
  /// skips is read with the offset before the change.
  [[nodiscard]] std::int64_t to_utc(std::int64_t local_seconds) const;

 private:
  struct Rules;
  std::string name_ = "UTC";
  std::int32_t fixed_offset_s_ = 0;
  std::shared_ptr<const Rules> rules_;  ///< null for a constant offset
};

}  // namespace yagura::text
