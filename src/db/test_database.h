// For tests: an empty database of each back end, made for one test and removed after it.
//
// MariaDB is a private server on a free port of 127.0.0.1 with its own CA, TLS required, started
// once per test program and stopped at its end. Where MariaDB is not installed, its tests are
// skipped with that reason.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/types.h>

#include "crypto/x509.h"
#include "db/connection.h"

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

/// A temporary folder with everything in it, removed at the end.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Writes a file with this mode and returns its path.
  std::string write(const std::string& name, std::string_view text, unsigned mode) const;

 private:
  std::string path_;
};

/// One private server.
class TestServer {
 public:
  struct Setup {
    bool tls = true;
    std::string tls_versions = "TLSv1.2,TLSv1.3";
    std::vector<std::string> names = {"localhost"};
    std::vector<std::string> addresses = {"127.0.0.1"};
    std::vector<std::string> options = {};  ///< more lines for its configuration
  };
  /// False where tests must be skipped.
  static bool installed();
  /// Null and `why` filled if it does not start.
  static std::unique_ptr<TestServer> start(const Setup& setup, std::string& why);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  /// The server that most tests share, started at the first call.
  static TestServer* shared(std::string& why);

  /// Options of the account "tester", which may do everything in databases called t_*.
  [[nodiscard]] Options options(const std::string& database) const;
  /// Options of the administrator over the Unix socket.
  [[nodiscard]] Options admin() const;
  [[nodiscard]] const TestFolder& folder() const { return folder_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void kill_now();             ///< kill -9
  bool run(std::string& why);  ///< starts it (again) and waits until it answers

 private:
  TestServer() = default;
  bool install(const Setup& setup, std::string& why);

  TestFolder folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
  bool tls_ = true;
};

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

/// A port of 127.0.0.1 that nobody uses at this moment.
std::uint16_t free_port();

}  // namespace yagura::db
