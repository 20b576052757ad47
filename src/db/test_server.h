// For tests and measurements: a private MariaDB server on a free port of 127.0.0.1 with its own CA,
// TLS required, stopped by its process id.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "db/connection.h"

namespace yagura::db {

/// A temporary folder with everything in it, removed at the end.
class TestFolder {
 public:
  enum class Where {
    kMemory,  ///< where there is room: a database server syncs a lot, and no test pulls the plug
    kDisk,    ///< to measure what syncs cost
  };
  explicit TestFolder(Where where = Where::kMemory);
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
    TestFolder::Where where = TestFolder::Where::kMemory;
    std::vector<std::string> options = {};  ///< more lines for its configuration
  };
  /// False where tests must be skipped.
  static bool installed();
  /// Null and `why` filled if it does not start.
  static std::unique_ptr<TestServer> start(const Setup& setup, std::string& why);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  /// Options of the account "tester", which may do everything in databases called t_*.
  [[nodiscard]] Options options(const std::string& database) const;
  /// Options of the administrator over the Unix socket.
  [[nodiscard]] Options admin() const;
  [[nodiscard]] const TestFolder& folder() const { return folder_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void kill_now();             ///< kill -9
  bool run(std::string& why);  ///< starts it (again) and waits until it answers

 private:
  explicit TestServer(TestFolder::Where where) : folder_(where) {}
  bool install(const Setup& setup, std::string& why);

  TestFolder folder_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
  bool tls_ = true;
};

/// A port of 127.0.0.1 that nobody uses at this moment.
std::uint16_t free_port();

}  // namespace yagura::db
