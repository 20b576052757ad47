#include "text/time_text.h"

#include <array>
#include <cstdio>

#include "text/numbers.h"

namespace yagura::text {
namespace {

/// Longer runs of digits are no date; also keeps every sum far from overflow.
constexpr std::size_t kMaxDigits = 9;
constexpr std::int64_t kFirstYear = 1970;
constexpr std::int64_t kLastYear = 9999;
/// 9999-12-31T23:59:59Z
constexpr std::int64_t kLastSecond = 253'402'300'799;

/// Reads from left to right; every function leaves the position alone when it fails.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t pos) : text_(text), pos_(pos) {}

  [[nodiscard]] std::size_t position() const { return pos_; }
  [[nodiscard]] bool at_end() const { return pos_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[pos_]; }

  bool take(char c) {
    if (peek() != c || at_end()) return false;
    ++pos_;
    return true;
  }
  bool take_any(std::string_view set) {
    if (at_end() || set.find(peek()) == std::string_view::npos) return false;
    ++pos_;
    return true;
  }
  std::size_t skip_blanks() {
    const std::size_t start = pos_;
    while (peek() == ' ')
      ++pos_;
    return pos_ - start;
  }
  std::optional<std::int64_t> number() {
    std::size_t end = pos_;
    while (end < text_.size() && is_digit(text_[end]))
      ++end;
    if (end - pos_ > kMaxDigits) return std::nullopt;
    const auto value = parse_integer<std::int64_t>(text_.substr(pos_, end - pos_));
    if (value) pos_ = end;
    return value;
  }
  /// Exactly `count` digits.
  std::optional<std::int64_t> digits(std::size_t count) {
    if (text_.size() - pos_ < count) return std::nullopt;
    const auto value = parse_integer<std::int64_t>(text_.substr(pos_, count));
    if (!value || *value < 0) return std::nullopt;
    pos_ += count;
    return value;
  }
  /// ".123456789": microseconds of the first six digits; 0 without a fraction.
  std::int64_t fraction_us() {
    if (peek() != '.' && peek() != ',') return 0;
    std::size_t end = pos_ + 1;
    std::int64_t us = 0;
    std::int64_t weight = 100'000;
    for (; end < text_.size() && is_digit(text_[end]); ++end, weight /= 10) {
      us += (text_[end] - '0') * weight;
    }
    if (end > pos_ + 1) pos_ = end;
    return us;
  }
  /// "Z", "+hh", "+hhmm" or "+hh:mm" in seconds east.
  std::optional<std::int64_t> zone() {
    if (take('Z') || take('z')) return 0;
    const std::size_t start = pos_;
    const bool negative = peek() == '-';
    if (!take_any("+-")) return std::nullopt;
    const auto hours = digits(2);
    if (hours && *hours <= 23) {
      const bool colon = take(':');
      const auto minutes = digits(2);
      if ((minutes && *minutes <= 59) || (!minutes && !colon)) {
        return (*hours * 3600 + minutes.value_or(0) * 60) * (negative ? -1 : 1);
      }
    }
    pos_ = start;
    return std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t pos_;
};

std::optional<AgentTime> finish(const CivilTime& civil, std::int64_t fraction_us,
                                std::optional<std::int64_t> offset_s, const TimeZone& zone) {
  if (civil.year < kFirstYear || civil.year > kLastYear) return std::nullopt;
  const std::int64_t local = civil_to_seconds(civil);
  const std::int64_t utc = offset_s ? local - *offset_s : zone.to_utc(local);
  if (utc < 0 || utc > kLastSecond) return std::nullopt;
  return AgentTime{utc * kSecond + fraction_us, offset_s.has_value()};
}

/// A time that starts at `pos`, where a digit stands.
std::optional<AgentTime> parse_at(std::string_view text, std::size_t pos, const TimeZone& zone) {
  Scanner in(text, pos);
  CivilTime civil;
  const auto read = [&](std::int64_t& field) {
    const auto value = in.number();
    if (value) field = *value;
    return value.has_value();
  };
  if (!read(civil.year) || !in.take_any("/-") || !read(civil.month) || !in.take_any("/-") ||
      !read(civil.day)) {
    return std::nullopt;
  }
  const bool iso = in.take('T') || in.take('t');
  if (!iso && in.skip_blanks() == 0) return std::nullopt;
  if (!read(civil.hour) || !in.take(':') || !read(civil.minute)) return std::nullopt;
  const bool seconds = in.take(':');
  if (seconds ? !read(civil.second) : !iso) return std::nullopt;
  const std::int64_t fraction = seconds ? in.fraction_us() : 0;
  return finish(civil, fraction, in.zone(), zone);
}

}  // namespace

bool is_auto_time(std::string_view text) {
  return text.find("AUTO") != std::string_view::npos;
}

std::optional<AgentTime> parse_agent_time(std::string_view text, const TimeZone& zone) {
  for (std::size_t pos = 0; pos < text.size(); ++pos) {
    const bool run_starts = is_digit(text[pos]) && (pos == 0 || !is_digit(text[pos - 1]));
    if (!run_starts) continue;
    if (const auto time = parse_at(text, pos, zone)) return time;
  }
  return std::nullopt;
}

std::optional<Micros> parse_unix_seconds(std::string_view text) {
  const auto seconds = parse_integer<std::int64_t>(trim(text));
  if (!seconds || *seconds < 0 || *seconds > kLastSecond) return std::nullopt;
  return *seconds * kSecond;
}

std::optional<Micros> parse_rfc3339(std::string_view text) {
  Scanner in(text, 0);
  CivilTime civil;
  const auto read = [&](std::int64_t& field, std::size_t digits, std::int64_t low,
                        std::int64_t high) {
    const auto value = in.digits(digits);
    if (value) field = *value;
    return value && *value >= low && *value <= high;
  };
  const bool fields = read(civil.year, 4, kFirstYear, kLastYear) && in.take('-') &&
                      read(civil.month, 2, 1, 12) && in.take('-') && read(civil.day, 2, 1, 31) &&
                      in.take_any("Tt ") && read(civil.hour, 2, 0, 23) && in.take(':') &&
                      read(civil.minute, 2, 0, 59) && in.take(':') && read(civil.second, 2, 0, 60);
  if (!fields) return std::nullopt;
  if (seconds_to_civil(civil_to_seconds({civil.year, civil.month, civil.day})).month !=
      civil.month) {
    return std::nullopt;  // the 31st of a shorter month
  }
  const std::int64_t fraction = in.peek() == '.' ? in.fraction_us() : 0;
  const auto offset = in.zone();
  if (!offset || !in.at_end()) return std::nullopt;
  const auto time = finish(civil, fraction, offset, TimeZone::utc());
  return time ? std::optional<Micros>(time->time) : std::nullopt;
}

std::string format_agent_time(Micros time, const TimeZone& zone) {
  std::int64_t seconds = time / kSecond - (time % kSecond < 0 ? 1 : 0);
  seconds += zone.offset_at(seconds);
  const CivilTime c = seconds_to_civil(seconds);
  std::array<char, 80> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04lld/%02lld/%02lld %02lld:%02lld:%02lld",
                static_cast<long long>(c.year), static_cast<long long>(c.month),
                static_cast<long long>(c.day), static_cast<long long>(c.hour),
                static_cast<long long>(c.minute), static_cast<long long>(c.second));
  return buffer.data();
}

}  // namespace yagura::text
