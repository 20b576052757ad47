#include "text/json.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <utility>

#include <boost/json.hpp>

#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::text {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_unicode_escape(std::string& out, char32_t code_point) {
  out += "\\u";
  for (unsigned shift = 16; shift > 0;) {
    shift -= 4;
    out.push_back(kHexDigits[(code_point >> shift) & 0xFU]);
  }
}

void append_escaped_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_unicode_escape(out, static_cast<unsigned char>(c));
  }
}

/// Bytes that stand for themselves in a JSON string.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c)
    plain[c] = c != '"' && c != '\\' && c != '<';
  return plain;
}();

const boost::json::value* member(const boost::json::object& object, std::string_view key) {
  return object.if_contains(boost::json::string_view(key.data(), key.size()));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t start = pos;
    while (pos < text.size() && kPlain[static_cast<unsigned char>(text[pos])])
      ++pos;
    out.append(text, start, pos - start);
    if (pos == text.size()) break;
    if (static_cast<unsigned char>(text[pos]) < 0x80) {
      append_escaped_ascii(out, text[pos++]);
      continue;
    }
    const CodePoint step = decode_utf8(text, pos);
    if (step.code_point == 0x2028 || step.code_point == 0x2029) {
      append_unicode_escape(out, step.code_point);
    } else {
      append_utf8(out, step.code_point);
    }
    pos += step.length;
  }
  out.push_back('"');
}

void JsonWriter::separate() {
  if (comma_) out_.push_back(',');
  comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  ++depth_;
  assert(depth_ <= kMaxDepth);
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  assert(depth_ > 0);
  --depth_;
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_object() {
  return open('{');
}
JsonWriter& JsonWriter::end_object() {
  return close('}');
}
JsonWriter& JsonWriter::begin_array() {
  return open('[');
}
JsonWriter& JsonWriter::end_array() {
  return close(']');
}

JsonWriter& JsonWriter::key(std::string_view name) {
  assert(depth_ > 0);
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  append_shortest(out_, number);
  return *this;
}

JsonWriter& JsonWriter::null() {
  return write_literal("null");
}

JsonWriter& JsonWriter::write_literal(std::string_view literal) {
  separate();
  out_.append(literal);
  return *this;
}

JsonWriter& JsonWriter::write_signed(std::int64_t number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return write_literal({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

JsonWriter& JsonWriter::write_unsigned(std::uint64_t number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return write_literal({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

std::string JsonWriter::take() {
  assert(depth_ == 0);
  comma_ = false;
  return std::exchange(out_, {});
}

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
