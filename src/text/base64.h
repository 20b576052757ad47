// Base64 (RFC 4648 §4) and its URL-safe form (§5). Pure functions, safe from any thread.
// Not constant-time: not for keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yagura::text {

/// With padding, without line breaks.
std::string base64_encode(std::string_view bytes);

/// Only what base64_encode() can have produced: canonical, padded, no blanks. So two different
/// texts never decode to the same bytes.
std::optional<std::string> base64_decode(std::string_view text);

/// For outside producers: white space anywhere (encoders break lines at 76 columns), padding
/// optional, unused bits ignored.
std::optional<std::string> base64_decode_lenient(std::string_view text);

/// URL-safe alphabet, no padding.
std::string base64url_encode(std::string_view bytes);
/// Canonical, unpadded.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace yagura::text
