#include "text/utf8.h"

#include <cstdint>
#include <cstring>

namespace yagura::text {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

std::uint8_t byte_at(std::string_view bytes, std::size_t pos) {
  return static_cast<std::uint8_t>(bytes[pos]);
}

/// Position of the first byte >= 0x80 at or after `pos`, or the size.
std::size_t skip_ascii(std::string_view bytes, std::size_t pos) {
  while (pos + 8 <= bytes.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + pos, 8);
    if ((word & kHighBits) != 0) break;
    pos += 8;
  }
  while (pos < bytes.size() && byte_at(bytes, pos) < 0x80)
    ++pos;
  return pos;
}

/// What a lead byte promises: how many bytes follow and the range of the first of them.
struct Lead {
  std::size_t following = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  std::uint8_t payload_mask = 0;
};

Lead lead_of(std::uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF, 0x1F};
  if (byte == 0xE0) return {2, 0xA0, 0xBF, 0x0F};
  if (byte == 0xED) return {2, 0x80, 0x9F, 0x0F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF, 0x0F};
  if (byte == 0xF0) return {3, 0x90, 0xBF, 0x07};
  if (byte == 0xF4) return {3, 0x80, 0x8F, 0x07};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF, 0x07};
  return {};
}

}  // namespace

CodePoint decode_utf8(std::string_view bytes, std::size_t pos) {
  const std::uint8_t first = byte_at(bytes, pos);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.following == 0) return {kReplacementCharacter, 1, false};
  char32_t value = first & lead.payload_mask;
  for (std::size_t i = 1; i <= lead.following; ++i) {
    if (pos + i >= bytes.size()) return {kReplacementCharacter, i, false};
    const std::uint8_t next = byte_at(bytes, pos + i);
    const std::uint8_t low = i == 1 ? lead.low : 0x80;
    const std::uint8_t high = i == 1 ? lead.high : 0xBF;
    if (next < low || next > high) return {kReplacementCharacter, i, false};
    value = (value << 6U) | (next & 0x3FU);
  }
  return {value, lead.following + 1, true};
}

bool is_valid_utf8(std::string_view bytes) {
  for (std::size_t pos = skip_ascii(bytes, 0); pos < bytes.size();) {
    const CodePoint step = decode_utf8(bytes, pos);
    if (!step.valid) return false;
    pos += step.length;
    if (pos < bytes.size() && byte_at(bytes, pos) < 0x80) pos = skip_ascii(bytes, pos);
  }
  return true;
}

void append_utf8(std::string& out, char32_t code_point) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
    code_point = kReplacementCharacter;
  }
  const auto tail = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (code_point >> 6U)));
    tail(0);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | (code_point >> 12U)));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0U | (code_point >> 18U)));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string sanitize_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t pos = 0; pos < bytes.size();) {
    const CodePoint step = decode_utf8(bytes, pos);
    if (step.valid) {
      out.append(bytes.substr(pos, step.length));
    } else {
      append_utf8(out, kReplacementCharacter);
    }
    pos += step.length;
  }
  return out;
}

std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  // A character has at most three continuation bytes; more are no character anyway.
  for (std::size_t back = 0; back < 3 && end > 0 && (byte_at(text, end) & 0xC0U) == 0x80U; ++back) {
    --end;
  }
  if ((byte_at(text, end) & 0xC0U) == 0x80U) end = max_bytes;
  return text.substr(0, end);
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t pos = 0; pos < text.size(); ++count)
    pos += decode_utf8(text, pos).length;
  return count;
}

}  // namespace yagura::text
