#include "monitor/query_modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/query_test_kit.h"

namespace yagura::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ModulesTest : public QueryTest {
 protected:
  void SetUp() override {
    QueryTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ModuleState number;
    number.kind = ValueKind::kNumber;
    number.number = 12.5;
    number.value_time = kNow - 60 * kSecond;
    number.received = kNow - 59 * kSecond;
    ModuleState text;
    text.kind = ValueKind::kText;
    text.text = "<b>up</b>";
    add_agent(7, "host", 101, StatusCode::kWarning, 1, {{2, number}, {5, text}});
    load_ = add_module(7, 2, "Load");
    version_ = add_module(7, 5, "Version", ModuleType::kGenericDataString, StatusCode::kWarning);
    async_ = add_module(7, 6, "Trap", ModuleType::kAsyncData, StatusCode::kNotInit);
  }

  History history(ModuleId module, std::int64_t from, std::int64_t to,
                  std::int64_t max_points = 1000,
                  HistoryResolution resolution = HistoryResolution::kAuto) {
    auto out = read_history(
        *db_, root(), module,
        {.from = from, .to = to, .max_points = max_points, .resolution = resolution}, kNow);
    EXPECT_TRUE(out.ok()) << out.error().what;
    return std::move(*out);
  }

  ModuleId load_, version_, async_;
};
INSTANTIATE_DATABASES(ModulesTest);

TEST_P(ModulesTest, ListsWorstFirstWithLatestValues) {
  ASSERT_OK(
      db_->execute("UPDATE module SET min_warning = 10, max_warning = 0, min_critical = 20,"
                   " max_critical = 30, str_critical = 'x' WHERE id = ?",
                   {load_.value}));
  const auto list = list_modules(*db_, root(), AgentId{7});
  ASSERT_OK(list);
  ASSERT_EQ(list->items.size(), 3U);
  const ModuleView& version = list->items[0];
  EXPECT_EQ(version.name, "Version");
  EXPECT_EQ(version.type, "generic_data_string");
  EXPECT_EQ(std::get<TextValue>(*version.value).text, "<b>up</b>");
  const ModuleView& load = list->items[1];
  EXPECT_EQ(std::get<NumberValue>(*load.value).number, 12.5);
  EXPECT_EQ(load.value_at, kNow - 60 * kSecond);
  EXPECT_EQ(load.last_contact, kNow - 59 * kSecond);
  EXPECT_EQ(load.interval_s, 300) << "the agent's";
  EXPECT_EQ(load.thresholds.warning.min, 10);
  EXPECT_FALSE(load.thresholds.warning.max.has_value()) << "below min: no upper end";
  EXPECT_EQ(load.thresholds.critical.max, 30);
  EXPECT_EQ(load.thresholds.critical.text, "x");
  EXPECT_FALSE(list->items[2].value.has_value());
  EXPECT_FALSE(list->items[2].thresholds.warning.min.has_value()) << "not set";
}

TEST_P(ModulesTest, OtherGroupsSeeNothing) {
  const auto actor = limited({identity::Bit::kAR}, GroupId{103});
  EXPECT_CODE(list_modules(*db_, actor, AgentId{7}), ErrorCode::kNotFound);
  EXPECT_CODE(read_history(*db_, actor, load_, {.from = 0, .to = 10}, kNow), ErrorCode::kNotFound);
  EXPECT_CODE(
      read_history(*db_, root(), ModuleId{7 * kSlotsPerAgent + 77}, {.from = 0, .to = 10}, kNow),
      ErrorCode::kNotFound);
}

TEST_P(ModulesTest, RawValuesWithGaps) {
  for (const std::int64_t at : {-3600, -3300, -3000, -1500, -1200}) {
    add_report(7, kNowS + at, static_cast<double>(at) / 100);
  }
  const History out = history(load_, kNowS - 3600, kNowS);
  EXPECT_EQ(out.kind, HistoryKind::kNumber);
  EXPECT_EQ(out.resolution, HistoryForm::kRaw);
  EXPECT_EQ(out.step_s, 300);
  EXPECT_THAT(out.points, ElementsAre(Point(kNowS - 3600, -36), Point(kNowS - 3300, -33),
                                      Point(kNowS - 3000, -30), Point(kNowS - 1500, -15),
                                      Point(kNowS - 1200, -12)));
  EXPECT_THAT(out.gaps, ElementsAre(Gap(kNowS - 3000, kNowS - 1500), Gap(kNowS - 1200, kNowS)));
  EXPECT_FALSE(out.truncated);
  EXPECT_THAT(history(load_, kNowS - 3300, kNowS - 3000).points,
              ElementsAre(Point(kNowS - 3300, -33)))
      << "from inclusive, to exclusive";
  EXPECT_THAT(history(async_, kNowS - 3600, kNowS).gaps, IsEmpty()) << "no period, no gap";
  // The future is no gap.
  EXPECT_EQ(history(load_, kNowS - 3600, kNowS + 86'400).gaps.back(), Gap(kNowS - 1200, kNowS));
}

TEST_P(ModulesTest, ManyValuesAreFoldedAndKeepTheirExtremes) {
  for (int i = 0; i < 120; ++i)
    add_report(7, kNowS - 36'000 + i * 300, i == 57 ? 1000 : i % 10);
  const History out = history(load_, kNowS - 36'000, kNowS, 20);
  EXPECT_EQ(out.resolution, HistoryForm::kTrend);
  EXPECT_TRUE(out.points.empty());
  EXPECT_LE(out.trend.size(), 20U);
  std::int64_t n = 0;
  double most = 0;
  for (const auto& [t, count, min, max, avg] : out.trend) {
    n += count;
    most = std::max(most, max);
    EXPECT_LE(min, avg);
    EXPECT_LE(avg, max);
  }
  EXPECT_EQ(n, 120);
  EXPECT_EQ(most, 1000) << "the one spike";
  const History raw = history(load_, kNowS - 36'000, kNowS, 20, HistoryResolution::kRaw);
  EXPECT_EQ(raw.points.size(), 20U);
  EXPECT_TRUE(raw.truncated);
  EXPECT_EQ(std::get<0>(raw.points.back()), kNowS - 300) << "the newest are kept";
}

TEST_P(ModulesTest, OlderHoursComeFromTheTrend) {
  const std::int64_t hour = kNowS / 3600;
  ASSERT_OK(
      db_->execute("INSERT INTO trend (module_id, hour, n, min, max, sum) VALUES"
                   " (?, ?, 12, 1, 5, 36), (?, ?, 12, 2, 9, 60)",
                   {load_.value, hour - 50, load_.value, hour - 49}));
  add_report(7, (hour - 1) * 3600, 4);
  const History out = history(load_, (hour - 60) * 3600, kNowS);
  EXPECT_EQ(out.resolution, HistoryForm::kTrend);
  EXPECT_EQ(out.step_s, 3600);
  EXPECT_THAT(out.trend, ElementsAre(TrendPoint((hour - 50) * 3600, 12, 1, 5, 3),
                                     TrendPoint((hour - 49) * 3600, 12, 2, 9, 5),
                                     TrendPoint((hour - 1) * 3600, 1, 4, 4, 4)));
  EXPECT_EQ(out.gaps.size(), 2U) << "before the first hour, and between trend and the last report";
}

TEST_P(ModulesTest, TextsBeginWithWhatWasTrueBefore) {
  for (const auto& [at, value] : std::vector<std::pair<std::int64_t, std::string>>{
           {-900, "one"}, {-600, "two"}, {-300, "three"}}) {
    ASSERT_OK(db_->execute("INSERT INTO text_sample (module_id, ts, value) VALUES (?, ?, ?)",
                           {version_.value, (kNowS + at) * kSecond, value}));
  }
  const History out = history(version_, kNowS - 700, kNowS);
  EXPECT_EQ(out.kind, HistoryKind::kText);
  EXPECT_THAT(out.texts, ElementsAre(TextPoint(kNowS - 900, "one"), TextPoint(kNowS - 600, "two"),
                                     TextPoint(kNowS - 300, "three")));
  const History few = history(version_, 0, kNowS, 2);
  EXPECT_TRUE(few.truncated);
  EXPECT_THAT(few.texts,
              ElementsAre(TextPoint(kNowS - 600, "two"), TextPoint(kNowS - 300, "three")));
}

TEST_P(ModulesTest, DamagedReportCostsOnlyItself) {
  add_report(7, kNowS - 600, 1);
  add_report(7, kNowS - 300, 2);
  ASSERT_OK(db_->execute("UPDATE report SET body = ? WHERE ts = ?",
                         {db::Blob{"\x01\xff\xff"}, (kNowS - 600) * kSecond}));
  EXPECT_THAT(history(load_, kNowS - 900, kNowS).points, ElementsAre(Point(kNowS - 300, 2)));
}

}  // namespace
}  // namespace yagura::monitor
