#include "text/json.h"

#include <cmath>

#include <boost/json.hpp>

#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::text {
namespace {

const boost::json::value* member(const boost::json::object& object, std::string_view key) {
  return object.if_contains(boost::json::string_view(key.data(), key.size()));
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorCode::kLimit,
                 "JSON text is longer than " + std::to_string(limits.max_bytes) + " bytes"};
  }
  boost::json::parse_options options;
  options.max_depth = limits.max_depth;
  boost::json::error_code error;
  auto value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  if (error == boost::json::error::too_deep) {
    return Error{ErrorCode::kLimit,
                 "JSON text is nested deeper than " + std::to_string(limits.max_depth)};
  }
  if (error) return Error{ErrorCode::kInvalid, "JSON: " + error.message()};
  return value;
}

std::optional<std::string_view> json_string(const boost::json::object& object,
                                            std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto& text = value->get_string();
  return std::string_view(text.data(), text.size());
}

std::optional<std::int64_t> json_integer(const boost::json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

std::optional<double> json_number(const boost::json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->is_double()   ? value->get_double()
                        : value->is_uint64() ? static_cast<double>(value->get_uint64())
                                             : static_cast<double>(value->get_int64());
  return std::isfinite(number) ? std::optional<double>(number) : std::nullopt;
}

std::optional<bool> json_bool(const boost::json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

const boost::json::object* json_object(const boost::json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  return value == nullptr ? nullptr : value->if_object();
}

const boost::json::array* json_array(const boost::json::object& object, std::string_view key) {
  const auto* value = member(object, key);
  return value == nullptr ? nullptr : value->if_array();
}

}  // namespace yagura::text
