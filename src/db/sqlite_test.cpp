// What only SQLite has: a file, its mode, and one writer.
#include <atomic>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::HasSubstr;

class SqliteTest : public testing::Test {
 protected:
  std::unique_ptr<Connection> open() {
    auto db = connect(options_);
    EXPECT_OK(db);
    return db.ok() ? std::move(*db) : nullptr;
  }
  TestFolder folder_;
  Options options_ = [this] {
    Options o;
    o.path = folder_.path() + "/x.db";
    return o;
  }();
};

TEST_F(SqliteTest, FilesAreForTheOwnerOnly) {
  const auto db = open();
  ASSERT_OK(db->run_text("CREATE TABLE x (id BIGINT)"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info = {};
    ASSERT_EQ(::stat((options_.path + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(SqliteTest, CommitsAreDurableAndTheSchemaIsDefended) {
  const auto db = open();
  EXPECT_EQ((*db->query("PRAGMA journal_mode"))[0].text(0), "wal");
  EXPECT_EQ((*db->query("PRAGMA synchronous"))[0].integer(0), 2);
  EXPECT_EQ((*db->query("PRAGMA foreign_keys"))[0].integer(0), 1);
  EXPECT_EQ((*db->query("PRAGMA trusted_schema"))[0].integer(0), 0);
  EXPECT_FALSE(db->query("SELECT \"no such column\"").ok());  // not a text
  ASSERT_OK(db->run_text("CREATE TABLE x (id BIGINT)"));
  ASSERT_OK(db->run_text("PRAGMA writable_schema = ON"));
  EXPECT_FALSE(db->execute("UPDATE sqlite_schema SET sql = ?", {"CREATE TABLE x (y)"}).ok());
  EXPECT_FALSE(db->query("SELECT load_extension(?)", {"/tmp/x.so"}).ok());
}

TEST_F(SqliteTest, WhatIsNoDatabaseIsRefused) {
  std::ofstream(options_.path) << std::string(4096, 'x');
  EXPECT_CODE(connect(options_), ErrorCode::kInternal);
  options_.path = folder_.path() + "/none/x.db";
  EXPECT_CODE(connect(options_), ErrorCode::kNotFound);
  options_.path = folder_.path();
  EXPECT_FALSE(connect(options_).ok());
  options_.path = "";
  EXPECT_CODE(connect(options_), ErrorCode::kInvalid);
}

TEST_F(SqliteTest, WritersTakeTurns) {
  ASSERT_OK(open()->run_text("CREATE TABLE x (n BIGINT NOT NULL)"));
  ASSERT_OK(open()->execute("INSERT INTO x (n) VALUES (0)"));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto db = open();
      for (int k = 0; k < 50; ++k) {
        EXPECT_OK(transaction(*db, [](Connection& t) -> Status {
          YAGURA_TRY(rows, t.query("SELECT n FROM x"));
          YAGURA_CHECK(t.execute("UPDATE x SET n = ?", {rows[0].integer(0) + 1}));
          return {};
        }));
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ((*open()->query("SELECT n FROM x"))[0].integer(0), 200);
}

TEST_F(SqliteTest, OpeningAgainKeepsTheLocksOfTheFirst) {
  const auto writer = open();
  ASSERT_OK(writer->run_text("CREATE TABLE x (n BIGINT)"));
  ASSERT_OK(writer->begin());
  ASSERT_OK(writer->execute("INSERT INTO x (n) VALUES (1)"));
  const auto reader = open();  // must not close a descriptor of the locked file
  EXPECT_EQ((*reader->query("SELECT COUNT(*) FROM x"))[0].integer(0), 0);
  EXPECT_OK(writer->commit());
  EXPECT_EQ((*reader->query("SELECT COUNT(*) FROM x"))[0].integer(0), 1);
}

TEST_F(SqliteTest, ConstraintsOfTheBatchNameNoValue) {
  const auto db = open();
  ASSERT_OK(db->run_text("CREATE TABLE x (n TEXT UNIQUE)"));
  ASSERT_OK(db->execute("INSERT INTO x (n) VALUES (?)", {"secret-7"}));
  const auto twice = db->execute("INSERT INTO x (n) VALUES (?)", {"secret-7"});
  EXPECT_CODE(twice, ErrorCode::kConflict);
  EXPECT_THAT(twice.error().what, testing::Not(HasSubstr("secret-7")));
}

}  // namespace
}  // namespace yagura::db
