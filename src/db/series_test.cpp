// The contract of db::Series.
#include "db/series.h"

#include <gmock/gmock.h>

#include "db/migrations.h"
#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kDay0 = 20'000;  // 2024-10-04

class SeriesTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (db_) ASSERT_OK(migrate(*db_, embedded_migrations().first(1)));
  }
  void append(std::int64_t agent, std::int64_t day, int n, Micros step = kMinute) {
    std::vector<NewReport> reports;
    for (int i = 0; i < n; ++i)
      reports.push_back({agent, day * kDay + i * step, i, "body"});
    ASSERT_OK(series_->append(*db_, reports));
  }
  std::int64_t rows() { return (*db_->query("SELECT COUNT(*) FROM report"))[0].integer(0); }
  /// drop_days until done; how many steps it took.
  int drop(std::int64_t first_kept, std::int64_t slice) {
    for (int steps = 1;; ++steps) {
      const Result<DropStep> step = series_->drop_days(*db_, first_kept, slice);
      EXPECT_OK(step);
      if (!step.ok() || step->done || steps > 1000) return steps;
      EXPECT_LE(step->rows, slice);
    }
  }
  std::unique_ptr<Series> series_ = make_sql_series();
};
INSTANTIATE_BACKENDS(SeriesTest);

TEST_P(SeriesTest, ReportsComeBackInOrderWithTheirBytes) {
  const std::string body("\0\x01packed\xff", 9);
  const std::vector<NewReport> reports = {{7, 3 * kDay, 2, "later"},
                                          {7, 2 * kDay, 1, body},
                                          {7, 3 * kDay, 3, "same time"},
                                          {8, 2 * kDay, 1, "another agent"}};
  ASSERT_OK(series_->append(*db_, reports));
  const auto all = series_->read(*db_, {7, 0, 4 * kDay});
  ASSERT_OK(all);
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[0].body, body);
  EXPECT_EQ((*all)[0].ts, 2 * kDay);
  EXPECT_EQ((*all)[1].version, 2);
  EXPECT_EQ((*all)[2].body, "same time");
  EXPECT_EQ(series_->read(*db_, {7, 0, 2 * kDay})->size(), 0U);  // `to` is not included
  EXPECT_EQ(series_->read(*db_, {7, 2 * kDay, 3 * kDay})->size(), 1U);
  EXPECT_EQ(series_->read(*db_, {9, 0, 4 * kDay})->size(), 0U);
}

TEST_P(SeriesTest, ReadingGoesOnAfterAFullAnswer) {
  std::vector<NewReport> reports;
  for (int i = 0; i < 25; ++i)
    reports.push_back({1, kDay + (i / 3) * kSecond, i, "b"});
  ASSERT_OK(series_->append(*db_, reports));
  std::vector<std::int64_t> versions;
  ReportRange range{1, 0, 2 * kDay, 4};
  for (;;) {
    const auto part = series_->read(*db_, range);
    ASSERT_OK(part);
    if (part->empty()) break;
    for (const StoredReport& r : *part)
      versions.push_back(r.version);
    range.from = part->back().ts;
    range.after_version = part->back().version;
  }
  ASSERT_EQ(versions.size(), 25U);
  for (int i = 0; i < 25; ++i)
    EXPECT_EQ(versions[static_cast<std::size_t>(i)], i);
}

TEST_P(SeriesTest, LastBefore) {
  append(1, kDay0, 3);
  const auto last = series_->last(*db_, 1, (kDay0 + 1) * kDay);
  ASSERT_OK(last);
  ASSERT_EQ(last->size(), 1U);
  EXPECT_EQ((*last)[0].ts, kDay0 * kDay + 2 * kMinute);
  EXPECT_TRUE(series_->last(*db_, 1, kDay0 * kDay)->empty());
}

TEST_P(SeriesTest, TheSameReportTwiceIsAConflict) {
  append(1, kDay0, 1);
  const std::vector<NewReport> again = {{1, kDay0 * kDay, 0, "body"}};
  EXPECT_CODE(series_->append(*db_, again), ErrorCode::kConflict);
}

TEST_P(SeriesTest, AppendBelongsToTheCallersTransaction) {
  ASSERT_OK(db_->begin());
  append(1, kDay0, 5);
  ASSERT_OK(db_->rollback());
  EXPECT_EQ(rows(), 0);
}

TEST_P(SeriesTest, OldDaysGoAndTheOthersStay) {
  ASSERT_OK(series_->prepare_days(*db_, kDay0, kDay0 + 3));
  for (std::int64_t agent : {1, 2, 3}) {
    for (std::int64_t day = kDay0; day < kDay0 + 4; ++day)
      append(agent, day, 20);
  }
  append(4, kDay0 + 10, 1);  // beyond what was prepared
  const int steps = drop(kDay0 + 2, 50);
  EXPECT_EQ(steps, on_sqlite() ? 3 : 1);
  EXPECT_EQ(rows(), 3 * 2 * 20 + 1);
  for (std::int64_t agent : {1, 2, 3}) {
    const auto left = series_->read(*db_, {agent, 0, (kDay0 + 20) * kDay});
    ASSERT_OK(left);
    EXPECT_EQ(left->size(), 40U);
    EXPECT_EQ(left->front().ts, (kDay0 + 2) * kDay);
  }
  EXPECT_EQ(drop(kDay0 + 2, 50), 1);
  EXPECT_EQ(rows(), 3 * 2 * 20 + 1);
}

TEST_P(SeriesTest, DroppingFromAnEmptyTable) {
  EXPECT_EQ(drop(kDay0, 10), 1);
}

TEST_P(SeriesTest, DaysArePreparedInAnyOrderAndOnce) {
  ASSERT_OK(series_->prepare_days(*db_, kDay0 + 5, kDay0 + 6));
  append(1, kDay0, 3);  // lands in the first partition, which is split next
  append(1, kDay0 + 9, 3);
  ASSERT_OK(series_->prepare_days(*db_, kDay0, kDay0 + 10));
  ASSERT_OK(series_->prepare_days(*db_, kDay0, kDay0 + 10));
  const auto days = series_->prepared_days(*db_);
  ASSERT_OK(days);
  if (on_sqlite()) {
    EXPECT_TRUE(days->empty());
  } else {
    ASSERT_EQ(days->size(), 11U);
    EXPECT_EQ(days->front(), kDay0);
    EXPECT_EQ(days->back(), kDay0 + 10);
    const Result<Rows> names = db_->query(
        "SELECT PARTITION_NAME FROM information_schema.PARTITIONS WHERE TABLE_NAME = "
        "'report' AND TABLE_SCHEMA = DATABASE() ORDER BY PARTITION_ORDINAL_POSITION");
    EXPECT_EQ((*names)[0].text(0), "p20241004");
    EXPECT_EQ((*names)[10].text(0), "p20241014");
  }
  EXPECT_EQ(rows(), 6);
}

TEST_P(SeriesTest, SillyRangesAreRefused) {
  EXPECT_CODE(series_->prepare_days(*db_, 5, 4), ErrorCode::kInvalid);
  EXPECT_CODE(series_->prepare_days(*db_, -1, 4), ErrorCode::kInvalid);
  EXPECT_CODE(series_->prepare_days(*db_, 0, kMaxPreparedDays), ErrorCode::kInvalid);
}

TEST_P(SeriesTest, AnAccountWithoutDdlKeepsPartitions) {
  if (on_sqlite()) GTEST_SKIP() << "accounts exist on MariaDB only";
  std::string why;
  const TestServer* server = shared_server(why);
  ASSERT_NE(server, nullptr) << why;
  Result<std::unique_ptr<Connection>> admin = connect(server->admin());
  ASSERT_OK(admin);
  const std::string account = "'least'@'127.0.0.1'";
  ASSERT_OK((*admin)->script("CREATE OR REPLACE USER " + account +
                             " IDENTIFIED BY 'correct horse' REQUIRE SSL;"
                             "GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON " +
                             options_.database + ".* TO " + account + ";"));
  Options least = options_;
  least.user = "least";
  Result<std::unique_ptr<Connection>> db = connect(least);
  ASSERT_OK(db);
  ASSERT_OK(series_->prepare_days(**db, kDay0, kDay0 + 2));
  EXPECT_EQ(series_->prepared_days(**db)->size(), 3U);
  ASSERT_OK(series_->drop_days(**db, kDay0 + 1));
  EXPECT_EQ(series_->prepared_days(**db)->size(), 2U);
  EXPECT_CODE((*db)->run_text("ALTER TABLE report DROP PARTITION pmax"), ErrorCode::kDenied);
  EXPECT_CODE((*db)->run_text("DROP TABLE report"), ErrorCode::kDenied);
  EXPECT_OK(require_current(**db, embedded_migrations().first(1)));
  EXPECT_OK(migrate(**db, embedded_migrations().first(1)));
}

TEST(Days, AreWholeUtcDays) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(kDay - 1), 0);
  EXPECT_EQ(day_of(kDay), 1);
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(-kDay), -1);
  EXPECT_EQ(day_of(-kDay - 1), -2);
}

}  // namespace
}  // namespace yagura::db
