#include "host/parse.h"

#include <charconv>

namespace yagura::host {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace

std::optional<std::string_view> Lines::next() {
  if (rest_.empty()) return std::nullopt;
  const std::size_t end = rest_.find('\n');
  const std::string_view line = rest_.substr(0, end);
  rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
  return line;
}

std::string_view Words::next() {
  rest_ = rest();
  std::size_t end = 0;
  while (end < rest_.size() && !is_blank(rest_[end]))
    ++end;
  const std::string_view word = rest_.substr(0, end);
  rest_ = rest_.substr(end);
  return word;
}

void Words::skip(int count) {
  for (int i = 0; i < count; ++i)
    next();
}

std::string_view Words::rest() const {
  std::size_t at = 0;
  while (at < rest_.size() && is_blank(rest_[at]))
    ++at;
  return rest_.substr(at);
}

std::string_view trim(std::string_view text) {
  const auto outer = [](char c) { return is_blank(c) || c == '\n' || c == '\r'; };
  while (!text.empty() && outer(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && outer(text.back()))
    text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> to_u64(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<double> to_fraction(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> advance(std::uint64_t earlier, std::uint64_t later) {
  if (later < earlier) return std::nullopt;
  return later - earlier;
}

}  // namespace yagura::host
