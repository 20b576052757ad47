#include "text/time_zone.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/file.h"
#include "text/numbers.h"

namespace yagura::text {
namespace {

constexpr std::size_t kMaxZoneFileBytes = 256UL * 1024;
constexpr std::size_t kMaxZoneNameBytes = 64;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr const char* kZoneDirectory = "/usr/share/zoneinfo/";

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// Days since 1970-01-01 of the first of a month (1 to 12); the proleptic Gregorian calendar
/// counted in years that begin in March, so that the leap day comes last.
std::int64_t days_of_month_start(std::int64_t year, std::int64_t month) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

/// When daylight saving begins or ends each year: "Mm.w.d", "Jn" or "n" of POSIX TZ.
struct YearlyChange {
  enum class Kind { kMonthWeekDay, kJulianWithoutLeapDay, kDayOfYear };
  Kind kind = Kind::kMonthWeekDay;
  std::int64_t month = 1, week = 1, day = 0;
  std::int64_t at_s = 7200;

  /// Local seconds since 1970-01-01 of the change in `year`.
  [[nodiscard]] std::int64_t in_year(std::int64_t year) const {
    const std::int64_t year_start = days_of_month_start(year, 1);
    if (kind == Kind::kDayOfYear) return (year_start + day) * kSecondsPerDay + at_s;
    if (kind == Kind::kJulianWithoutLeapDay) {
      const bool leap = days_of_month_start(year, 3) - days_of_month_start(year, 2) == 29;
      const std::int64_t skipped = leap && day >= 60 ? 0 : 1;
      return (year_start + day - skipped) * kSecondsPerDay + at_s;
    }
    const std::int64_t first = days_of_month_start(year, month);
    const std::int64_t next =
        month == 12 ? days_of_month_start(year + 1, 1) : days_of_month_start(year, month + 1);
    std::int64_t date = first + (day - weekday_of(first * kSecondsPerDay) + 7) % 7 + (week - 1) * 7;
    while (date >= next)
      date -= 7;
    return date * kSecondsPerDay + at_s;
  }
};

/// The rule in force behind the last transition of a zone file.
struct PosixRule {
  std::int32_t standard_offset_s = 0;
  std::int32_t daylight_offset_s = 0;
  std::optional<std::pair<YearlyChange, YearlyChange>> daylight;

  [[nodiscard]] std::int32_t offset_at(std::int64_t utc) const {
    if (!daylight) return standard_offset_s;
    const std::int64_t year = seconds_to_civil(utc + standard_offset_s).year;
    const std::int64_t start = daylight->first.in_year(year) - standard_offset_s;
    const std::int64_t end = daylight->second.in_year(year) - daylight_offset_s;
    const bool inside = start < end ? utc >= start && utc < end : utc >= start || utc < end;
    return inside ? daylight_offset_s : standard_offset_s;
  }
};

/// Reads a POSIX TZ text such as "CET-1CEST,M3.5.0,M10.5.0/3" from left to right.
class PosixParser {
 public:
  explicit PosixParser(std::string_view text) : rest_(text) {}

  std::optional<PosixRule> parse() {
    PosixRule rule;
    std::int64_t offset = 0;
    if (!skip_name() || !read_hms(offset)) return std::nullopt;
    rule.standard_offset_s = static_cast<std::int32_t>(-offset);
    if (rest_.empty()) return rule;
    offset -= 3600;
    if (!skip_name()) return std::nullopt;
    if (!rest_.empty() && rest_.front() != ',' && !read_hms(offset)) return std::nullopt;
    rule.daylight_offset_s = static_cast<std::int32_t>(-offset);
    YearlyChange start;
    YearlyChange end;
    if (!read_change(start) || !read_change(end) || !rest_.empty()) return std::nullopt;
    rule.daylight = {start, end};
    return rule;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool skip_name() {
    if (take('<')) {
      const std::size_t close = rest_.find('>');
      if (close == std::string_view::npos || close == 0) return false;
      rest_.remove_prefix(close + 1);
      return true;
    }
    std::size_t length = 0;
    while (length < rest_.size() && to_lower(rest_[length]) >= 'a' &&
           to_lower(rest_[length]) <= 'z') {
      ++length;
    }
    rest_.remove_prefix(length);
    return length >= 3;
  }

  bool read_number(std::int64_t& out, std::int64_t low, std::int64_t high) {
    const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error != std::errc{} || out < low || out > high) return false;
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    return true;
  }

  /// [+-]h[h[h]][:mm[:ss]]
  bool read_hms(std::int64_t& seconds) {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    std::int64_t rest = 0;
    if (!read_number(hours, 0, 167)) return false;
    if (take(':') && !read_number(minutes, 0, 59)) return false;
    if (take(':') && !read_number(rest, 0, 59)) return false;
    seconds = hours * 3600 + minutes * 60 + rest;
    if (negative) seconds = -seconds;
    return true;
  }

  bool read_change(YearlyChange& change) {
    if (!take(',')) return false;
    if (take('M')) {
      change.kind = YearlyChange::Kind::kMonthWeekDay;
      if (!read_number(change.month, 1, 12) || !take('.') || !read_number(change.week, 1, 5) ||
          !take('.') || !read_number(change.day, 0, 6)) {
        return false;
      }
    } else if (take('J')) {
      change.kind = YearlyChange::Kind::kJulianWithoutLeapDay;
      if (!read_number(change.day, 1, 365)) return false;
    } else {
      change.kind = YearlyChange::Kind::kDayOfYear;
      if (!read_number(change.day, 0, 365)) return false;
    }
    return !take('/') || read_hms(change.at_s);
  }

  std::string_view rest_;
};

/// Big-endian numbers of a zone file.
class TzifCursor {
 public:
  explicit TzifCursor(std::string_view bytes) : bytes_(bytes) {}

  bool skip(std::size_t count) {
    if (bytes_.size() < count) return false;
    bytes_.remove_prefix(count);
    return true;
  }
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8U | static_cast<std::uint8_t>(bytes_[i]);
    bytes_.remove_prefix(width);
    return value;
  }
  [[nodiscard]] std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

struct TzifCounts {
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, transitions = 0, types = 0, chars = 0;

  [[nodiscard]] std::size_t block_bytes(std::size_t time_width) const {
    return transitions * (time_width + 1) + types * 6 + chars + leaps * (time_width + 4) +
           standard_flags + utc_flags;
  }
};

constexpr std::size_t kTzifHeaderBytes = 44;

std::optional<TzifCounts> read_header(TzifCursor& cursor) {
  if (cursor.rest().size() < kTzifHeaderBytes || !cursor.rest().starts_with("TZif")) {
    return std::nullopt;
  }
  cursor.skip(20);
  TzifCounts counts;
  for (std::size_t* field : {&counts.utc_flags, &counts.standard_flags, &counts.leaps,
                             &counts.transitions, &counts.types, &counts.chars}) {
    *field = static_cast<std::size_t>(cursor.number(4));
    if (*field > kMaxZoneFileBytes) return std::nullopt;
  }
  return counts;
}

bool is_zone_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxZoneNameBytes && name.front() != '/' &&
         name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
                  std::string_view("_+-/").find(c) != std::string_view::npos;
         });
}

/// "+09:00", "-0330", "+9": seconds.
std::optional<std::int32_t> parse_offset(std::string_view text) {
  if (text.size() < 2 || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const bool negative = text.front() == '-';
  text.remove_prefix(1);
  std::string digits(text);
  if (const auto colon = digits.find(':'); colon != std::string::npos) digits.erase(colon, 1);
  const auto number = parse_integer<std::uint16_t>(digits);
  if (!number) return std::nullopt;
  const int hours = digits.size() <= 2 ? *number : *number / 100;
  const int minutes = digits.size() <= 2 ? 0 : *number % 100;
  if (digits.size() > 4 || hours > 23 || minutes > 59) return std::nullopt;
  return (hours * 3600 + minutes * 60) * (negative ? -1 : 1);
}

}  // namespace

std::int64_t civil_to_seconds(const CivilTime& civil) {
  const std::int64_t months = civil.month - 1;
  const std::int64_t year = civil.year + floor_div(months, 12);
  const std::int64_t month = months - floor_div(months, 12) * 12 + 1;
  const std::int64_t days = days_of_month_start(year, month) + civil.day - 1;
  return days * kSecondsPerDay + civil.hour * 3600 + civil.minute * 60 + civil.second;
}

CivilTime seconds_to_civil(std::int64_t seconds) {
  const std::int64_t days = floor_div(seconds, kSecondsPerDay);
  const std::int64_t rest = seconds - days * kSecondsPerDay;
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = floor_div(shifted, 146'097);
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilTime civil;
  civil.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  civil.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  civil.year = year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0);
  civil.hour = rest / 3600;
  civil.minute = rest / 60 % 60;
  civil.second = rest % 60;
  return civil;
}

int weekday_of(std::int64_t seconds) {
  const std::int64_t days = floor_div(seconds, kSecondsPerDay) + 4;  // 1970-01-01 was a Thursday
  return static_cast<int>(days - floor_div(days, 7) * 7);
}

struct TimeZone::Rules {
  std::vector<std::int64_t> times;      ///< UTC, ascending
  std::vector<std::int32_t> offsets;    ///< in force from the time of the same index
  std::int32_t first_offset = 0;        ///< before the first transition
  std::optional<PosixRule> afterwards;  ///< behind the last
};

TimeZone TimeZone::fixed(std::int32_t offset_s) {
  TimeZone zone;
  zone.fixed_offset_s_ = std::clamp(offset_s, -86'400, 86'400);
  const int minutes = std::abs(zone.fixed_offset_s_) / 60;
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  zone.name_ = (offset_s < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
  return zone;
}

Result<TimeZone> TimeZone::from_tzif(std::string_view bytes, std::string name) {
  const Error damaged{ErrorCode::kInvalid, "zone file of " + name + " is damaged"};
  TzifCursor cursor(bytes);
  auto counts = read_header(cursor);
  // Version 1 has 32-bit times only; every zone file of the last 15 years has a second block.
  if (!counts || bytes[4] < '2' || !cursor.skip(counts->block_bytes(4))) return damaged;
  counts = read_header(cursor);
  if (!counts || counts->types == 0 || counts->types > 256 ||
      cursor.rest().size() < counts->block_bytes(8)) {
    return damaged;
  }
  auto rules = std::make_shared<Rules>();
  rules->times.reserve(counts->transitions);
  rules->offsets.reserve(counts->transitions);
  for (std::size_t i = 0; i < counts->transitions; ++i) {
    rules->times.push_back(static_cast<std::int64_t>(cursor.number(8)));
  }
  std::vector<std::size_t> types;
  types.reserve(counts->transitions);
  for (std::size_t i = 0; i < counts->transitions; ++i)
    types.push_back(cursor.number(1));
  std::vector<std::int32_t> offsets;
  offsets.reserve(counts->types);
  for (std::size_t i = 0; i < counts->types; ++i) {
    offsets.push_back(static_cast<std::int32_t>(static_cast<std::uint32_t>(cursor.number(4))));
    cursor.skip(2);
  }
  for (const std::size_t type : types) {
    if (type >= offsets.size()) return damaged;
    rules->offsets.push_back(offsets[type]);
  }
  if (!std::is_sorted(rules->times.begin(), rules->times.end())) return damaged;
  rules->first_offset = offsets.front();
  cursor.skip(counts->chars + counts->leaps * 12 + counts->standard_flags + counts->utc_flags);
  const std::string_view footer = trim(cursor.rest());
  if (!footer.empty()) {
    rules->afterwards = PosixParser(footer).parse();
    if (!rules->afterwards) return damaged;
  }
  TimeZone zone;
  zone.name_ = std::move(name);
  zone.rules_ = std::move(rules);
  return zone;
}

Result<TimeZone> TimeZone::load(const std::string& name) {
  if (name == "UTC" || name == "Z") return utc();
  if (const auto offset = parse_offset(name)) return fixed(*offset);
  if (!is_zone_name(name)) return Error{ErrorCode::kInvalid, "no name of a time zone"};
  const auto bytes = read_file(kZoneDirectory + name, kMaxZoneFileBytes);
  if (!bytes.ok()) return Error{ErrorCode::kNotFound, "time zone " + name + " is not known here"};
  return from_tzif(*bytes, name);
}

TimeZone TimeZone::system() {
  if (const char* variable = std::getenv("TZ"); variable != nullptr && *variable != 0) {
    const auto zone = load(*variable == ':' ? variable + 1 : variable);
    if (zone.ok()) return *zone;
  }
  std::error_code error;
  const std::string target = std::filesystem::read_symlink("/etc/localtime", error).string();
  const std::size_t marker = target.find("zoneinfo/");
  const std::string name = marker == std::string::npos ? "local" : target.substr(marker + 9);
  const auto bytes = read_file("/etc/localtime", kMaxZoneFileBytes);
  if (!bytes.ok()) return utc();
  auto zone = from_tzif(*bytes, name);
  return zone.ok() ? std::move(zone).value() : utc();
}

std::int32_t TimeZone::offset_at(std::int64_t utc_seconds) const {
  if (rules_ == nullptr) return fixed_offset_s_;
  const auto& times = rules_->times;
  const auto after = std::upper_bound(times.begin(), times.end(), utc_seconds);
  if (after == times.end() && rules_->afterwards) return rules_->afterwards->offset_at(utc_seconds);
  if (after == times.begin()) return rules_->first_offset;
  return rules_->offsets[static_cast<std::size_t>(after - times.begin()) - 1];
}

std::int64_t TimeZone::to_utc(std::int64_t local_seconds) const {
  if (rules_ == nullptr) return local_seconds - fixed_offset_s_;
  // Changes lie weeks apart, so the offsets a day before and after are the only candidates.
  const std::int32_t before = offset_at(local_seconds - kSecondsPerDay);
  const std::int32_t after = offset_at(local_seconds + kSecondsPerDay);
  const std::int64_t with_before = local_seconds - before;
  if (before == after || offset_at(with_before) == before) return with_before;
  const std::int64_t with_after = local_seconds - after;
  return offset_at(with_after) == after ? with_after : with_before;
}

}  // namespace yagura::text
