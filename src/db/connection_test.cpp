// The contract of db::Connection, run over every back end.
#include "db/connection.h"

#include <cmath>
#include <latch>
#include <limits>
#include <thread>

#include <gmock/gmock.h>

#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kMaxInt = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMinInt = std::numeric_limits<std::int64_t>::min();

class ConnectionTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (!db_) return;
    ASSERT_OK(
        db_->script("CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, whole BIGINT, "
                    "real_value DOUBLE, words KEYTEXT(200) UNIQUE, bytes MEDIUMBLOB, "
                    "CHECK (whole IS NULL OR whole <> 13));"
                    "CREATE TABLE numbered (id AUTOID, words KEYTEXT(100) NOT NULL);"));
  }
  std::int64_t count(std::string_view sql = "SELECT COUNT(*) FROM thing") {
    const Result<Rows> rows = db_->query(sql);
    EXPECT_OK(rows);
    return rows.ok() ? (*rows)[0].integer(0) : -1;
  }
};
INSTANTIATE_BACKENDS(ConnectionTest);

TEST_P(ConnectionTest, ValuesComeBackAsTheyWent) {
  const std::string bytes("\0\x01\xff'\"\\\n\0", 8);
  const std::string text = "日本語 \U0001F5FC 'quoted' \"names\" back\\slash %_;--";
  ASSERT_OK(db_->execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?)",
                         {1, kMaxInt, 0.1, text, Blob{bytes}}));
  ASSERT_OK(db_->execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?)",
                         {2, kMinInt, -5e-324, "", Blob{""}}));
  ASSERT_OK(db_->execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?)",
                         {3, nullptr, nullptr, nullptr, nullptr}));
  const Result<Rows> rows =
      db_->query("SELECT whole, real_value, words, bytes FROM thing ORDER BY id");
  ASSERT_OK(rows);
  ASSERT_EQ(rows->size(), 3U);
  const Row& first = (*rows)[0];
  EXPECT_EQ(first.size(), 4U);
  EXPECT_EQ(first.integer(0), kMaxInt);
  EXPECT_EQ(first.real(1), 0.1);
  EXPECT_EQ(first.text(2), text);
  EXPECT_EQ(first.text(3), bytes);
  const Row& second = (*rows)[1];
  EXPECT_EQ(second.integer(0), kMinInt);
  EXPECT_EQ(second.real(1), -5e-324);
  EXPECT_FALSE(second.is_null(2));
  EXPECT_FALSE(second.is_null(3));
  EXPECT_EQ(second.text(2), "");
  const Row& third = (*rows)[2];
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_TRUE(third.is_null(i)) << i;
  EXPECT_EQ(third.integer(0), 0);
  EXPECT_EQ(third.real(1), 0.0);
  EXPECT_EQ(third.text(2), "");
}

TEST_P(ConnectionTest, DoublesAreExact) {
  const std::vector<double> values = {0.0,
                                      -0.0,
                                      1.0 / 3,
                                      1e308,
                                      std::numeric_limits<double>::max(),
                                      std::numeric_limits<double>::min(),
                                      123456789.123456789};
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_OK(db_->execute("INSERT INTO thing (id, real_value) VALUES (?, ?)",
                           {static_cast<std::int64_t>(i), values[i]}));
  }
  const Result<Rows> rows = db_->query("SELECT real_value FROM thing ORDER BY id");
  ASSERT_OK(rows);
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ((*rows)[i].real(0), values[i]) << i;
}

TEST_P(ConnectionTest, LongValuesComeBackWhole) {
  const std::string big(3'000'000, '\xA7');
  ASSERT_OK(db_->execute("INSERT INTO thing (id, bytes) VALUES (?, ?)", {1, Blob{big}}));
  ASSERT_OK(db_->execute("INSERT INTO thing (id, bytes) VALUES (?, ?)", {2, Blob{"small"}}));
  const Result<Rows> rows = db_->query("SELECT bytes FROM thing ORDER BY id");
  ASSERT_OK(rows);
  EXPECT_TRUE((*rows)[0].text(0) == big);
  EXPECT_EQ((*rows)[1].text(0), "small");
}

TEST_P(ConnectionTest, AggregatesOfIntegersAreIntegers) {
  for (std::int64_t i = 1; i <= 3; ++i) {
    ASSERT_OK(db_->execute("INSERT INTO thing (id, whole, real_value) VALUES (?, ?, ?)",
                           {i, i * 10, 0.5}));
  }
  const Result<Rows> rows =
      db_->query("SELECT SUM(whole), AVG(whole), SUM(real_value), COUNT(*), MAX(whole) FROM thing");
  ASSERT_OK(rows);
  EXPECT_EQ((*rows)[0].integer(0), 60);
  EXPECT_EQ((*rows)[0].real(1), 20.0);
  EXPECT_EQ((*rows)[0].real(2), 1.5);
  EXPECT_EQ((*rows)[0].integer(3), 3);
  EXPECT_EQ((*rows)[0].integer(4), 30);
}

TEST_P(ConnectionTest, ValuesThatOnlyOneBackEndWouldTakeAreRefused) {
  const char* insert = "INSERT INTO thing (id, real_value, words) VALUES (?, ?, ?)";
  EXPECT_CODE(db_->execute(insert, {1, std::nan(""), "x"}), ErrorCode::kInvalid);
  EXPECT_CODE(db_->execute(insert, {1, HUGE_VAL, "x"}), ErrorCode::kInvalid);
  EXPECT_CODE(db_->execute(insert, {1, 1.0, "\xff"}), ErrorCode::kInvalid);
  EXPECT_CODE(db_->execute(insert, {1, 1.0, "\xed\xa0\x80"}), ErrorCode::kInvalid);
  EXPECT_CODE(db_->execute(insert, {1, 1.0}), ErrorCode::kInvalid);
  EXPECT_CODE(db_->query("SELEKT 1"), ErrorCode::kInvalid);
  EXPECT_CODE(db_->query("SELECT 1; SELECT 2"), ErrorCode::kInvalid);
  EXPECT_EQ(count(), 0);
  EXPECT_FALSE(db_->broken());
}

TEST_P(ConnectionTest, TextIsComparedByteByByte) {
  for (const auto& [id, name] : {std::pair<std::int64_t, std::string_view>{1, "Host A"},
                                 {2, "host a"},
                                 {3, "Host A "},
                                 {4, "Höst A"}}) {
    ASSERT_OK(db_->execute("INSERT INTO thing (id, words) VALUES (?, ?)", {id, name}));
  }
  const Result<Rows> rows = db_->query("SELECT id FROM thing WHERE words = ?", {"Host A"});
  ASSERT_OK(rows);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].integer(0), 1);
}

TEST_P(ConnectionTest, TheSessionSpeaksOneDialect) {
  const Result<Rows> rows = db_->query(
      "SELECT 'a' || 'b', \"id\", '\\' FROM thing UNION ALL "
      "SELECT 'a' || 'b', 7, '\\'");
  ASSERT_OK(rows);
  EXPECT_EQ((*rows)[0].text(0), "ab");
  EXPECT_EQ((*rows)[0].integer(1), 7);
  EXPECT_EQ((*rows)[0].text(2), "\\");
}

TEST_P(ConnectionTest, AffectedCountsMatchingRowsAndLastIdIsTheNewOne) {
  const Result<Executed> first = db_->execute("INSERT INTO numbered (words) VALUES (?)", {"a"});
  const Result<Executed> second = db_->execute("INSERT INTO numbered (words) VALUES (?)", {"b"});
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_EQ(first->affected, 1);
  EXPECT_GT(first->last_id, 0);
  EXPECT_EQ(second->last_id, first->last_id + 1);
  // The same value again: a compare-and-set must count it.
  const Result<Executed> same =
      db_->execute("UPDATE numbered SET words = ? WHERE words = ?", {"a", "a"});
  ASSERT_OK(same);
  EXPECT_EQ(same->affected, 1);
  EXPECT_EQ(same->last_id, 0);
  const Result<Executed> none =
      db_->execute("UPDATE numbered SET words = ? WHERE id = ?", {"x", 999});
  ASSERT_OK(none);
  EXPECT_EQ(none->affected, 0);
}

TEST_P(ConnectionTest, BrokenConstraintsAreConflictsAndHideTheValue) {
  ASSERT_OK(db_->execute("INSERT INTO thing (id, words) VALUES (?, ?)", {1, "s3cret-token"}));
  const Result<Executed> twice =
      db_->execute("INSERT INTO thing (id, words) VALUES (?, ?)", {2, "s3cret-token"});
  EXPECT_CODE(twice, ErrorCode::kConflict);
  EXPECT_THAT(twice.error().what, HasSubstr("words"));
  EXPECT_THAT(twice.error().what, Not(HasSubstr("s3cret-token")));
  EXPECT_CODE(db_->execute("INSERT INTO thing (id) VALUES (?)", {1}), ErrorCode::kConflict);
  EXPECT_CODE(db_->execute("INSERT INTO thing (id) VALUES (?)", {nullptr}), ErrorCode::kConflict);
  EXPECT_CODE(db_->execute("INSERT INTO thing (id, whole) VALUES (?, ?)", {5, 13}),
              ErrorCode::kConflict);
  EXPECT_FALSE(db_->lost_race());
  EXPECT_FALSE(db_->broken());
}

TEST_P(ConnectionTest, TransactionsCommitAndRollBack) {
  ASSERT_OK(db_->begin());
  EXPECT_TRUE(db_->in_transaction());
  EXPECT_CODE(db_->begin(), ErrorCode::kInternal);
  ASSERT_OK(db_->execute("INSERT INTO thing (id) VALUES (?)", {1}));
  const std::unique_ptr<Connection> other = open();
  EXPECT_EQ((*other->query("SELECT COUNT(*) FROM thing"))[0].integer(0), 0);
  ASSERT_OK(db_->rollback());
  EXPECT_FALSE(db_->in_transaction());
  EXPECT_EQ(count(), 0);
  ASSERT_OK(db_->begin());
  ASSERT_OK(db_->execute("INSERT INTO thing (id) VALUES (?)", {1}));
  ASSERT_OK(db_->commit());
  EXPECT_EQ((*other->query("SELECT COUNT(*) FROM thing"))[0].integer(0), 1);
  EXPECT_OK(db_->rollback());
}

TEST_P(ConnectionTest, TransactionHelperUndoesFailures) {
  const Status failed = transaction(*db_, [](Connection& db) -> Status {
    YAGURA_CHECK(db.execute("INSERT INTO thing (id) VALUES (?)", {1}));
    return Error{ErrorCode::kNotFound, "ours"};
  });
  EXPECT_CODE(failed, ErrorCode::kNotFound);
  EXPECT_EQ(count(), 0);
  int runs = 0;
  // A constraint is no race: repeating cannot help.
  const Status conflict = transaction(*db_, [&](Connection& db) -> Status {
    ++runs;
    YAGURA_CHECK(db.execute("INSERT INTO thing (id) VALUES (?)", {1}));
    YAGURA_CHECK(db.execute("INSERT INTO thing (id) VALUES (?)", {1}));
    return {};
  });
  EXPECT_CODE(conflict, ErrorCode::kConflict);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(count(), 0);
}

TEST_P(ConnectionTest, DeadlockedTransactionIsRepeated) {
  for (std::int64_t id : {1, 2}) {
    ASSERT_OK(db_->execute("INSERT INTO thing (id, whole) VALUES (?, ?)", {id, 0}));
  }
  // Two threads lock the rows in opposite orders; on MariaDB one must lose, on SQLite one waits.
  std::latch both_hold_one(2);
  std::atomic<int> runs = 0;
  const auto worker = [&](std::int64_t first, std::int64_t second) {
    const std::unique_ptr<Connection> db = open();
    bool met = on_sqlite();
    const Status done = transaction(*db, [&](Connection& t) -> Status {
      ++runs;
      const char* update = "UPDATE thing SET whole = whole + 1 WHERE id = ?";
      YAGURA_CHECK(t.execute(update, {first}));
      if (!std::exchange(met, true)) both_hold_one.arrive_and_wait();
      YAGURA_CHECK(t.execute(update, {second}));
      return {};
    });
    EXPECT_OK(done);
  };
  std::thread a(worker, 1, 2);
  std::thread b(worker, 2, 1);
  a.join();
  b.join();
  EXPECT_EQ(count("SELECT whole FROM thing WHERE id = 1"), 2);
  EXPECT_EQ(count("SELECT whole FROM thing WHERE id = 2"), 2);
  EXPECT_EQ(runs.load(), on_sqlite() ? 2 : 3);
}

TEST_P(ConnectionTest, LinkTellsWhatTheConnectionIs) {
  const Result<LinkInfo> link = db_->link();
  ASSERT_OK(link);
  EXPECT_FALSE(link->server_version.empty());
  if (on_sqlite()) {
    EXPECT_EQ(link->location, options_.path);
    EXPECT_EQ(link->tls_version, "");
    return;
  }
  EXPECT_EQ(link->location, "127.0.0.1:" + std::to_string(options_.port));
  EXPECT_EQ(link->tls_version, "TLSv1.3");
  EXPECT_THAT(link->tls_cipher, testing::StartsWith("TLS_"));
  EXPECT_TRUE(link->tls_verified);
  EXPECT_THAT(link->certificate_expires, HasSubstr("GMT"));
}

TEST_P(ConnectionTest, ManyDifferentStatementsDoNotPileUp) {
  for (int i = 0; i < 600; ++i) {
    const Result<Rows> rows = db_->query("SELECT " + std::to_string(i) + " + ?", {1});
    ASSERT_OK(rows);
    ASSERT_EQ((*rows)[0].integer(0), i + 1);
  }
  if (on_sqlite()) return;
  const Result<Rows> open_now = db_->query(
      "SELECT VARIABLE_VALUE + 0 FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = ?",
      {"COM_STMT_CLOSE"});
  ASSERT_OK(open_now);
  EXPECT_GE((*open_now)[0].real(0), 600 - 256);
}

TEST_P(ConnectionTest, DdlBetweenUsesOfAStatementIsSeen) {
  ASSERT_OK(db_->execute("INSERT INTO thing (id, words) VALUES (?, ?)", {1, "x"}));
  ASSERT_OK(db_->query("SELECT * FROM numbered"));
  ASSERT_OK(db_->run_text("ALTER TABLE numbered ADD COLUMN more BIGINT NOT NULL DEFAULT 4"));
  ASSERT_OK(db_->execute("INSERT INTO numbered (words) VALUES (?)", {"x"}));
  const Result<Rows> rows = db_->query("SELECT * FROM numbered");
  ASSERT_OK(rows);
  ASSERT_EQ((*rows)[0].size(), 3U);
  EXPECT_EQ((*rows)[0].integer(2), 4);
}

}  // namespace
}  // namespace yagura::db
