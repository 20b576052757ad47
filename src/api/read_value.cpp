#include "api/read_value.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "http/parser.h"
#include "http/target.h"
#include "text/json.h"
#include "text/utf8.h"

namespace yagura::api {
namespace {

bool clean(std::string_view text, Lines lines) {
  if (lines == Lines::kOne) return http::is_clean_text(text);
  std::string flat(text);
  std::ranges::replace_if(flat, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return http::is_clean_text(flat);
}

}  // namespace

void simple_problem(std::string_view name, std::string_view code, FieldProblems& problems) {
  problems.push_back({std::string(name), std::string(code), {}});
}

void wrong_type(std::string_view name, std::string_view expected, FieldProblems& problems) {
  problems.push_back({std::string(name), "wrong-type", {{"expected", std::string(expected)}}});
}

void unknown_word(std::string_view name, std::string_view allowed, FieldProblems& problems) {
  problems.push_back({std::string(name), "unknown-word", {{"allowed", std::string(allowed)}}});
}

bool check_text(std::string_view text, const Rules& rules, std::string_view name,
                FieldProblems& problems) {
  if (text::count_code_points(text) > rules.max_length) {
    problems.push_back(
        {std::string(name), "too-long", {{"max", static_cast<std::int64_t>(rules.max_length)}}});
    return false;
  }
  if (!clean(text, rules.lines)) {
    simple_problem(name, "invalid-text", problems);
    return false;
  }
  return true;
}

bool check_range(std::int64_t number, const Rules& rules, std::string_view name,
                 FieldProblems& problems) {
  if (number >= rules.min && number <= rules.max) return true;
  problems.push_back({std::string(name), "out-of-range", {{"min", rules.min}, {"max", rules.max}}});
  return false;
}

std::optional<std::string> json_text(const boost::json::value& value, std::string_view name,
                                     FieldProblems& problems) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  wrong_type(name, "string", problems);
  return std::nullopt;
}

std::optional<crypto::Secret> json_secret(boost::json::value& value, std::string_view name,
                                          FieldProblems& problems) {
  boost::json::string* text = value.if_string();
  if (text == nullptr) {
    wrong_type(name, "string", problems);
    return std::nullopt;
  }
  std::string copy(text->data(), text->size());
  std::ranges::fill(*text, '\0');
  return crypto::Secret(std::move(copy));
}

std::optional<std::int64_t> json_whole(const boost::json::value& value, std::string_view name,
                                       FieldProblems& problems) {
  boost::json::error_code ec;
  if (value.is_int64() || value.is_uint64()) {
    const auto number = value.to_number<std::int64_t>(ec);
    if (!ec) return number;
  }
  wrong_type(name, "integer", problems);
  return std::nullopt;
}

std::optional<double> json_real(const boost::json::value& value, std::string_view name,
                                FieldProblems& problems) {
  if (value.is_number()) return value.to_number<double>();
  wrong_type(name, "number", problems);
  return std::nullopt;
}

std::optional<bool> json_flag(const boost::json::value& value, std::string_view name,
                              FieldProblems& problems) {
  if (const bool* flag = value.if_bool()) return *flag;
  wrong_type(name, "boolean", problems);
  return std::nullopt;
}

boost::json::value* json_member(boost::json::object& object, std::string_view name) {
  return object.if_contains(boost::json::string_view(name.data(), name.size()));
}

void refuse_unknown(const boost::json::object& object, std::span<const std::string_view> known,
                    FieldProblems& problems) {
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::ranges::find(known, name) == known.end()) simple_problem(name, "unknown", problems);
  }
}

std::optional<boost::json::object> parse_body(std::string_view body, FieldProblems& problems) {
  constexpr std::size_t kMaxBodyDepth = 16;
  auto value = text::parse_json(body, {http::kMaxRequestBody, kMaxBodyDepth});
  if (!value) {
    simple_problem("", "not-json", problems);
    return std::nullopt;
  }
  if (!value->is_object()) {
    wrong_type("", "object", problems);
    return std::nullopt;
  }
  return std::move(value->get_object());
}

}  // namespace yagura::api
