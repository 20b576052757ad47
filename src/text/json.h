// JSON: a streaming writer of our own and Boost.JSON's reader behind limits.
//
//   JsonWriter json;
//   json.begin_object().field("id", 7).field("name", name);
//   json.key("tags").begin_array().value("a").value("b").end_array();
//   json.end_object();
//   send(json.take());
//
// Who reads values includes <boost/json.hpp> in the .cpp; this header names only its types.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "base/result.h"

namespace yagura::text {

/// Writes one JSON text (RFC 8259) into a string as the calls come. Strings: ill-formed UTF-8
/// becomes U+FFFD; control bytes, quotes, backslashes, '<' and U+2028/2029 are escaped, so that a
/// result is safe inside an HTML script element too. Numbers: shortest text that reads back the
/// same; NaN and infinities become null. Wrong nesting is a broken invariant (assert). Not
/// thread-safe.
class JsonWriter {
 public:
  static constexpr int kMaxDepth = 64;

  JsonWriter() { out_.reserve(256); }

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(double number);
  JsonWriter& null();
  template <typename T>
    requires std::integral<T>
  JsonWriter& value(T number) {
    if constexpr (std::same_as<T, bool>) {
      return write_literal(number ? "true" : "false");
    } else if constexpr (std::signed_integral<T>) {
      return write_signed(number);
    } else {
      return write_unsigned(number);
    }
  }
  /// null when absent.
  template <typename T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  /// A finished JSON text, inserted as it is. Only for texts of a JsonWriter.
  JsonWriter& raw(std::string_view json) { return write_literal(json); }

  template <typename T>
  JsonWriter& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  [[nodiscard]] const std::string& text() const { return out_; }
  /// The finished text; the writer is empty again.
  std::string take();

 private:
  JsonWriter& write_literal(std::string_view literal);
  JsonWriter& write_signed(std::int64_t number);
  JsonWriter& write_unsigned(std::uint64_t number);
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string out_;
  bool comma_ = false;  ///< the next element needs a comma before it
  int depth_ = 0;
};

/// Appends `text` as a JSON string with its quotes, escaped as JsonWriter does.
void append_json_string(std::string& out, std::string_view text);

struct JsonLimits {
  std::size_t max_bytes = 1024UL * 1024;
  std::size_t max_depth = 32;
};

/// Reads one JSON text, strictly (RFC 8259: no comments, no trailing commas, well-formed UTF-8,
/// nothing behind it). kLimit when larger or deeper than allowed, kInvalid otherwise.
Result<boost::json::value> parse_json(std::string_view text, const JsonLimits& limits = {});

/// A member of that type, or nothing if it is absent or of another type. The view lives as long as
/// the object.
std::optional<std::string_view> json_string(const boost::json::object& object,
                                            std::string_view key);
/// Whole numbers in range only; 1.0 is not one.
std::optional<std::int64_t> json_integer(const boost::json::object& object, std::string_view key);
std::optional<double> json_number(const boost::json::object& object, std::string_view key);
std::optional<bool> json_bool(const boost::json::object& object, std::string_view key);
const boost::json::object* json_object(const boost::json::object& object, std::string_view key);
const boost::json::array* json_array(const boost::json::object& object, std::string_view key);

}  // namespace yagura::text
