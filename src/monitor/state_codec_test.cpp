#include "monitor/state_codec.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "monitor/fingerprint.h"
#include "monitor/rules_test_util.h"

namespace yagura::monitor {
namespace {

using testing::at;
using testing::Fed;

std::string encoded(const std::vector<SlotState>& states) {
  std::string out;
  encode_states(std::span<const SlotState>(states), out);
  return out;
}

Micros random_time(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return 0;
    case 1:
      return at(10, 0);
    case 2:
      return at(10, 0) - static_cast<Micros>(random() % 100'000) * kSecond;
    case 3:
      return at(10, 0) + static_cast<Micros>(random() % 10'000'000'000ULL);
    case 4:
      return random() % 2 == 0 ? std::numeric_limits<Micros>::max()
                               : std::numeric_limits<Micros>::min();
    default:
      return static_cast<Micros>(random());
  }
}

double random_number(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return 0;
    case 1:
      return -0.0;
    case 2:
      return static_cast<double>(static_cast<std::int64_t>(random()));
    case 3:
      return static_cast<double>(random() % 2000) - 1000;
    case 4:
      return std::numeric_limits<double>::denorm_min();
    default:
      return std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 100) - 50);
  }
}

ModuleState random_state(std::mt19937_64& random) {
  ModuleState state;
  const auto small = [&random] {
    return static_cast<std::uint16_t>(random() % 3 == 0 ? random() : 0);
  };
  state.number = random_number(random);
  if (random() % 4 == 0) state.text = std::string(random() % (kMaxStateText + 1), 't');
  state.text_digest = random() % 3 == 0 ? random() : fingerprint64(state.text);
  if (random() % 4 == 0) state.reference = {random_number(random), random_time(random), true};
  for (Micros ModuleState::* time :
       {&ModuleState::value_time, &ModuleState::received, &ModuleState::last_try,
        &ModuleState::last_stored, &ModuleState::status_since, &ModuleState::ff_start})
    state.*time = random_time(random);
  if (random() % 4 == 0) state.fast_interval_s = static_cast<std::int32_t>(random());
  state.same_count = small();
  for (std::uint16_t& counter : state.counters)
    counter = small();
  state.warning_count = small();
  state.kind = static_cast<ValueKind>(random() % 3);
  state.status = static_cast<StatusCode>(random() % 5);
  state.known = static_cast<StatusCode>(random() % 5);
  state.last = static_cast<StatusCode>(random() % 5);
  return state;
}

std::vector<SlotState> random_states(std::mt19937_64& random, std::size_t count) {
  std::vector<SlotState> states;
  std::uint32_t slot = static_cast<std::uint32_t>(random() % 3);
  for (std::size_t i = 0; i < count; ++i) {
    states.push_back({slot, random_state(random)});
    slot += 1 + static_cast<std::uint32_t>(random() % 100);
  }
  return states;
}

TEST(StateCodec, LosslessForEveryState) {
  std::mt19937_64 random(11);
  std::vector<SlotState> reused;
  for (int round = 0; round < 3000; ++round) {
    const std::vector<SlotState> states = random_states(random, random() % 20);
    const std::string bytes = encoded(states);
    const auto decoded = decode_states(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.error().what;
    ASSERT_TRUE(*decoded == states);
    for (std::size_t i = 0; i < states.size(); ++i) {
      ASSERT_EQ(std::signbit((*decoded)[i].state.number), std::signbit(states[i].state.number));
    }
    ASSERT_TRUE(decode_states(bytes, reused).ok());
    ASSERT_TRUE(reused == states) << "memory of other modules shows through";
  }
}

TEST(StateCodec, ViewsAndValuesGiveTheSameBytes) {
  std::mt19937_64 random(12);
  const std::vector<SlotState> states = random_states(random, 30);
  std::vector<SlotView> views;
  for (const SlotState& entry : states)
    views.push_back({entry.slot, &entry.state});
  std::string out = "kept";
  encode_states(std::span<const SlotView>(views), out);
  EXPECT_EQ(out, "kept" + encoded(states)) << "appends";
}

TEST(StateCodec, EmptyAndExtremeSlots) {
  EXPECT_TRUE(decode_states(encoded({}))->empty());
  const std::vector<SlotState> states = {{0, {}}, {1, {}}, {kMaxCodecSlot, {}}};
  EXPECT_TRUE(*decode_states(encoded(states)) == states);
}

TEST(StateCodec, ThousandsOfModulesWithLongTexts) {
  std::vector<SlotState> states(5000);
  for (std::size_t i = 0; i < states.size(); ++i) {
    states[i].slot = static_cast<std::uint32_t>(i);
    states[i].state.text = std::string(kMaxStateText, 'x');
    states[i].state.text_digest = i;
  }
  EXPECT_TRUE(*decode_states(encoded(states)) == states);
}

TEST(StateCodec, FortyHealthyModulesAreSmall) {
  std::vector<SlotState> states;
  for (std::uint32_t slot = 0; slot < 40; ++slot) {
    Fed fed(ModuleType::kGenericData);
    for (int minute = 0; minute < 50; minute += 5)
      fed.feed(std::to_string(slot) + (slot % 2 == 0 ? "" : ".25"), at(10, minute),
               at(10, minute) + 1'234'567);
    states.push_back({slot, fed.state});
  }
  EXPECT_LE(encoded(states).size(), 800U);
}

TEST(StateCodec, AnyDamageIsSeen) {
  std::mt19937_64 random(13);
  const std::string good = encoded(random_states(random, 10));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_states(good.substr(0, size)).ok()) << "cut at " << size;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << (random() % 8)));
    EXPECT_FALSE(decode_states(bad).ok()) << "bit of byte " << i;
  }
  EXPECT_FALSE(decode_states(good + "x").ok());
  EXPECT_FALSE(decode_states(std::string(100, '\0')).ok());
}

/// Check bits that fit, so that the structure itself is what the reader must refuse.
std::string sealed(std::string body) {
  const std::uint64_t hash = fingerprint64(body);
  const auto check = static_cast<std::uint32_t>(hash ^ (hash >> 32));
  for (unsigned i = 0; i < 4; ++i)
    body += static_cast<char>(check >> (8 * i) & 0xffU);
  return body;
}

TEST(StateCodec, MalformedStructureIsRefused) {
  const std::string header = std::string("\x01", 1) + std::string(16, '\0');
  const auto refused = [](const std::string& body) { return !decode_states(sealed(body)).ok(); };
  EXPECT_FALSE(refused(header + std::string("\0", 1))) << "the empty block";
  EXPECT_TRUE(refused("\x02" + std::string(17, '\0'))) << "version";
  EXPECT_TRUE(refused(header)) << "no count";
  EXPECT_TRUE(refused(header + "\xff\xff\xff\xff\x0f")) << "count without modules";
  EXPECT_TRUE(refused(header + std::string("\x01\0\x05\0\0\0", 6))) << "status 5";
  EXPECT_TRUE(refused(header + std::string("\x01\0\0\x06\0\0", 6))) << "kind 3";
  EXPECT_TRUE(refused(header + std::string("\x01\0\0\x18\0\0", 6))) << "number form 3";
  EXPECT_TRUE(refused(header + std::string("\x01\0\0\0\0\x10\xff\x7f", 8))) << "text too long";
  EXPECT_TRUE(refused(header + std::string("\x01\0\0\0\0\x80\x20", 7))) << "sixth count";
  EXPECT_TRUE(refused(header + std::string("\x01\0\0\0\0\0x", 7))) << "more bytes";
  EXPECT_TRUE(refused(header + std::string("\x01\xff\xff\xff\xff\x0f\0\0\0\0", 10))) << "slot";
  const std::string infinity = std::string("\0\0\0\0\0\0\xf0\x7f", 8);
  EXPECT_TRUE(refused(header + std::string("\x01\0\0\x10\0\0", 6) + infinity)) << "infinity";
  EXPECT_FALSE(refused(header + std::string("\x01\0\0\0\0\0", 6))) << "one module at rest";
}

TEST(StateCodec, TooManyModulesAreRefused) {
  std::string body = std::string("\x01", 1) + std::string(16, '\0');
  std::size_t count = kMaxCodecModules + 1;
  while (count >= 0x80) {
    body += static_cast<char>((count & 0x7f) | 0x80);
    count >>= 7;
  }
  body += static_cast<char>(count);
  for (std::size_t i = 0; i < kMaxCodecModules + 1; ++i)
    body += std::string(5, '\0');
  EXPECT_FALSE(decode_states(sealed(body)).ok());
}

using StateCodecDeathTest = ::testing::Test;

TEST(StateCodecDeathTest, BrokenInvariantsEndTheProcess) {
  std::string out;
  const std::vector<SlotState> twice = {{3, {}}, {3, {}}};
  EXPECT_DEATH(encode_states(std::span<const SlotState>(twice), out), "slots out of order");
  std::vector<SlotState> longer(1);
  longer[0].state.text = std::string(kMaxStateText + 1, 'x');
  EXPECT_DEATH(encode_states(std::span<const SlotState>(longer), out), "text too long");
  std::vector<SlotState> infinite(1);
  infinite[0].state.number = std::numeric_limits<double>::infinity();
  EXPECT_DEATH(encode_states(std::span<const SlotState>(infinite), out), "number not finite");
}

TEST(Fingerprint, DependsOnEveryByteAndTheLength) {
  const std::string text = "a text that is longer than two words of eight bytes";
  const std::uint64_t whole = fingerprint64(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_NE(fingerprint64(other), whole);
    EXPECT_NE(fingerprint64(text.substr(0, i)), whole);
  }
  EXPECT_NE(fingerprint64(std::string(1, '\0')), fingerprint64(""));
  EXPECT_NE(fingerprint64(std::string(8, '\0')), fingerprint64(std::string(9, '\0')));
  // Stored in databases: it must never change.
  EXPECT_EQ(fingerprint64("yagura"), 0x0cf4badfdd6c43d6ULL);
}

}  // namespace
}  // namespace yagura::monitor
