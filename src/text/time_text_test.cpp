#include "text/time_text.h"

#include <gtest/gtest.h>

namespace yagura::text {
namespace {

std::optional<std::string> utc(std::string_view text, const TimeZone& zone = {}) {
  const auto time = parse_agent_time(text, zone);
  if (!time) return std::nullopt;
  return format_utc(time->time);
}

// The table of agent-data §7.1 (conformance D20).
TEST(AgentTimeTest, ReadsTheFormsOfTheTable) {
  EXPECT_EQ(utc("2024/03/01 10:00:00"), "2024-03-01T10:00:00.000Z");
  EXPECT_EQ(utc("2024-03-01 10:00:00"), "2024-03-01T10:00:00.000Z");
  EXPECT_EQ(utc("2024/3/1 1:2:3"), "2024-03-01T01:02:03.000Z");
  EXPECT_EQ(utc("2024/13/01 10:00:00"), "2025-01-01T10:00:00.000Z");
  EXPECT_EQ(utc("2024/02/30 10:00:00"), "2024-03-01T10:00:00.000Z");
  EXPECT_EQ(utc("2024-03-01T10:00:00"), "2024-03-01T10:00:00.000Z");
  EXPECT_EQ(utc("2024/03/01    10:00:00"), "2024-03-01T10:00:00.000Z");
  EXPECT_EQ(utc(" at 2024/03/01 10:00:00 local"), "2024-03-01T10:00:00.000Z");
  EXPECT_EQ(utc("1/2 2024/03/01 10:00:00"), "2024-03-01T10:00:00.000Z");
  EXPECT_TRUE(is_auto_time("AUTO"));
  EXPECT_TRUE(is_auto_time(" AUTO "));
  EXPECT_FALSE(is_auto_time("auto"));
}

TEST(AgentTimeTest, NothingForWhatIsNoTime) {
  for (const char* text :
       {"", "yesterday", "24/03/01 10:00:00", "2024/03/01", "2024/03/01 10:00", "10:00:00",
        "2024/03/01\t10:00:00", "2024//01 10:00:00", "99999/01/01 10:00:00",
        "12345678901/01/01 10:00:00", "1969/12/31 23:59:59", "9999/12/32 10:00:00", "AUTO"}) {
    EXPECT_EQ(utc(text), std::nullopt) << text;
  }
}

TEST(AgentTimeTest, IsoZones) {
  EXPECT_EQ(utc("2024-03-01T10:00:00Z"), "2024-03-01T10:00:00.000Z");
  EXPECT_EQ(utc("2024-03-01T10:00:00+09:00"), "2024-03-01T01:00:00.000Z");
  EXPECT_EQ(utc("2024-03-01T10:00:00.25-0330"), "2024-03-01T13:30:00.250Z");
  EXPECT_EQ(utc("2024-03-01T10:00+01"), "2024-03-01T09:00:00.000Z");
  EXPECT_EQ(utc("2024-03-01T10:00"), "2024-03-01T10:00:00.000Z");
  EXPECT_TRUE(parse_agent_time("2024-03-01T10:00:00Z", {})->absolute);
  EXPECT_FALSE(parse_agent_time("2024-03-01T10:00:00", {})->absolute);
  EXPECT_FALSE(parse_agent_time("2024/03/01 10:00:00 +0900", {})->absolute);
  // A zone that is none is not one.
  EXPECT_FALSE(parse_agent_time("2024-03-01T10:00:00+99:00", {})->absolute);
}

TEST(AgentTimeTest, WithoutAZoneTheServersHolds) {
  EXPECT_EQ(utc("2024/03/01 10:00:00", TimeZone::fixed(9 * 3600)), "2024-03-01T01:00:00.000Z");
  EXPECT_EQ(utc("2024-03-01T10:00:00Z", TimeZone::fixed(9 * 3600)), "2024-03-01T10:00:00.000Z");
}

TEST(AgentTimeTest, LongTextsCostLittle) {
  std::string text;
  for (int i = 0; i < 200'000; ++i)
    text += "1/";
  EXPECT_EQ(utc(text), std::nullopt);
  EXPECT_EQ(utc(std::string(1'000'000, '1')), std::nullopt);
}

TEST(UnixSecondsTest, ReadsWholeSeconds) {
  EXPECT_EQ(parse_unix_seconds(" 1700000000\n"), 1'700'000'000 * kSecond);
  for (const char* text : {"", "-1", "1.5", "1700000000x", "999999999999999", "0x1"}) {
    EXPECT_EQ(parse_unix_seconds(text), std::nullopt) << text;
  }
}

TEST(Rfc3339Test, IsStrict) {
  EXPECT_EQ(parse_rfc3339("2026-11-22T01:24:01.123Z"), 1795310641123000);
  EXPECT_EQ(parse_rfc3339("2026-11-22T10:24:01+09:00"), 1795310641000000);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), 1709164800000000);
  for (const char* text : {"2026-11-22T01:24:01", "2026-11-22", "2026-13-22T01:24:01Z",
                           "2026-02-30T01:24:01Z", "2023-02-29T00:00:00Z", "2026-11-22T24:00:00Z",
                           " 2026-11-22T01:24:01Z", "2026-11-22T01:24:01Zx", "26-11-22T01:24:01Z",
                           "2026-11-22T01:24:01,5Z", "", "-026-11-22"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(AgentTimeTest, FormatsAsAgentsDo) {
  const Micros time = 1709287323 * kSecond;
  EXPECT_EQ(format_agent_time(time, TimeZone::utc()), "2024/03/01 10:02:03");
  EXPECT_EQ(format_agent_time(time, TimeZone::fixed(9 * 3600)), "2024/03/01 19:02:03");
  EXPECT_EQ(parse_agent_time(format_agent_time(time, {}), {})->time, time);
}

}  // namespace
}  // namespace yagura::text
