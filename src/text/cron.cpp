#include "text/cron.h"

#include <bit>
#include <string>

#include "text/numbers.h"

namespace yagura::text {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
/// A leap day falls on a given weekday at least once in 40 years (2100 is no leap year).
constexpr std::int64_t kSearchDays = std::int64_t{40} * 366;

struct FieldRange {
  const char* name;
  unsigned low;
  unsigned high;
};

constexpr std::array<FieldRange, 5> kRanges{{{"minute", 0, 59},
                                             {"hour", 0, 23},
                                             {"day of month", 1, 31},
                                             {"month", 1, 12},
                                             {"weekday", 0, 6}}};
constexpr std::size_t kWeekday = 4;

std::uint64_t bits_between(unsigned low, unsigned high) {
  std::uint64_t bits = 0;
  for (unsigned value = low; value <= high; ++value)
    bits |= std::uint64_t{1} << value;
  return bits;
}

/// The values a field allows, 0 if it is no field.
std::uint64_t parse_field(std::string_view text, std::size_t index) {
  const FieldRange& range = kRanges[index];
  const std::uint64_t all = bits_between(range.low, range.high);
  if (text == "*") return all;
  const std::size_t dash = text.find('-');
  const auto from = parse_integer<unsigned>(text.substr(0, dash));
  const auto to =
      dash == std::string_view::npos ? from : parse_integer<unsigned>(text.substr(dash + 1));
  if (!from || !to) return 0;
  if (index == kWeekday && (*from > range.high || *to > range.high)) return all;
  if (*from < range.low || *from > range.high || *to < range.low || *to > range.high) return 0;
  if (*from <= *to) return bits_between(*from, *to);
  return bits_between(*from, range.high) | bits_between(range.low, *to);
}

bool has(std::uint64_t bits, std::int64_t value) {
  return (bits >> static_cast<unsigned>(value) & 1U) != 0;
}

std::int64_t floor_seconds(Micros time) {
  return time / kSecond - (time % kSecond < 0 ? 1 : 0);
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  Cron cron;
  const std::array<std::uint64_t*, 5> targets{&cron.fields_.minutes, &cron.fields_.hours,
                                              &cron.fields_.days, &cron.fields_.months,
                                              &cron.fields_.weekdays};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool last = i + 1 == targets.size();
    const std::size_t blank = last ? text.size() : text.find(' ');
    if (blank == std::string_view::npos) {
      return Error{ErrorCode::kInvalid,
                   "cron expression: needs five fields with one blank between"};
    }
    *targets[i] = parse_field(text.substr(0, blank), i);
    if (*targets[i] == 0) {
      return Error{ErrorCode::kInvalid, std::string("cron expression: the ") + kRanges[i].name +
                                            " must be *, n or n-m, " +
                                            std::to_string(kRanges[i].low) + " to " +
                                            std::to_string(kRanges[i].high)};
    }
    text.remove_prefix(last ? blank : blank + 1);
  }
  return cron;
}

bool Cron::day_matches(std::int64_t local_seconds) const {
  const CivilTime civil = seconds_to_civil(local_seconds);
  return has(fields_.days, civil.day) && has(fields_.months, civil.month) &&
         has(fields_.weekdays, weekday_of(local_seconds));
}

bool Cron::matches(Micros time, const TimeZone& zone) const {
  const std::int64_t utc = floor_seconds(time);
  const std::int64_t local = utc + zone.offset_at(utc);
  const CivilTime civil = seconds_to_civil(local);
  return day_matches(local) && has(fields_.hours, civil.hour) && has(fields_.minutes, civil.minute);
}

/// Local seconds of the first matching minute of a day at or behind `from_minute` (0 to 1439).
std::optional<std::int64_t> Cron::first_in_day(std::int64_t day_start, int from_minute) const {
  for (int hour = from_minute / 60; hour < 24; ++hour) {
    if (!has(fields_.hours, hour)) continue;
    const int from = hour == from_minute / 60 ? from_minute % 60 : 0;
    const std::uint64_t minutes = fields_.minutes >> static_cast<unsigned>(from);
    if (minutes == 0) continue;
    const std::int64_t minute = hour * 60 + from + std::countr_zero(minutes);
    return day_start + minute * 60;
  }
  return std::nullopt;
}

std::optional<Micros> Cron::next_run(Micros now, std::int64_t interval_s,
                                     const TimeZone& zone) const {
  const Micros earliest = now + interval_s * kSecond;
  if (matches(earliest, zone)) return earliest;
  const std::int64_t earliest_s = floor_seconds(earliest);
  const std::int64_t local = earliest_s + zone.offset_at(earliest_s);
  const std::int64_t first_day = local - ((local % kDaySeconds) + kDaySeconds) % kDaySeconds;
  for (std::int64_t i = 0; i < kSearchDays; ++i) {
    const std::int64_t day = first_day + i * kDaySeconds;
    if (!day_matches(day)) continue;
    int from = i == 0 ? static_cast<int>((local - first_day) / 60) : 0;
    // Where a clock change repeats an hour, a local minute may lie before the earliest time.
    while (from < 24 * 60) {
      const auto candidate = first_in_day(day, from);
      if (!candidate) break;
      const std::int64_t utc = zone.to_utc(*candidate);
      if (utc > earliest_s) return utc * kSecond;
      from = static_cast<int>((*candidate - day) / 60) + 1;
    }
  }
  return std::nullopt;
}

}  // namespace yagura::text
