#include "text/base64.h"

#include <array>
#include <cstdint>
#include <utility>

#include "text/numbers.h"

namespace yagura::text {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNone = 0xFF;

using Reverse = std::array<std::uint8_t, 256>;

constexpr Reverse reverse_of(std::string_view alphabet) {
  Reverse table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr Reverse kStandardReverse = reverse_of(kStandard);
constexpr Reverse kUrlSafeReverse = reverse_of(kUrlSafe);

enum class Padding { kWrite, kLeaveOut };

std::string encode(std::string_view bytes, std::string_view alphabet, Padding padding) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : 0U;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = (byte(i) << 16U) | (byte(i + 1) << 8U) | byte(i + 2);
    const std::size_t letters = bytes.size() - i >= 3 ? 4 : bytes.size() - i + 1;
    for (std::size_t k = 0; k < 4; ++k) {
      if (k < letters) {
        out.push_back(alphabet[(group >> (18U - 6U * k)) & 0x3FU]);
      } else if (padding == Padding::kWrite) {
        out.push_back('=');
      }
    }
  }
  return out;
}

/// Collects letters, six bits each.
class Decoder {
 public:
  explicit Decoder(std::size_t letters) { out_.reserve(letters / 4 * 3 + 3); }

  void add(std::uint8_t six_bits) {
    bits_ = (bits_ << 6U) | six_bits;
    held_ += 6;
    ++letters_;
    if (held_ >= 8) {
      held_ -= 8;
      out_.push_back(static_cast<char>((bits_ >> held_) & 0xFFU));
    }
  }
  [[nodiscard]] std::size_t letters() const { return letters_; }
  /// Bits of the last letter that stand for no byte.
  [[nodiscard]] std::uint32_t unused_bits() const { return bits_ & ((1U << held_) - 1U); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::uint32_t bits_ = 0;
  unsigned held_ = 0;
  std::size_t letters_ = 0;
};

/// Letters only, canonical.
std::optional<std::string> decode_letters(std::string_view text, const Reverse& reverse) {
  Decoder decoder(text.size());
  for (const char c : text) {
    const std::uint8_t value = reverse[static_cast<std::uint8_t>(c)];
    if (value == kNone) return std::nullopt;
    decoder.add(value);
  }
  if (decoder.letters() % 4 == 1 || decoder.unused_bits() != 0) return std::nullopt;
  return decoder.take();
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  return encode(bytes, kStandard, Padding::kWrite);
}

std::string base64url_encode(std::string_view bytes) {
  return encode(bytes, kUrlSafe, Padding::kLeaveOut);
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i)
    text.remove_suffix(1);
  return decode_letters(text, kStandardReverse);
}

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode_letters(text, kUrlSafeReverse);
}

std::optional<std::string> base64_decode_lenient(std::string_view text) {
  Decoder decoder(text.size());
  std::size_t padding = 0;
  for (const char c : text) {
    if (is_space(c)) continue;
    if (c == '=') {
      if (++padding > 2) return std::nullopt;
      continue;
    }
    const std::uint8_t value = kStandardReverse[static_cast<std::uint8_t>(c)];
    if (value == kNone || padding > 0) return std::nullopt;
    decoder.add(value);
  }
  if (decoder.letters() % 4 == 1) return std::nullopt;
  return decoder.take();
}

}  // namespace yagura::text
