// The contract of db::Connection::bulk, run over every back end and way of sending rows.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "db/test_database.h"

namespace yagura::db {
namespace {

constexpr const char* kInsert =
    "INSERT INTO thing (id, whole, real_value, words, bytes) VALUES (?, ?, ?, ?, ?)";

/// Row i of the test data, with NULLs in a different column of each row.
struct Sample {
  explicit Sample(std::int64_t i)
      : id(i),
        words("w" + std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), 'x')),
        bytes(std::string("\0b", 2) + std::to_string(i)) {}
  [[nodiscard]] Param whole() const {
    return id % 5 == 1 ? Param(nullptr) : Param(id * 1'000'000'007);
  }
  [[nodiscard]] Param real() const {
    return id % 5 == 2 ? Param(nullptr) : Param(1.0 / double(id + 1));
  }
  [[nodiscard]] Param text() const {
    return id % 5 == 3 ? Param(nullptr) : Param(std::string_view(words));
  }
  [[nodiscard]] Param blob() const { return id % 5 == 4 ? Param(nullptr) : Param(Blob{bytes}); }
  std::int64_t id;
  std::string words;
  std::string bytes;
};

class BulkTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (!db_) return;
    ASSERT_OK(
        db_->script("CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, whole BIGINT, "
                    "real_value DOUBLE, words KEYTEXT(200), bytes MEDIUMBLOB);"));
  }
  static std::vector<Sample> samples(std::int64_t n) {
    std::vector<Sample> out;
    for (std::int64_t i = 0; i < n; ++i)
      out.emplace_back(i);
    return out;
  }
  static Batch batch_of(const std::vector<Sample>& samples) {
    Batch batch(5);
    for (const Sample& s : samples)
      batch.add({s.id, s.whole(), s.real(), s.text(), s.blob()});
    return batch;
  }
  void expect_stored(const std::vector<Sample>& samples) {
    const Result<Rows> rows =
        db_->query("SELECT id, whole, real_value, words, bytes FROM thing ORDER BY id");
    ASSERT_OK(rows);
    ASSERT_EQ(rows->size(), samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const Row& row = (*rows)[i];
      const Sample& s = samples[i];
      ASSERT_EQ(row.integer(0), s.id);
      ASSERT_EQ(row.is_null(1), s.id % 5 == 1);
      ASSERT_EQ(row.is_null(2), s.id % 5 == 2);
      ASSERT_EQ(row.is_null(3), s.id % 5 == 3);
      ASSERT_EQ(row.is_null(4), s.id % 5 == 4);
      if (s.id % 5 != 1) {
        ASSERT_EQ(row.integer(1), s.id * 1'000'000'007);
      }
      if (s.id % 5 != 2) {
        ASSERT_EQ(row.real(2), 1.0 / double(s.id + 1));
      }
      if (s.id % 5 != 3) {
        ASSERT_EQ(row.text(3), s.words);
      }
      if (s.id % 5 != 4) {
        ASSERT_EQ(row.text(4), s.bytes);
      }
    }
  }
  std::int64_t count() { return (*db_->query("SELECT COUNT(*) FROM thing"))[0].integer(0); }
};
INSTANTIATE_BACKENDS(BulkTest);

TEST_P(BulkTest, InsertsAnyNumberOfRows) {
  for (const std::int64_t n : {0, 1, 2, 9, 10, 11, 100, 1000, 5000, 5001}) {
    SCOPED_TRACE(n);
    ASSERT_OK(db_->execute("DELETE FROM thing"));
    const std::vector<Sample> rows = samples(n);
    const Result<std::int64_t> done = db_->bulk(kInsert, batch_of(rows));
    ASSERT_OK(done);
    EXPECT_EQ(*done, n);
    expect_stored(rows);
  }
}

TEST_P(BulkTest, UpdatesAndDeletesCountMatches) {
  ASSERT_OK(db_->bulk(kInsert, batch_of(samples(1000))));
  Batch update(2);
  for (std::int64_t i = 500; i < 1500; ++i)
    update.add({i + 1, i});
  const Result<std::int64_t> updated = db_->bulk("UPDATE thing SET whole = ? WHERE id = ?", update);
  ASSERT_OK(updated);
  EXPECT_EQ(*updated, 500);
  const Result<Rows> sum = db_->query("SELECT SUM(whole) FROM thing WHERE id >= ?", {500});
  ASSERT_OK(sum);
  EXPECT_EQ((*sum)[0].integer(0), (501 + 1000) * 500 / 2);
  // Again with the same values: still a match each.
  EXPECT_EQ(*db_->bulk("UPDATE thing SET whole = ? WHERE id = ?", update), 500);
  Batch gone(1);
  for (std::int64_t i = 0; i < 250; ++i)
    gone.add({i});
  EXPECT_EQ(*db_->bulk("DELETE FROM thing WHERE id = ?", gone), 250);
  EXPECT_EQ(count(), 750);
}

TEST_P(BulkTest, UpsertsAndIgnoresDuplicates) {
  ASSERT_OK(db_->bulk(kInsert, batch_of(samples(20))));
  Batch upsert(2);
  for (std::int64_t i = 10; i < 130; ++i)
    upsert.add({i, i + 7});
  ASSERT_OK(db_->bulk(by_dialect(*db_,
                                 "INSERT INTO thing (id, whole) VALUES (?, ?) "
                                 "ON CONFLICT (id) DO UPDATE SET whole = excluded.whole",
                                 "INSERT INTO thing (id, whole) VALUES (?, ?) "
                                 "ON DUPLICATE KEY UPDATE whole = VALUES(whole)"),
                      upsert));
  EXPECT_EQ(count(), 130);
  const Result<Rows> changed = db_->query("SELECT COUNT(*) FROM thing WHERE whole = id + 7");
  EXPECT_EQ((*changed)[0].integer(0), 120);
  const Result<std::int64_t> ignored =
      db_->bulk(by_dialect(*db_, "INSERT OR IGNORE INTO thing (id, whole) VALUES (?, ?)",
                           "INSERT IGNORE INTO thing (id, whole) VALUES (?, ?)"),
                upsert);
  ASSERT_OK(ignored);
  EXPECT_EQ(*ignored, 0);
}

TEST_P(BulkTest, AColumnMayHoldNullsAlone) {
  Batch batch(2);
  for (std::int64_t i = 0; i < 150; ++i)
    batch.add({i, nullptr});
  ASSERT_OK(db_->bulk("INSERT INTO thing (id, words) VALUES (?, ?)", batch));
  EXPECT_EQ((*db_->query("SELECT COUNT(*) FROM thing WHERE words IS NULL"))[0].integer(0), 150);
}

TEST_P(BulkTest, OneConflictUndoesTheWholeBatch) {
  ASSERT_OK(db_->execute("INSERT INTO thing (id) VALUES (?)", {730}));
  EXPECT_CODE(db_->bulk(kInsert, batch_of(samples(1000))), ErrorCode::kConflict);
  EXPECT_FALSE(db_->in_transaction());
  EXPECT_EQ(count(), 1);
  // The connection and the statement are as good as before.
  ASSERT_OK(db_->execute("DELETE FROM thing"));
  ASSERT_OK(db_->bulk(kInsert, batch_of(samples(1000))));
  EXPECT_EQ(count(), 1000);
}

TEST_P(BulkTest, JoinsTheTransactionOfTheCaller) {
  ASSERT_OK(db_->begin());
  ASSERT_OK(db_->bulk(kInsert, batch_of(samples(200))));
  EXPECT_TRUE(db_->in_transaction());
  ASSERT_OK(db_->rollback());
  EXPECT_EQ(count(), 0);
}

TEST_P(BulkTest, SingleUseOfTheSameStatementFollows) {
  ASSERT_OK(db_->bulk(kInsert, batch_of(samples(50))));
  ASSERT_OK(db_->execute(kInsert, {100, 1, 1.5, "one", Blob{"two"}}));
  ASSERT_OK(db_->execute(kInsert, {101, nullptr, nullptr, nullptr, nullptr}));
  EXPECT_EQ(count(), 52);
  EXPECT_EQ((*db_->query("SELECT words FROM thing WHERE id = ?", {100}))[0].text(0), "one");
}

TEST_P(BulkTest, MoreBytesThanOnePacketAreSplit) {
  const std::string big(700'000, 'z');  // 40 of them pass the 16 MiB the server takes at once
  Batch batch(2);
  for (std::int64_t i = 0; i < 40; ++i)
    batch.add({i, Blob{big}});
  const Result<std::int64_t> done = db_->bulk("INSERT INTO thing (id, bytes) VALUES (?, ?)", batch);
  ASSERT_OK(done);
  EXPECT_EQ(*done, 40);
  EXPECT_EQ((*db_->query("SELECT SUM(LENGTH(bytes)) FROM thing"))[0].integer(0), 40 * 700'000);
}

TEST_P(BulkTest, MixedTypesAndForbiddenValuesAreRefusedBeforeAnythingIsSent) {
  Batch mixed(2);
  mixed.add({1, 2});
  mixed.add({2, 2.5});
  EXPECT_CODE(db_->bulk("INSERT INTO thing (id, whole) VALUES (?, ?)", mixed), ErrorCode::kInvalid);
  Batch nan(2);
  nan.add({1, 2.0});
  nan.add({2, std::nan("")});
  EXPECT_CODE(db_->bulk("INSERT INTO thing (id, real_value) VALUES (?, ?)", nan),
              ErrorCode::kInvalid);
  Batch narrow(1);
  narrow.add({1});
  EXPECT_CODE(db_->bulk("INSERT INTO thing (id, whole) VALUES (?, ?)", narrow),
              ErrorCode::kInvalid);
  EXPECT_EQ(count(), 0);
}

TEST(Batch, RowOfAnotherLengthEndsTheProcess) {
  Batch batch(2);
  EXPECT_DEATH(batch.add({1}), "another length");
  EXPECT_DEATH((void)batch.row(0), "no such rows");
}

TEST(Row, WrongTypeOrColumnEndsTheProcess) {
  const Row row({Row::Cell(std::string("x")), Row::Cell(std::int64_t{7})});
  EXPECT_DEATH((void)row.integer(0), "no integer");
  EXPECT_DEATH((void)row.text(1), "no text");
  EXPECT_DEATH((void)row.real(0), "no number");
  EXPECT_DEATH((void)row.text(2), "no such column");
  EXPECT_EQ(row.real(1), 7.0);
}

}  // namespace
}  // namespace yagura::db
