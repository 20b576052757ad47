#include "text/cron.h"

#include <gtest/gtest.h>

#include "text/time_text.h"

namespace yagura::text {
namespace {

constexpr const char* kNow = "2024-03-01T10:07:30Z";  // a Friday

std::optional<std::string> next(std::string_view expression, std::int64_t interval_s,
                                const char* now = kNow, const TimeZone& zone = {}) {
  const auto cron = Cron::parse(expression);
  if (!cron.ok()) return "syntax: " + cron.error().what;
  const auto time = cron->next_run(parse_rfc3339(now).value(), interval_s, zone);
  if (!time) return std::nullopt;
  return format_utc(*time).substr(0, 19);
}

// The reference values of agent-conf §5.3 (conformance A10).
TEST(CronTest, ReferenceTable) {
  struct Row {
    const char* expression;
    const char* interval_0;
    const char* interval_300;
  };
  const Row rows[] = {
      {"* * * * *", "2024-03-01T10:07:30", "2024-03-01T10:12:30"},
      {"0 * * * *", "2024-03-01T11:00:00", "2024-03-01T11:00:00"},
      {"7 * * * *", "2024-03-01T10:07:30", "2024-03-01T11:07:00"},
      {"5-10 * * * *", "2024-03-01T10:07:30", "2024-03-01T11:05:00"},
      {"55-5 * * * *", "2024-03-01T10:55:00", "2024-03-01T10:55:00"},
      {"30 9 * * *", "2024-03-02T09:30:00", "2024-03-02T09:30:00"},
      {"0 22-6 * * *", "2024-03-01T22:00:00", "2024-03-01T22:00:00"},
      {"0 0 1 * *", "2024-04-01T00:00:00", "2024-04-01T00:00:00"},
      {"0 0 31 * *", "2024-03-31T00:00:00", "2024-03-31T00:00:00"},
      {"* 12-15 * * 1", "2024-03-04T12:00:00", "2024-03-04T12:00:00"},
      {"5 10 * * 5", "2024-03-08T10:05:00", "2024-03-08T10:05:00"},
      {"* * 29 2 *", "2028-02-29T00:00:00", "2028-02-29T00:00:00"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(next(row.expression, 0), row.interval_0) << row.expression;
    EXPECT_EQ(next(row.expression, 300), row.interval_300) << row.expression;
  }
}

TEST(CronTest, RefusesOtherSyntax) {
  for (const char* text : {"",
                           "*",
                           "* * * *",
                           "* * * * * *",
                           "*  * * * *",
                           " * * * * *",
                           "* * * * * ",
                           "*/5 * * * *",
                           "1,2 * * * *",
                           "60 * * * *",
                           "* 24 * * *",
                           "* * 0 * *",
                           "* * 32 * *",
                           "* * * 0 *",
                           "* * * 13 *",
                           "* * * * mon",
                           "- * * * *",
                           "5- * * * *",
                           "-5 * * * *",
                           "1-2-3 * * * *",
                           "+1 * * * *",
                           "*\t* * * *",
                           "** * * * *",
                           "99999999999 * * * *"}) {
    const auto cron = Cron::parse(text);
    ASSERT_FALSE(cron.ok()) << text;
    EXPECT_EQ(cron.error().code, ErrorCode::kInvalid);
  }
}

TEST(CronTest, WeekdayAboveSixCountsAsAny) {
  EXPECT_EQ(next("0 0 * * 7", 0), "2024-03-02T00:00:00");
  EXPECT_EQ(next("0 0 * * 1-9", 0), "2024-03-02T00:00:00");
  EXPECT_EQ(next("0 0 * * 6-0", 0), "2024-03-02T00:00:00");
  EXPECT_EQ(next("0 0 * * 0", 0), "2024-03-03T00:00:00");
}

TEST(CronTest, RareAndImpossibleDates) {
  EXPECT_EQ(next("0 0 31 2 *", 0), std::nullopt);
  // The next leap day that is a Monday.
  EXPECT_EQ(next("0 0 29 2 1", 0), "2044-02-29T00:00:00");
  EXPECT_EQ(next("0 0 31 4-4 *", 0), std::nullopt);
}

TEST(CronTest, RunsInTheGivenZone) {
  EXPECT_EQ(next("0 0 * * *", 0, kNow, TimeZone::fixed(9 * 3600)), "2024-03-01T15:00:00");
  const auto madrid = TimeZone::load("Europe/Madrid");
  if (!madrid.ok()) GTEST_SKIP() << "no zone files on this machine";
  // 02:30 does not exist on 31 March 2024 and occurs twice on 27 October 2024.
  EXPECT_EQ(next("30 2 * * *", 0, "2024-03-30T12:00:00Z", *madrid), "2024-03-31T01:30:00");
  EXPECT_EQ(next("30 2 * * *", 0, "2024-10-26T12:00:00Z", *madrid), "2024-10-27T00:30:00");
  EXPECT_EQ(next("45 2 * * *", 0, "2024-10-27T01:10:00Z", *madrid), "2024-10-28T01:45:00");
}

TEST(CronTest, NeverBeforeTheEarliestTime) {
  const auto cron = Cron::parse("0-59 3 * * *");
  ASSERT_TRUE(cron.ok());
  for (Micros now = 0; now < 2 * kDay; now += 7 * kMinute + 13 * kSecond) {
    const auto time = cron->next_run(now, 300, TimeZone::fixed(-12'600));
    ASSERT_TRUE(time.has_value());
    EXPECT_GE(*time, now + 300 * kSecond);
    EXPECT_TRUE(cron->matches(*time, TimeZone::fixed(-12'600)));
  }
}

}  // namespace
}  // namespace yagura::text
