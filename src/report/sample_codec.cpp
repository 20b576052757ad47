#include "report/sample_codec.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace yagura::report {
namespace {

constexpr unsigned kMaxScale = 9;
constexpr unsigned kRawScale = 15;
constexpr std::int64_t kLongDistance = 15;
/// Mantissas below this take at most 7 bytes, so a decimal never costs more than the raw double.
/// They and the powers of ten are exact as doubles, therefore m / 10^s is the double nearest to
/// that decimal on every IEEE machine.
constexpr double kMaxMantissa = 281'474'976'710'656.0;  // 2^48
constexpr std::array<double, kMaxScale + 1> kPowers{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

struct Decimal {
  unsigned scale = kRawScale;
  std::int64_t mantissa = 0;
};

/// The shortest decimal that is exactly this double, bit by bit; kRawScale if there is none.
Decimal to_decimal(double value) {
  if (value == 0 && std::signbit(value)) return {};
  for (unsigned scale = 0; scale <= kMaxScale; ++scale) {
    const double scaled = value * kPowers[scale];
    if (!(std::fabs(scaled) < kMaxMantissa)) return {};  // NaN and infinities as well
    const double whole = std::nearbyint(scaled);
    if (whole / kPowers[scale] == value) return {scale, static_cast<std::int64_t>(whole)};
  }
  return {};
}

}  // namespace

void SampleEncoder::add(std::uint32_t slot, double value) {
  const std::int64_t distance = static_cast<std::int64_t>(slot) - next_slot_;
  const bool near = distance >= 0 && distance < kLongDistance;
  const Decimal decimal = to_decimal(value);
  const auto nibble = static_cast<unsigned>(near ? distance : kLongDistance);
  body_.push_back(static_cast<char>(nibble << 4U | decimal.scale));
  if (!near) append_varint(body_, zigzag(distance));
  if (decimal.scale == kRawScale) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) {
      body_.push_back(static_cast<char>(bits >> shift & 0xFFU));
    }
  } else {
    append_varint(body_, zigzag(decimal.mantissa));
  }
  next_slot_ = static_cast<std::int64_t>(slot) + 1;
  ++count_;
}

std::string SampleEncoder::take() {
  next_slot_ = 0;
  count_ = 0;
  return std::exchange(body_, std::string(1, kVersion));
}

SampleDecoder::SampleDecoder(std::string_view body) : rest_(body), size_(body.size()) {
  damaged_ = body.empty() || body.front() != SampleEncoder::kVersion;
  if (!damaged_) rest_.remove_prefix(1);
}

std::optional<PackedSample> SampleDecoder::damaged() {
  damaged_ = true;
  return std::nullopt;
}

std::optional<std::uint64_t> SampleDecoder::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<PackedSample> SampleDecoder::next() {
  if (damaged_ || rest_.empty()) return std::nullopt;
  const auto tag = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  std::int64_t distance = tag >> 4U;
  if (distance == kLongDistance) {
    const auto any = varint();
    if (!any) return damaged();
    distance = unzigzag(*any);
  }
  // next_slot_ is at most 2^32; compared this way the sum cannot overflow.
  constexpr std::int64_t kMaxSlot = std::numeric_limits<std::uint32_t>::max();
  if (distance < -next_slot_ || distance > kMaxSlot - next_slot_) return damaged();
  PackedSample sample{static_cast<std::uint32_t>(next_slot_ + distance), 0};

  const unsigned scale = tag & 0x0FU;
  if (scale == kRawScale) {
    if (rest_.size() < 8) return damaged();
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < 8; ++i) {
      bits |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(rest_[i])) << (8U * i);
    }
    rest_.remove_prefix(8);
    sample.value = std::bit_cast<double>(bits);
  } else {
    const auto mantissa = scale <= kMaxScale ? varint() : std::nullopt;
    if (!mantissa) return damaged();
    sample.value = static_cast<double>(unzigzag(*mantissa)) / kPowers[scale];
  }
  next_slot_ = static_cast<std::int64_t>(sample.slot) + 1;
  return sample;
}

Status SampleDecoder::status() const {
  if (!damaged_) return {};
  return Error{ErrorCode::kInvalid,
               "packed samples are damaged at byte " + std::to_string(size_ - rest_.size())};
}

std::string encode_samples(const std::vector<PackedSample>& samples) {
  SampleEncoder encoder;
  for (const PackedSample& sample : samples)
    encoder.add(sample.slot, sample.value);
  return encoder.take();
}

Result<std::vector<PackedSample>> decode_samples(std::string_view body) {
  std::vector<PackedSample> samples;
  SampleDecoder decoder(body);
  while (const auto sample = decoder.next())
    samples.push_back(*sample);
  YAGURA_CHECK(decoder.status());
  return samples;
}

}  // namespace yagura::report
