// Small pieces that all readers of /proc and /sys share. Pure; none of them allocates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace yagura::host {

/// Walks over the lines of a text (LF removed, an empty last line is not seen).
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  /// The next line, or nothing at the end.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

/// Walks over words separated by blanks and tabs.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  /// The next word; empty at the end.
  std::string_view next();
  /// Skips `count` words.
  void skip(int count);
  /// What has not been read yet, without leading blanks.
  std::string_view rest() const;

 private:
  std::string_view rest_;
};

/// `text` without blanks, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);

/// Whole text as unsigned decimal number; nothing for signs, other bytes, overflow or emptiness.
std::optional<std::uint64_t> to_u64(std::string_view text);
/// Whole text as decimal fraction ("0.52"), no sign, no exponent.
std::optional<double> to_fraction(std::string_view text);

/// later - earlier, or nothing when a counter went back (reset, wrap, interface created anew).
std::optional<std::uint64_t> advance(std::uint64_t earlier, std::uint64_t later);

}  // namespace yagura::host
