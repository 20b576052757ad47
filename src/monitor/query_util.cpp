#include "monitor/query_util.h"

#include <boost/json.hpp>

#include "text/base64.h"
#include "text/json.h"
#include "text/numbers.h"

namespace yagura::monitor {
namespace {

constexpr char kSeparator = '\n';
constexpr std::size_t kMaxParamsBytes = 64UL * 1024;

}  // namespace

std::string scope_text(const identity::GroupScope& scope) {
  if (scope.all) return {};
  std::string out = ",";
  for (const GroupId group : scope.groups)
    out += std::to_string(group.value) + ",";
  return out;
}

std::string encode_cursor(std::string_view list, const std::vector<std::string>& keys) {
  std::string plain(list);
  for (const std::string& key : keys)
    plain.append(1, kSeparator).append(key);
  return text::base64url_encode(plain);
}

Result<std::vector<std::string>> decode_cursor(std::string_view cursor, std::string_view list,
                                               std::size_t count) {
  const Error wrong{ErrorCode::kInvalid, "the cursor belongs to another list"};
  const auto plain = text::base64url_decode(cursor);
  if (!plain) return wrong;
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= plain->size();) {
    const std::size_t end = std::min(plain->find(kSeparator, at), plain->size());
    parts.push_back(plain->substr(at, end - at));
    at = end + 1;
  }
  if (parts.size() != count + 1 || parts.front() != list) return wrong;
  parts.erase(parts.begin());
  return parts;
}

Result<std::int64_t> cursor_number(const std::string& key) {
  const auto number = text::parse_integer<std::int64_t>(key);
  if (!number) return Error{ErrorCode::kInvalid, "the cursor is damaged"};
  return *number;
}

TextParams read_params(std::string_view json) {
  TextParams out;
  if (json.empty()) return out;
  const auto value = text::parse_json(json, {kMaxParamsBytes, 4});
  if (!value || !value->is_object()) return out;
  for (const auto& [key, content] : value->get_object()) {
    std::string text;
    if (const auto* string = content.if_string()) {
      text = std::string(string->data(), string->size());
    } else {
      text = boost::json::serialize(content);
    }
    out.emplace_back(std::string(key.data(), key.size()), std::move(text));
  }
  return out;
}

}  // namespace yagura::monitor
