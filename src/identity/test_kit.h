// What the tests of identity/ share: a migrated database of each back end, a clock that is moved by
// hand, cheap password hashes.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "db/migrations.h"
#include "db/test_database.h"
#include "identity/login.h"

namespace yagura::identity {

inline constexpr crypto::PasswordCost kCheap{.operations = 1, .memory_bytes = 8192};
inline constexpr Micros kStart = 1'800'000'000 * kSecond;

class IdentityTest : public db::DatabaseTest {
 protected:
  void SetUp() override {
    db::DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Status migrated = db::migrate(*db_);
    ASSERT_TRUE(migrated.ok()) << migrated.error().what;
    services_.dummy_hash = *make_dummy_hash(kCheap, random_);
  }

  UserId add_user(const std::string& name, const std::string& password,
                  std::int64_t superadmin = 0) {
    const auto hash = crypto::hash_password(crypto::Secret(std::string(password)), kCheap);
    const auto done = db_->execute(
        "INSERT INTO user_account (name, superadmin, password_hash, must_change_password,"
        " created_at) VALUES (?, ?, ?, 0, 1)",
        {name, superadmin, *hash});
    EXPECT_TRUE(done.ok());
    return UserId{done->last_id};
  }

  std::int64_t number(std::string_view sql) { return db_->query(sql)->at(0).integer(0); }
  std::string text(std::string_view sql) { return db_->query(sql)->at(0).text(0); }

  LoginResult sign_in(const std::string& user, const std::string& password,
                      const std::string& address = "192.0.2.7") {
    auto result = login(*db_, services_,
                        {.user = user,
                         .password = crypto::Secret(std::string(password)),
                         .address = address,
                         .request_id = "r1"});
    EXPECT_TRUE(result.ok()) << result.error().what;
    return std::move(*result);
  }

  ManualClock clock_{kStart};
  SystemRandom random_;
  LoginServices services_{.sessions = {},
                          .passwords = {},
                          .throttle = {},
                          .cost = kCheap,
                          .dummy_hash = "",
                          .clock = clock_,
                          .random = random_};
};

/// SQLite and MariaDB; how values are sent in bulk does not matter here.
#define INSTANTIATE_DATABASES(suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(Databases, suite,                                                   \
                           testing::Values(db::Backend::kSqlite, db::Backend::kMariaDbArrays), \
                           db::backend_name)

}  // namespace yagura::identity
