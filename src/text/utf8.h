// UTF-8: checking, cutting and walking. Well-formed means RFC 3629: no surrogates, no overlong
// forms, nothing above U+10FFFF. Pure functions, safe from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace yagura::text {

/// U+FFFD, which stands for what could not be read.
constexpr char32_t kReplacementCharacter = 0xFFFD;

/// One decoded step. `length` is the number of bytes to go on by (at least 1); `valid` is false for
/// bytes that are no character: then `code_point` is U+FFFD and `length` covers the longest prefix
/// of a well-formed sequence ("maximal subpart", the practice of the Unicode standard §3.9).
struct CodePoint {
  char32_t code_point = 0;
  std::size_t length = 0;
  bool valid = false;
};

/// Decodes the character at `pos`, which must be less than bytes.size().
CodePoint decode_utf8(std::string_view bytes, std::size_t pos);

bool is_valid_utf8(std::string_view bytes);

/// Appends the character; a surrogate or a number above U+10FFFF becomes U+FFFD.
void append_utf8(std::string& out, char32_t code_point);

/// The same text with every ill-formed sequence replaced by U+FFFD.
std::string sanitize_utf8(std::string_view bytes);

/// The longest prefix of at most `max_bytes` bytes that does not cut a character.
std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes);

/// Number of characters; an ill-formed sequence counts as one.
std::size_t count_code_points(std::string_view text);

}  // namespace yagura::text
