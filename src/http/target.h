// The request target: path and query string, decoded once and checked strictly.
//
// Everything that two programs could read differently is refused instead of repaired: "..", empty
// segments, encoded slashes, backslashes, control bytes, invalid UTF-8 (spec console-security
// §19.4, §19.5). So what a permission check sees is what a handler sees.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace yagura::http {

constexpr std::size_t kMaxTarget = 4096;  ///< bytes of the raw target
constexpr std::size_t kMaxPathSegments = 32;
constexpr std::size_t kMaxQueryParameters = 64;

struct Target {
  std::string path;   ///< decoded; "/" or "/a/b"
  std::string query;  ///< raw, without '?'
};

/// Reads origin-form ("/a?b") and, when its authority equals `host`, absolute-form. kInvalid says
/// which rule was broken; kLimit = longer than kMaxTarget.
Result<Target> parse_target(std::string_view raw, std::string_view host);

/// Segments of a checked path: "/a/b" -> {"a", "b"}, "/" -> {}.
std::vector<std::string_view> split_path(std::string_view path);

/// "a=1&b=%20" -> {{"a","1"},{"b"," "}} in order. '+' is a blank, as forms send it. kInvalid for a
/// bad escape, a control byte, invalid UTF-8 or an empty name; kLimit above kMaxQueryParameters.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

/// Value of cookie `name` in a Cookie header. A name that occurs twice is refused like one that is
/// absent: somebody planted the second one.
std::string find_cookie(std::string_view header, std::string_view name);

/// True if `text` is well-formed UTF-8 without control characters (C0, DEL, C1).
bool is_clean_text(std::string_view text);

}  // namespace yagura::http
