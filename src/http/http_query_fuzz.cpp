// Query strings, targets and Cookie headers on arbitrary bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = yagura::http;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto pairs = http::parse_query(bytes)) {
    if (pairs->size() > http::kMaxQueryParameters) std::abort();
    for (const auto& [name, value] : *pairs) {
      if (name.empty() || !http::is_clean_text(name) || !http::is_clean_text(value)) std::abort();
    }
  }
  if (const auto target = http::parse_target(bytes, "console.example")) {
    for (const std::string_view segment : http::split_path(target->path)) {
      if (segment.empty() || segment == "." || segment == "..") std::abort();
    }
  }
  if (http::find_cookie(bytes, "__Host-yagura").size() > size) std::abort();
  return 0;
}
