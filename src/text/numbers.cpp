#include "text/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace yagura::text {
namespace {

/// How a number is written, found before it is converted.
struct Shape {
  std::size_t length = 0;         ///< bytes of the number, 0 = none
  std::int64_t magnitude = 0;     ///< decimal exponent of the first digit that is not 0
  bool zero = true;               ///< no digit but 0
  bool exponent_is_huge = false;  ///< the exponent's sign alone decides
  bool exponent_negative = false;
};

/// Digits from `pos` on; returns the position behind them.
std::size_t skip_digits(std::string_view text, std::size_t pos) {
  while (pos < text.size() && is_digit(text[pos]))
    ++pos;
  return pos;
}

/// Reads "[eE][+-]?digits" at `pos`, if it is there, into `shape`.
std::size_t scan_exponent(std::string_view text, std::size_t pos, Shape& shape) {
  if (pos >= text.size() || (text[pos] != 'e' && text[pos] != 'E')) return pos;
  std::size_t digits = pos + 1;
  if (digits < text.size() && (text[digits] == '+' || text[digits] == '-')) ++digits;
  const std::size_t end = skip_digits(text, digits);
  if (end == digits) return pos;  // a lone 'e' belongs to whatever follows the number
  shape.exponent_negative = text[digits - 1] == '-';
  std::int64_t exponent = 0;
  const auto [stop, error] = std::from_chars(text.data() + digits, text.data() + end, exponent);
  shape.exponent_is_huge = error != std::errc{} || exponent > 1'000'000'000;
  if (!shape.exponent_is_huge) shape.magnitude += shape.exponent_negative ? -exponent : exponent;
  return end;
}

Shape scan_number(std::string_view text) {
  Shape shape;
  std::size_t pos = 0;
  if (pos < text.size() && (text[pos] == '+' || text[pos] == '-')) ++pos;
  const std::size_t whole = pos;
  pos = skip_digits(text, pos);
  const std::size_t whole_end = pos;
  std::size_t fraction = pos;
  if (pos < text.size() && text[pos] == '.') {
    fraction = pos + 1;
    pos = skip_digits(text, fraction);
    if (whole_end == whole && pos == fraction) return shape;  // a point alone
  }
  if (pos == whole) return shape;
  for (std::size_t i = whole; i < pos; ++i) {
    if (text[i] == '.' || text[i] == '0') continue;
    shape.zero = false;
    shape.magnitude = i < whole_end ? static_cast<std::int64_t>(whole_end - i) - 1
                                    : -static_cast<std::int64_t>(i - fraction) - 1;
    break;
  }
  shape.length = scan_exponent(text, pos, shape);
  return shape;
}

/// Converts a text that scan_number() accepted in whole.
std::optional<double> convert(std::string_view text, const Shape& shape) {
  if (text.front() == '+') text.remove_prefix(1);
  if (shape.zero) return text.front() == '-' ? -0.0 : 0.0;
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && stop == text.data() + text.size()) {
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
  }
  // Out of range: too small is 0 as in C, too large is no number here.
  const bool tiny = shape.exponent_is_huge ? shape.exponent_negative : shape.magnitude < 0;
  if (error == std::errc::result_out_of_range && tiny) return 0.0;
  return std::nullopt;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

std::optional<double> parse_decimal(std::string_view text) {
  text = trim(text);
  const Shape shape = scan_number(text);
  if (shape.length == 0 || shape.length != text.size()) return std::nullopt;
  return convert(text, shape);
}

std::optional<double> parse_value(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return parse_decimal(text);
  std::string with_point(text);
  with_point[comma] = '.';
  return parse_decimal(with_point);
}

std::optional<double> leading_number(std::string_view text) {
  text = trim(text);
  const Shape shape = scan_number(text);
  if (shape.length == 0) return std::nullopt;
  return convert(text.substr(0, shape.length), shape);
}

std::string format_fixed(double value, int decimals) {
  // Largest double in fixed notation: 309 digits, point, 17 decimals, sign.
  std::array<char, 340> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::fixed, std::clamp(decimals, 0, 17));
  const std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  if (text.front() == '-' && text.find_first_not_of("-0.") == std::string_view::npos) {
    return std::string(text.substr(1));
  }
  return std::string(text);
}

void append_shortest(std::string& out, double value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), result.ptr);
}

std::string format_shortest(double value) {
  std::string out;
  append_shortest(out, value);
  return out;
}

double round_to_5_decimals(double value) {
  if (!std::isfinite(value) || std::fabs(value) >= 1e15) return value;
  return parse_decimal(format_fixed(value, 5)).value_or(value);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace yagura::text
