// Packed samples: the body of a stored report, (module slot, value) pairs in a few bytes each.
//
// A monitoring value is nearly always a short decimal ("12.5", "4182.03"), so it is stored as a
// whole number and a scale: 2 to 4 bytes. Any other double is stored as it is. Lossless for every
// bit pattern, NaN and negative zero included. Texts are not in it.
//
// Format 1: byte 0 is the version, 1. Then one entry a sample, in the order given:
//   tag          high nibble: slot distance d from the slot before + 1 (0 for the first), 0...14;
//                15 = a varint follows with the zigzag of any distance
//                low nibble: scale 0...9 = a varint follows, zigzag of m, value = m / 10^scale;
//                15 = 8 bytes follow, the double, little endian
//   Varints are LEB128. Nothing but whole entries up to the end.
// Other versions are refused, so a later format can take another first byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura::report {

struct PackedSample {
  std::uint32_t slot = 0;
  double value = 0;
};

/// Collects samples. Ascending slots make the shortest bodies; any order works, also the same slot
/// twice. Not thread-safe.
class SampleEncoder {
 public:
  SampleEncoder() { body_.push_back(kVersion); }

  void add(std::uint32_t slot, double value);
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t bytes() const { return body_.size(); }
  /// The body; the encoder starts anew.
  std::string take();

 private:
  friend class SampleDecoder;
  static constexpr char kVersion = 1;

  std::string body_;
  std::int64_t next_slot_ = 0;
  std::size_t count_ = 0;
};

/// Reads a body sample by sample; `body` must outlive it. Any bytes are safe.
///
///   SampleDecoder decoder(body);
///   while (const auto sample = decoder.next()) use(*sample);
///   YAGURA_CHECK(decoder.status());
class SampleDecoder {
 public:
  explicit SampleDecoder(std::string_view body);

  /// Nothing at the end and from the first damaged entry on.
  std::optional<PackedSample> next();
  /// kInvalid once damage was found.
  [[nodiscard]] Status status() const;

 private:
  std::optional<PackedSample> damaged();
  std::optional<std::uint64_t> varint();

  std::string_view rest_;
  std::size_t size_ = 0;
  std::int64_t next_slot_ = 0;
  bool damaged_ = false;
};

std::string encode_samples(const std::vector<PackedSample>& samples);
Result<std::vector<PackedSample>> decode_samples(std::string_view body);

}  // namespace yagura::report
