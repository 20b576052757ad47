#include "report/sample_codec.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace yagura::report {
namespace {

void expect_round_trip(const std::vector<PackedSample>& samples) {
  const auto decoded = decode_samples(encode_samples(samples));
  ASSERT_TRUE(decoded.ok());
  ASSERT_EQ(decoded->size(), samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    ASSERT_EQ((*decoded)[i].slot, samples[i].slot);
    ASSERT_EQ(std::bit_cast<std::uint64_t>((*decoded)[i].value),
              std::bit_cast<std::uint64_t>(samples[i].value))
        << samples[i].value;
  }
}

TEST(SampleCodecTest, FormatOneIsFixed) {
  // Stored in databases: these bytes may never change.
  EXPECT_EQ(encode_samples({}), "\x01");
  EXPECT_EQ(encode_samples({{0, 0}, {1, 1}, {2, -1}, {4, 12.5}}),
            std::string_view("\x01\x00\x00\x00\x02\x00\x01\x11\xFA\x01", 10));
  EXPECT_EQ(encode_samples({{100, 1}, {7, 0.25}}),
            std::string_view("\x01\xF0\xC8\x01\x02\xF2\xBB\x01\x32", 9));
  EXPECT_EQ(encode_samples({{0, -0.0}}),
            std::string_view("\x01\x0F\x00\x00\x00\x00\x00\x00\x00\x80", 10));
}

TEST(SampleCodecTest, EveryKindOfNumberComesBack) {
  using Limits = std::numeric_limits<double>;
  std::vector<PackedSample> samples;
  std::uint32_t slot = 0;
  for (const double value : {0.0,
                             -0.0,
                             1.0,
                             -1.0,
                             0.1,
                             0.3,
                             12.5,
                             99.99,
                             1e-9,
                             1e-10,
                             1.0 / 3,
                             1e15,
                             281474976710655.0,
                             281474976710656.0,
                             1e300,
                             Limits::max(),
                             Limits::min(),
                             Limits::denorm_min(),
                             Limits::infinity(),
                             -Limits::infinity(),
                             Limits::quiet_NaN(),
                             std::bit_cast<double>(0xFFF8000000000123ULL),
                             0.1 + 0.2,
                             9007199254740993.0}) {
    samples.push_back({slot++, value});
  }
  expect_round_trip(samples);
}

TEST(SampleCodecTest, RandomDoublesAndDecimals) {
  std::mt19937_64 random(7);
  std::vector<PackedSample> samples;
  for (int i = 0; i < 200'000; ++i) {
    const auto bits = random();
    const double decimal =
        static_cast<double>(static_cast<std::int64_t>(bits) >> 30) / std::pow(10, bits % 12);
    samples.push_back({static_cast<std::uint32_t>(bits >> 40), std::bit_cast<double>(bits)});
    samples.push_back({static_cast<std::uint32_t>(bits), decimal});
  }
  expect_round_trip(samples);
}

TEST(SampleCodecTest, SlotsInAnyOrder) {
  expect_round_trip({{0xFFFFFFFF, 1}, {0, 2}, {0, 3}, {15, 4}, {31, 5}, {30, 6}, {0xFFFFFFFE, 7}});
}

TEST(SampleCodecTest, OrdinaryReportsAreSmall) {
  std::vector<PackedSample> samples;
  for (std::uint32_t i = 0; i < 40; ++i)
    samples.push_back({i, (2017 + 131 * i) / 100.0});
  EXPECT_LE(encode_samples(samples).size(), 40U * 4);
}

TEST(SampleCodecTest, EncoderStartsAnew) {
  SampleEncoder encoder;
  encoder.add(5, 1);
  EXPECT_EQ(encoder.count(), 1U);
  EXPECT_EQ(encoder.bytes(), encode_samples({{5, 1}}).size());
  EXPECT_EQ(encoder.take(), encode_samples({{5, 1}}));
  encoder.add(5, 1);
  EXPECT_EQ(encoder.take(), encode_samples({{5, 1}}));
}

TEST(SampleCodecTest, DamageIsFound) {
  const std::string_view bodies[] = {
      {"", 0},
      {"\x02", 1},
      {"\x01\x00", 2},                                           // no mantissa
      {"\x01\x00\x80", 3},                                       // mantissa without end
      {"\x01\x0A\x00", 3},                                       // scale 10
      {"\x01\x0F\x00\x00\x00\x00\x00\x00\x00", 9},               // 7 bytes of a double
      {"\x01\xF0\x01\x00", 4},                                   // slot -1
      {"\x01\xF0\x80\x80\x80\x80\x20\x00", 8},                   // slot 2^32
      {"\x01\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 12},  // 65 bits
      {"\x01\xF0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x00", 13},
  };
  for (const auto body : bodies) {
    const auto decoded = decode_samples(body);
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code, ErrorCode::kInvalid);
  }
  // Every cut of a good body either ends between samples or is found.
  const std::string whole = encode_samples({{0, 1.5}, {300, 1.0 / 3}, {2, 7}});
  std::size_t good = 0;
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    if (decode_samples(std::string_view(whole).substr(0, size)).ok()) ++good;
  }
  EXPECT_EQ(good, 4U);
}

}  // namespace
}  // namespace yagura::report
