// Numbers as texts: what agents send and what settings hold. Never looks at the locale.
//
// Sources: agent-data §8 "Numbers" (values of modules), §5 (thresholds: the leading number counts).
// Pure functions, safe from any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace yagura::text {

/// A module's value: white space around it is dropped, the first comma counts as decimal point,
/// then
/// [+-]? ( digits [ . digits* ] | . digits ) ( [eE] [+-]? digits )?  in ASCII must be the whole
/// text. NaN, infinities, numbers beyond the range of double, hexadecimal forms: nothing. A number
/// too small for a double is 0.
std::optional<double> parse_value(std::string_view text);

/// The same grammar without the comma rule: numbers in settings and attributes.
std::optional<double> parse_decimal(std::string_view text);

/// The number a text starts with ("10,2" is 10, " 5 MB" is 5), as the agents' thresholds and
/// intervals are read; nothing if it starts with none. The grammar is that of parse_decimal().
std::optional<double> leading_number(std::string_view text);

/// A whole number in decimal ASCII digits, with '-' only for signed types; the whole text, no
/// blanks, no '+'. Nothing if it does not fit.
template <std::integral T>
std::optional<T> parse_integer(std::string_view text) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Fixed notation with `decimals` (0 to 17) digits after the point: format_fixed(12.5, 5) is
/// "12.50000". Negative zero loses its sign. Non-finite numbers: "nan", "inf", "-inf".
std::string format_fixed(double value, int decimals);

/// The shortest text that reads back as the same double ("0.1", "1e+300", "42").
std::string format_shortest(double value);

/// Appends format_shortest(value).
void append_shortest(std::string& out, double value);

/// Rounded to 5 decimals: what the compatible interfaces present (agent-data §8).
double round_to_5_decimals(double value);

/// White space of C (blank, TAB, LF, VT, FF, CR) removed from both ends.
std::string_view trim(std::string_view text);

/// True for the white space trim() removes.
constexpr bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Equality of ASCII texts without regard to case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace yagura::text
