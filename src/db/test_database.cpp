#include "db/test_database.h"

#include <array>
#include <atomic>

namespace yagura::db {
namespace {

/// Stops the shared server when the program ends.
class SharedServer : public testing::Environment {
 public:
  void TearDown() override { server.reset(); }
  std::unique_ptr<TestServer> server;
  std::string why;
  bool tried = false;
};

SharedServer* environment() {
  static auto* const kServer =
      static_cast<SharedServer*>(testing::AddGlobalTestEnvironment(new SharedServer));
  return kServer;
}
// Before main() runs: later environments would not be torn down.
[[maybe_unused]] SharedServer* const kRegistered = environment();

}  // namespace

TestServer* shared_server(std::string& why) {
  SharedServer* shared = environment();
  if (!shared->tried) {
    shared->tried = true;
    shared->server = TestServer::start({}, shared->why);
  }
  why = shared->why;
  return shared->server.get();
}

void PrintTo(Backend backend, std::ostream* out) {
  constexpr std::array<const char*, 3> kNames = {"Sqlite", "MariaDbArrays", "MariaDbWide"};
  *out << kNames[static_cast<std::size_t>(backend)];
}

std::string backend_name(const testing::TestParamInfo<Backend>& info) {
  return testing::PrintToString(info.param);
}

void DatabaseTest::SetUp() {
  if (on_sqlite()) {
    options_.dialect = Dialect::kSqlite;
    options_.path = folder_.path() + "/test.db";
  } else {
    if (!TestServer::installed()) GTEST_SKIP() << "MariaDB is not installed";
    std::string why;
    TestServer* server = shared_server(why);
    ASSERT_NE(server, nullptr) << why;
    static std::atomic<int> number = 0;
    database_ = "t_" + std::to_string(++number);
    Result<std::unique_ptr<Connection>> maker = connect(server->options("t_empty"));
    ASSERT_OK(maker);
    ASSERT_OK((*maker)->run_text("CREATE DATABASE " + database_));
    options_ = server->options(database_);
    options_.array_binding = GetParam() == Backend::kMariaDbArrays;
  }
  db_ = open();
  ASSERT_NE(db_, nullptr);
}

void DatabaseTest::TearDown() {
  if (db_ && !database_.empty() && !db_->broken()) {
    EXPECT_OK(db_->rollback());
    EXPECT_OK(db_->run_text("DROP DATABASE " + database_));
  }
}

std::unique_ptr<Connection> DatabaseTest::open() {
  Result<std::unique_ptr<Connection>> made = connect(options_);
  EXPECT_OK(made);
  return made.ok() ? std::move(*made) : nullptr;
}

}  // namespace yagura::db
