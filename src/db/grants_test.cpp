// Minimal rights are tried on a real server (DB-03): what must work works, all else is denied.
#include "db/grants.h"

#include <gmock/gmock.h>

#include "db/migrations.h"
#include "db/series.h"
#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(Grants, AccountsCannotLeaveTheirQuotes) {
  const auto account = parse_account("yagura_server@10.0.0.%");
  ASSERT_OK(account);
  EXPECT_EQ(account->user, "yagura_server");
  EXPECT_EQ(account->host, "10.0.0.%");
  EXPECT_EQ(parse_account("x")->host, "localhost");
  EXPECT_OK(parse_account("x@::1"));
  for (const char* wrong :
       {"", "@h", "x@", "a'b@h", "a@h'", "a b@h", "a`@h", "a\\@h", "x@a@b", "%@h"}) {
    EXPECT_CODE(parse_account(wrong), ErrorCode::kInvalid);
  }
  EXPECT_CODE(parse_account(std::string(65, 'x') + "@h"), ErrorCode::kInvalid);
  EXPECT_CODE(grant_statements(Role::kServer, *account, "a`b", {}), ErrorCode::kInvalid);
}

TEST(Grants, EveryTableOfTheSchemaIsKnown) {
  const auto tables = schema_tables();
  ASSERT_OK(tables);
  for (const char* table : {"report", "agent", "user_account", "audit_pending", "schema_version"}) {
    EXPECT_THAT(*tables, Contains(table));
  }
}

class GrantsTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (!db_) return;
    ASSERT_OK(migrate(*db_));
    // The list made from the migrations is the list the database has.
    const Result<Rows> rows = db_->query(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()");
    ASSERT_OK(rows);
    std::vector<std::string> present;
    for (const Row& row : *rows)
      present.push_back(row.text(0));
    EXPECT_THAT(*schema_tables(), testing::UnorderedElementsAreArray(present));
  }
  std::unique_ptr<Connection> as(Role role) {
    std::string why;
    auto admin = connect(shared_server(why)->admin());
    EXPECT_OK(admin);
    const Account account{role == Role::kServer ? "least_server" : "least_console", "127.0.0.1"};
    EXPECT_OK((*admin)->run_text("CREATE OR REPLACE USER '" + account.user +
                                 "'@'127.0.0.1' IDENTIFIED BY 'correct horse' REQUIRE SSL"));
    const auto statements = grant_statements(role, account, options_.database, *schema_tables());
    EXPECT_OK(statements);
    for (const std::string& statement : *statements) {
      EXPECT_OK((*admin)->run_text(statement.substr(0, statement.size() - 1)));
    }
    Options options = options_;
    options.user = account.user;
    auto db = connect(options);
    EXPECT_OK(db);
    return db.ok() ? std::move(*db) : nullptr;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, GrantsTest, testing::Values(Backend::kMariaDbArrays),
                         backend_name);

TEST_P(GrantsTest, TheServerSeesNoAccountsOfPeopleAndChangesNoSchema) {
  const auto db = as(Role::kServer);
  ASSERT_NE(db, nullptr);
  EXPECT_OK(require_current(*db));
  EXPECT_OK(migrate(*db));  // nothing to do, so nothing is needed
  const auto series = make_sql_series();
  EXPECT_OK(series->prepare_days(*db, 20'000, 20'001));
  EXPECT_OK(series->drop_days(*db, 20'001));
  EXPECT_OK(db->execute("INSERT INTO setting (name, value) VALUES (?, ?)", {"a", "b"}));
  EXPECT_OK(db->query("SELECT COUNT(*) FROM agent"));
  for (const char* table : {"user_account", "user_session", "password_history", "audit_pending"}) {
    EXPECT_CODE(db->query("SELECT COUNT(*) FROM " + std::string(table)), ErrorCode::kDenied);
    EXPECT_CODE(db->execute("DELETE FROM " + std::string(table)), ErrorCode::kDenied);
  }
  for (const char* ddl :
       {"CREATE TABLE x (id BIGINT)", "DROP TABLE agent", "TRUNCATE TABLE agent",
        "ALTER TABLE agent ADD COLUMN x BIGINT", "UPDATE schema_version SET number = 99"}) {
    EXPECT_CODE(db->run_text(ddl), ErrorCode::kDenied);
  }
}

TEST_P(GrantsTest, TheConsoleWritesAuditRecordsAndCannotReadThem) {
  const auto db = as(Role::kConsole);
  ASSERT_NE(db, nullptr);
  EXPECT_OK(require_current(*db));
  EXPECT_OK(db->query("SELECT COUNT(*) FROM user_account"));
  EXPECT_OK(db->execute("UPDATE agent SET description = ? WHERE id = ?", {"x", 0}));
  EXPECT_OK(db->execute(
      "INSERT INTO audit_pending (at, user_name, realm, session_id, address, request_id, category, "
      "action, object_type, object_id, object_name, success, changes) VALUES (?, 'u', 'local', '', "
      "'', '', 'system', 'x', '', '', '', 1, '[]')",
      {1}));
  EXPECT_CODE(db->query("SELECT COUNT(*) FROM audit_pending"), ErrorCode::kDenied);
  EXPECT_CODE(db->execute("UPDATE audit_pending SET success = 0"), ErrorCode::kDenied);
  EXPECT_CODE(db->execute("DELETE FROM audit_pending"), ErrorCode::kDenied);
  EXPECT_CODE(db->execute("DELETE FROM report"), ErrorCode::kDenied);
  EXPECT_CODE(db->execute("CALL report_drop_days(?)", {1}), ErrorCode::kDenied);
  EXPECT_CODE(db->run_text("DROP TABLE agent"), ErrorCode::kDenied);
}

TEST(Grants, OwnersPatternIsNoWildcard) {
  const auto owner = grant_statements(Role::kOwner, {"o", "h"}, "my_db", {});
  ASSERT_OK(owner);
  ASSERT_EQ(owner->size(), 1U);
  EXPECT_THAT((*owner)[0], HasSubstr("`my\\_db`.*"));
  EXPECT_THAT((*owner)[0], Not(HasSubstr("GRANT OPTION")));
}

}  // namespace
}  // namespace yagura::db
