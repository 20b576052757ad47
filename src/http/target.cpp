#include "http/target.h"

#include <algorithm>
#include <optional>

#include "text/utf8.h"

namespace yagura::http {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

enum class Plus { kLiteral, kBlank };

Result<std::string> decode(std::string_view raw, Plus plus) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '+' && plus == Plus::kBlank) {
      out += ' ';
      continue;
    }
    if (raw[i] != '%') {
      out += raw[i];
      continue;
    }
    if (i + 2 >= raw.size()) return Error{ErrorCode::kInvalid, "incomplete % escape"};
    const auto high = hex_digit(raw[i + 1]);
    const auto low = hex_digit(raw[i + 2]);
    if (!high || !low) return Error{ErrorCode::kInvalid, "wrong % escape"};
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  if (!is_clean_text(out)) return Error{ErrorCode::kInvalid, "control byte or invalid UTF-8"};
  return out;
}

Result<std::string> decode_path(std::string_view raw) {
  if (raw.empty() || raw.front() != '/') return Error{ErrorCode::kInvalid, "no path"};
  if (raw == "/") return std::string("/");
  std::string out;
  std::size_t segments = 0;
  std::size_t at = 1;
  while (at <= raw.size()) {
    const std::size_t slash = std::min(raw.find('/', at), raw.size());
    YAGURA_TRY(segment, decode(raw.substr(at, slash - at), Plus::kLiteral));
    if (segment.empty()) return Error{ErrorCode::kInvalid, "empty path segment"};
    if (segment == "." || segment == "..") return Error{ErrorCode::kInvalid, "dot segment"};
    if (segment.find_first_of("/\\") != std::string::npos) {
      return Error{ErrorCode::kInvalid, "slash inside a path segment"};
    }
    if (++segments > kMaxPathSegments) return Error{ErrorCode::kInvalid, "too many segments"};
    out += '/';
    out += segment;
    at = slash + 1;
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_clean_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const text::CodePoint step = text::decode_utf8(text, at);
    const char32_t c = step.code_point;
    if (!step.valid || c < 0x20 || (c >= 0x7f && c <= 0x9f)) return false;
    at += step.length;
  }
  return true;
}

Result<Target> parse_target(std::string_view raw, std::string_view host) {
  if (raw.size() > kMaxTarget) return Error{ErrorCode::kLimit, "target is too long"};
  constexpr std::string_view kScheme = "https://";
  if (raw.starts_with(kScheme)) {
    raw.remove_prefix(kScheme.size());
    const std::size_t end = std::min(raw.find_first_of("/?"), raw.size());
    if (raw.substr(0, end) != host) return Error{ErrorCode::kInvalid, "target names another host"};
    raw.remove_prefix(end);
  }
  if (raw.find('#') != std::string_view::npos) {
    return Error{ErrorCode::kInvalid, "fragment in the target"};
  }
  const std::size_t mark = std::min(raw.find('?'), raw.size());
  Target target;
  YAGURA_TRY(path, decode_path(raw.substr(0, mark)));
  target.path = std::move(path);
  if (mark < raw.size()) target.query = raw.substr(mark + 1);
  return target;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> out;
  std::size_t at = 1;
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    out.push_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (out.size() == kMaxQueryParameters) {
      return Error{ErrorCode::kLimit, "too many query parameters"};
    }
    const std::size_t equals = std::min(part.find('='), part.size());
    YAGURA_TRY(name, decode(part.substr(0, equals), Plus::kBlank));
    if (name.empty()) return Error{ErrorCode::kInvalid, "query parameter without a name"};
    const std::string_view raw = equals < part.size() ? part.substr(equals + 1) : "";
    YAGURA_TRY(value, decode(raw, Plus::kBlank));
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

std::string find_cookie(std::string_view header, std::string_view name) {
  std::optional<std::string_view> found;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view part = trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
    if (found) return {};
    found = part.substr(equals + 1);
  }
  return std::string(found.value_or(""));
}

}  // namespace yagura::http
