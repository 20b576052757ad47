// For tests: an empty database of each back end, made for one test and removed after it.
//
// Where MariaDB is not installed, its tests are skipped with that reason.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "db/connection.h"
#include "db/test_server.h"

namespace yagura::db {

#define ASSERT_OK(expression)                                      \
  do {                                                             \
    const auto& assert_result = (expression);                      \
    ASSERT_TRUE(assert_result.ok()) << assert_result.error().what; \
  } while (false)
#define EXPECT_OK(expression)                                      \
  do {                                                             \
    const auto& expect_result = (expression);                      \
    EXPECT_TRUE(expect_result.ok()) << expect_result.error().what; \
  } while (false)
#define EXPECT_CODE(expression, expected)                               \
  do {                                                                  \
    const auto& code_result = (expression);                             \
    ASSERT_FALSE(code_result.ok());                                     \
    EXPECT_EQ(to_string(code_result.error().code), to_string(expected)) \
        << code_result.error().what;                                    \
  } while (false)

enum class Backend { kSqlite, kMariaDbArrays, kMariaDbWide };
void PrintTo(Backend backend, std::ostream* out);
std::string backend_name(const testing::TestParamInfo<Backend>& info);

/// Base of the contract tests: an empty database, and as many connections as a test wants.
class DatabaseTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override;
  void TearDown() override;
  /// Another connection to the same database.
  std::unique_ptr<Connection> open();
  [[nodiscard]] bool on_sqlite() const { return GetParam() == Backend::kSqlite; }

  Options options_;
  std::unique_ptr<Connection> db_;

 private:
  TestFolder folder_;
  std::string database_;
};

#define INSTANTIATE_BACKENDS(suite)                                                      \
  INSTANTIATE_TEST_SUITE_P(                                                              \
      Backends, suite,                                                                   \
      testing::Values(Backend::kSqlite, Backend::kMariaDbArrays, Backend::kMariaDbWide), \
      backend_name)

/// For what does not send batches: one way of sending them is enough.
#define INSTANTIATE_DIALECTS(suite) \
  INSTANTIATE_TEST_SUITE_P(         \
      Backends, suite, testing::Values(Backend::kSqlite, Backend::kMariaDbArrays), backend_name)

/// The server that most tests share, started at the first call and stopped at the program's end.
/// Null and `why` filled if it does not start.
TestServer* shared_server(std::string& why);

}  // namespace yagura::db
