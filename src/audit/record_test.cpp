#include "audit/record.h"

#include <gtest/gtest.h>

#include "db/migrations.h"

namespace yagura::audit {
namespace {

class AuditTest : public ::testing::Test {
 protected:
  void SetUp() override {
    db::Options memory;
    memory.path = ":memory:";
    auto connected = db::connect(memory);
    ASSERT_TRUE(connected.ok()) << connected.error().what;
    db_ = std::move(*connected);
    const Status migrated = db::migrate(*db_);
    ASSERT_TRUE(migrated.ok()) << migrated.error().what;
  }

  std::int64_t count() {
    return db_->query("SELECT COUNT(*) FROM audit_pending")->at(0).integer(0);
  }

  std::unique_ptr<db::Connection> db_;
};

Record sample() {
  return Record{.at = 7,
                .source = {"maria", "local", "s1", "192.0.2.1", "r1"},
                .category = Category::kAgent,
                .action = "agent.update",
                .object_type = "agent",
                .object_id = "12",
                .object_name = "web <1>",
                .changes = {{"alias", "old \"name\"", "new\nname"}}};
}

TEST_F(AuditTest, KeepsEveryField) {
  ASSERT_TRUE(append(*db_, sample()).ok());
  const auto rows = db_->query(
      "SELECT at, user_name, realm, session_id, address, request_id, category, action,"
      " object_type, object_id, object_name, success, changes FROM audit_pending");
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 1U);
  const db::Row& row = rows->front();
  EXPECT_EQ(row.integer(0), 7);
  EXPECT_EQ(row.text(1), "maria");
  EXPECT_EQ(row.text(2), "local");
  EXPECT_EQ(row.text(3), "s1");
  EXPECT_EQ(row.text(4), "192.0.2.1");
  EXPECT_EQ(row.text(5), "r1");
  EXPECT_EQ(row.text(6), "agent");
  EXPECT_EQ(row.text(7), "agent.update");
  EXPECT_EQ(row.text(8), "agent");
  EXPECT_EQ(row.text(9), "12");
  EXPECT_EQ(row.text(10), "web <1>");
  EXPECT_EQ(row.integer(11), 1);
  EXPECT_EQ(row.text(12), R"([{"field":"alias","before":"old \"name\"","after":"new\nname"}])");
}

TEST_F(AuditTest, GoesAwayWithTheTransactionItBelongsTo) {
  const Status done = db::transaction(*db_, [](db::Connection& db) -> Status {
    YAGURA_CHECK(append(db, sample()));
    return Error{ErrorCode::kInvalid, "the change fails after the record"};
  });
  EXPECT_FALSE(done.ok());
  EXPECT_EQ(count(), 0);
}

TEST(AuditCategoryTest, WordsAreStable) {
  EXPECT_EQ(to_string(Category::kLogin), "login");
  EXPECT_EQ(to_string(Category::kQuarantine), "quarantine");
  EXPECT_EQ(to_string(Category::kSystem), "system");
}

}  // namespace
}  // namespace yagura::audit
