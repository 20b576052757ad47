// Any bytes: the JSON reader must answer or refuse, and what the writer makes of a string must be
// read back as that string.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json.hpp>

#include "text/json.h"
#include "text/utf8.h"

namespace {

std::size_t count_values(const boost::json::value& value) {
  std::size_t count = 1;
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array)
      count += count_values(element);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object)
      count += count_values(member.value());
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto value = yagura::text::parse_json(bytes, {.max_bytes = 65536, .max_depth = 16});
  if (value.ok() && count_values(*value) > size + 1) std::abort();

  std::string quoted;
  yagura::text::append_json_string(quoted, bytes);
  const auto again = yagura::text::parse_json(quoted, {.max_bytes = quoted.size()});
  if (!again.ok() || !again->is_string()) std::abort();
  const auto& read = again->get_string();
  if (std::string_view(read.data(), read.size()) != yagura::text::sanitize_utf8(bytes)) {
    std::abort();
  }
  return 0;
}
