// Migrations over every back end: fresh, repeated, concurrent, crashed, wrong.
#include "db/migrations.h"

#include <chrono>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::HasSubstr;

constexpr std::array kTwo = {
    Migration{0, "0000_first",
              "CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);"
              "INSERT INTO a (id, n) VALUES (1, 10), (2, 20);"
              "UPDATE a SET n = n + 1;"},
    Migration{1, "0001_second",
              "CREATE TABLE b (id AUTOID, name KEYTEXT(100) NOT NULL);"
              "CREATE INDEX b_by_name ON b (name);"
              "ALTER TABLE a ADD COLUMN m BIGINT NOT NULL DEFAULT 5;"
              "INSERT INTO b (name) VALUES ('x');"},
};

class MigrationsTest : public DatabaseTest {
 protected:
  std::int64_t number(std::string_view sql, Connection* db = nullptr) {
    const Result<Rows> rows = (db == nullptr ? *db_ : *db).query(sql);
    EXPECT_OK(rows);
    return rows.ok() ? (*rows)[0].integer(0) : -1;
  }
  void expect_complete() {
    EXPECT_EQ(number("SELECT SUM(n) FROM a"), 32);
    EXPECT_EQ(number("SELECT SUM(m) FROM a"), 10);
    EXPECT_EQ(number("SELECT COUNT(*) FROM b"), 1);
    const Result<SchemaState> state = schema_state(*db_, kTwo);
    ASSERT_OK(state);
    EXPECT_EQ(state->applied, 1);
    EXPECT_EQ(state->newest, 1);
    EXPECT_EQ(state->pending, 0);
  }
};
INSTANTIATE_DIALECTS(MigrationsTest);

TEST_P(MigrationsTest, FreshThenRepeated) {
  const Result<SchemaState> before = schema_state(*db_, kTwo);
  ASSERT_OK(before);
  EXPECT_EQ(before->applied, -1);
  EXPECT_EQ(before->pending, 2);
  const Status early = require_current(*db_, kTwo);
  EXPECT_CODE(early, ErrorCode::kUnavailable);
  EXPECT_THAT(early.error().what, HasSubstr("lacks 2 migrations"));
  ASSERT_OK(migrate(*db_, kTwo));
  ASSERT_OK(migrate(*db_, kTwo));
  EXPECT_OK(require_current(*db_, kTwo));
  expect_complete();
}

TEST_P(MigrationsTest, OneAfterTheOther) {
  ASSERT_OK(migrate(*db_, std::span(kTwo).first(1)));
  ASSERT_OK(migrate(*db_, kTwo));
  expect_complete();
}

TEST_P(MigrationsTest, EveryMigrationOfTheProductApplies) {
  ASSERT_OK(migrate(*db_));
  ASSERT_OK(require_current(*db_));
  int expected = 0;
  for (const Migration& m : embedded_migrations())
    EXPECT_EQ(m.number, expected++) << m.name;
  for (const char* table : {"report", "trend", "ingested_item", "lease", "setting"}) {
    EXPECT_EQ(number("SELECT COUNT(*) FROM " + std::string(table)), 0) << table;
  }
  if (on_sqlite()) return;
  EXPECT_EQ(number("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                   "AND (ENGINE <> 'InnoDB' OR TABLE_COLLATION <> 'utf8mb4_nopad_bin')"),
            0);
}

TEST_P(MigrationsTest, ManyProgramsStartingTogetherApplyOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const std::unique_ptr<Connection> db = open();
      EXPECT_OK(migrate(*db, kTwo));
      EXPECT_OK(require_current(*db, kTwo));
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  expect_complete();
}

TEST_P(MigrationsTest, FailedStatementIsNamedAndCanBeMended) {
  const std::array broken = {kTwo[0],
                             Migration{1, "0001_second",
                                       "CREATE TABLE b (id AUTOID, name KEYTEXT(100) NOT NULL);"
                                       "CREATE INDEX b_by_name ON b (nmae);"}};
  const Status failed = migrate(*db_, broken);
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().what, HasSubstr("0001_second, statement 2 of 2 (CREATE INDEX"));
  EXPECT_EQ(schema_state(*db_, kTwo)->pending, 1);
  ASSERT_OK(migrate(*db_, kTwo));
  expect_complete();
}

TEST_P(MigrationsTest, TableOfSomebodyElseIsNeverTakenForOurs) {
  ASSERT_OK(db_->run_text("CREATE TABLE b (foreign_thing BIGINT)"));
  for (int attempt = 0; attempt < 3; ++attempt) {
    const Status failed = migrate(*db_, kTwo);
    ASSERT_FALSE(failed.ok()) << attempt;
    EXPECT_THAT(failed.error().what, HasSubstr("statement 1 of 4 (CREATE TABLE b"));
  }
}

TEST_P(MigrationsTest, SchemaNewerThanTheProgramIsRefused) {
  ASSERT_OK(migrate(*db_, kTwo));
  const Status old = migrate(*db_, std::span(kTwo).first(1));
  EXPECT_CODE(old, ErrorCode::kInvalid);
  EXPECT_THAT(old.error().what, HasSubstr("knows only 0: start the newer program"));
}

TEST_P(MigrationsTest, ChangedMigrationIsRefusedButCommentsMayChange) {
  ASSERT_OK(migrate(*db_, kTwo));
  const std::array commented = {
      Migration{0, "0000_first",
                "-- told better now\n CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY, /* why */\n"
                "n BIGINT NOT NULL);\nINSERT INTO a (id, n) VALUES (1, 10), (2, 20);\n\n"
                "UPDATE a SET n = n + 1;"},
      kTwo[1]};
  EXPECT_OK(migrate(*db_, commented));
  const std::array changed = {
      Migration{0, "0000_first",
                "CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY, n BIGINT);"
                "INSERT INTO a (id, n) VALUES (1, 10), (2, 20); UPDATE a SET n = n + 1;"},
      kTwo[1]};
  const Status refused = migrate(*db_, changed);
  EXPECT_CODE(refused, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().what, HasSubstr("0000_first was changed"));
}

TEST_P(MigrationsTest, MigrationAddedBehindTheLastIsRefused) {
  const std::array late = {Migration{0, "0000_a", "CREATE TABLE x (id BIGINT);"},
                           Migration{2, "0002_c", "CREATE TABLE z (id BIGINT);"}};
  ASSERT_OK(migrate(*db_, late));
  const std::array filled = {late[0], Migration{1, "0001_b", "CREATE TABLE y (id BIGINT);"},
                             late[1]};
  const Status refused = migrate(*db_, filled);
  EXPECT_CODE(refused, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().what, HasSubstr("only go forward"));
}

TEST_P(MigrationsTest, GoesOnAfterACrashBetweenDdlAndItsRecord) {
  if (on_sqlite()) GTEST_SKIP() << "on SQLite a migration is one transaction";
  ASSERT_OK(migrate(*db_, kTwo));
  // The state a crash leaves: the second ALTER ran, but only one statement is recorded.
  const Result<Rows> digest = db_->query("SELECT digest FROM schema_version WHERE number = 1");
  ASSERT_OK(digest);
  ASSERT_OK(db_->execute("DELETE FROM b"));
  for (const std::string_view redo : {"DROP INDEX b_by_name ON b", "ALTER TABLE a DROP COLUMN m"}) {
    ASSERT_OK(db_->run_text(redo));
  }
  const std::array first_only = {
      kTwo[0],
      Migration{1, "0001_second", "CREATE TABLE b (id AUTOID, name KEYTEXT(100) NOT NULL);"}};
  // Digest after one statement, as the runner itself writes it.
  ASSERT_OK(db_->execute("DELETE FROM schema_version WHERE number = 1"));
  ASSERT_OK(db_->run_text("DROP TABLE b"));
  ASSERT_OK(migrate(*db_, first_only));
  ASSERT_OK(
      db_->execute("UPDATE schema_version SET applied_at = 0, statements = 4, started = 2 "
                   "WHERE number = 1"));
  ASSERT_OK(db_->run_text("CREATE INDEX b_by_name ON b (name)"));
  ASSERT_OK(migrate(*db_, kTwo));
  expect_complete();
}

TEST_P(MigrationsTest, AnotherProgramTakingTheLockStopsThisOne) {
  if (on_sqlite()) GTEST_SKIP() << "on SQLite the transaction is the lock";
  const std::array thief = {Migration{0, "0000_a",
                                      "CREATE TABLE x (id BIGINT);"
                                      "UPDATE schema_lock SET holder = 'another' WHERE id = 1;"
                                      "CREATE TABLE y (id BIGINT);"}};
  const Status stopped = migrate(*db_, thief);
  EXPECT_CODE(stopped, ErrorCode::kUnavailable);
  EXPECT_THAT(stopped.error().what, HasSubstr("took over"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                   "AND TABLE_NAME = 'y'"),
            0);
}

TEST_P(MigrationsTest, KilledAgainAndAgainItStillEndsRight) {
  std::string text;
  for (int i = 0; i < 30; ++i) {
    const std::string n = std::to_string(i);
    text += "CREATE TABLE k" + n + " (id AUTOID, n BIGINT NOT NULL);";
    text += "INSERT INTO k" + n + " (n) VALUES (1), (2);";
    text += "CREATE INDEX k" + n + "_i ON k" + n + " (n);";
    text += "UPDATE k" + n + " SET n = n * 3;";
  }
  const std::array big = {Migration{0, "0000_big", text}};
  db_.reset();
  bool complete = false;
  for (int life = 1; life <= 200 && !complete; ++life) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      Result<std::unique_ptr<Connection>> db = connect(options_);
      ::_exit(db.ok() && migrate(**db, big).ok() ? 0 : 1);
    }
    // A different moment each time; on SQLite all of it takes a few milliseconds only.
    std::this_thread::sleep_for(
        std::chrono::microseconds(on_sqlite() ? life * 1'000 : life * 9'000));
    ::kill(pid, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    complete = WIFEXITED(status);
    ASSERT_TRUE(!complete || WEXITSTATUS(status) == 0);
    if (!complete && !on_sqlite()) {
      // Two minutes pass.
      const std::unique_ptr<Connection> later = open();
      const Status moved = later->run_text("UPDATE schema_lock SET expires_at = 0 WHERE id = 1");
      EXPECT_TRUE(moved.ok() || moved.error().what.find("schema_lock") != std::string::npos)
          << moved.error().what;
    }
  }
  ASSERT_TRUE(complete);
  db_ = open();
  for (int i = 0; i < 30; ++i) {
    const std::string table = "k" + std::to_string(i);
    EXPECT_EQ(number("SELECT SUM(n) FROM " + table), 9) << table;
    EXPECT_EQ(number("SELECT COUNT(*) FROM " + table), 2) << table;
  }
}

}  // namespace
}  // namespace yagura::db
