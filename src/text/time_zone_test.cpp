#include "text/time_zone.h"

#include <ctime>

#include <gtest/gtest.h>

#include "base/file.h"

namespace yagura::text {
namespace {

std::int64_t at(std::int64_t y, std::int64_t mo, std::int64_t d, std::int64_t h = 0,
                std::int64_t mi = 0, std::int64_t s = 0) {
  return civil_to_seconds({y, mo, d, h, mi, s});
}

TEST(CalendarTest, ConvertsBothWays) {
  EXPECT_EQ(at(1970, 1, 1), 0);
  EXPECT_EQ(at(2024, 2, 29, 12), 1709208000);
  EXPECT_EQ(at(1969, 12, 31, 23, 59, 59), -1);
  EXPECT_EQ(at(1600, 1, 1), -11676096000);
  for (std::int64_t s = -200'000'000'000; s < 300'000'000'000; s += 86'400 * 37 + 4321) {
    const CivilTime civil = seconds_to_civil(s);
    ASSERT_EQ(civil_to_seconds(civil), s);
    const auto t = static_cast<std::time_t>(s);
    std::tm tm{};
    ASSERT_NE(::gmtime_r(&t, &tm), nullptr);
    ASSERT_EQ(civil, (CivilTime{tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                                tm.tm_sec}));
    ASSERT_EQ(weekday_of(s), tm.tm_wday);
  }
}

TEST(CalendarTest, CarriesFieldsOutOfRange) {
  EXPECT_EQ(at(2024, 13, 1), at(2025, 1, 1));
  EXPECT_EQ(at(2024, 0, 1), at(2023, 12, 1));
  EXPECT_EQ(at(2024, 3, 0), at(2024, 2, 29));
  EXPECT_EQ(at(2024, 2, 30, 25, 61, 61), at(2024, 3, 2, 2, 2, 1));
  EXPECT_EQ(at(2024, 1'000'000'000, 1), at(2024 + 83'333'333, 4, 1));
}

TEST(TimeZoneTest, FixedOffsets) {
  EXPECT_EQ(TimeZone::utc().to_utc(1000), 1000);
  EXPECT_EQ(TimeZone::fixed(9 * 3600).to_utc(9 * 3600), 0);
  EXPECT_EQ(TimeZone::fixed(-12'600).name(), "-03:30");
  EXPECT_EQ(TimeZone::load("+09:00")->offset_at(0), 32'400);
  EXPECT_EQ(TimeZone::load("-0330")->offset_at(0), -12'600);
  EXPECT_EQ(TimeZone::load("+9")->offset_at(0), 32'400);
  EXPECT_EQ(TimeZone::load("UTC")->name(), "UTC");
}

TEST(TimeZoneTest, NamesStayBeneathTheZoneFolder) {
  for (const char* name : {"", "/etc/passwd", "../../../etc/passwd", "Asia/../../../etc/passwd",
                           "Asia/Tok yo", "+99:00", "+12:60", "+123456"}) {
    EXPECT_FALSE(TimeZone::load(name).ok()) << name;
  }
  const auto missing = TimeZone::load("Asia/Nowhere");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
}

class NamedZoneTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TimeZone::load("Europe/Madrid").ok()) GTEST_SKIP() << "no zone files on this machine";
  }
};

TEST_F(NamedZoneTest, AgreesWithTheCLibrary) {
  const char* old = std::getenv("TZ");
  const std::string before = old == nullptr ? "" : old;
  for (const char* name :
       {"Europe/Madrid", "Asia/Tokyo", "America/New_York", "Australia/Sydney", "America/St_Johns",
        "Africa/Casablanca", "Pacific/Apia", "Asia/Kolkata"}) {
    const auto zone = TimeZone::load(name);
    ASSERT_TRUE(zone.ok()) << name;
    ::setenv("TZ", name, 1);
    ::tzset();
    // To 2100: far behind the last transition of any file.
    for (std::int64_t s = -2'000'000'000; s < 4'102'444'800; s += 86'400 * 3 + 1234) {
      const auto t = static_cast<std::time_t>(s);
      std::tm tm{};
      ::localtime_r(&t, &tm);
      ASSERT_EQ(zone->offset_at(s), tm.tm_gmtoff) << name << " " << s;
      const std::int64_t utc = zone->to_utc(s + zone->offset_at(s));
      ASSERT_EQ(utc + zone->offset_at(utc), s + zone->offset_at(s)) << name << " " << s;
    }
  }
  before.empty() ? ::unsetenv("TZ") : ::setenv("TZ", before.c_str(), 1);
  ::tzset();
}

TEST_F(NamedZoneTest, ClockChanges) {
  const TimeZone madrid = TimeZone::load("Europe/Madrid").value();
  EXPECT_EQ(madrid.to_utc(at(2024, 7, 1, 12)), at(2024, 7, 1, 10));
  EXPECT_EQ(madrid.to_utc(at(2024, 1, 1, 12)), at(2024, 1, 1, 11));
  // 02:30 is skipped on 31 March: read with the offset before.
  EXPECT_EQ(madrid.to_utc(at(2024, 3, 31, 2, 30)), at(2024, 3, 31, 1, 30));
  // 02:30 occurs twice on 27 October: the earlier one.
  EXPECT_EQ(madrid.to_utc(at(2024, 10, 27, 2, 30)), at(2024, 10, 27, 0, 30));
  EXPECT_EQ(madrid.to_utc(at(2060, 7, 1, 12)), at(2060, 7, 1, 10));
}

TEST_F(NamedZoneTest, DamagedFilesAreRefused) {
  const std::string bytes = read_file("/usr/share/zoneinfo/Europe/Madrid", 100'000).value();
  EXPECT_TRUE(TimeZone::from_tzif(bytes, "x").ok());
  for (std::size_t size = 0; size + 40 < bytes.size(); size += 7) {
    EXPECT_FALSE(TimeZone::from_tzif(bytes.substr(0, size), "x").ok()) << size;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x55);
    const auto zone = TimeZone::from_tzif(flipped, "x");
    if (zone.ok()) (void)zone->to_utc(1'700'000'000);
  }
}

}  // namespace
}  // namespace yagura::text
