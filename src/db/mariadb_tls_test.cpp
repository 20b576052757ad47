// The link to MariaDB must be what was asked for, or not be (SRV-04, SRV-15, DB-02).
#include <atomic>
#include <cstring>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/file.h"
#include "db/connection.h"
#include "db/pool.h"
#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::HasSubstr;

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

/// Somebody on the wire: passes one connection on, and may clear the server's offer of TLS in its
/// first packet. Counts what the client said.
class Wiretap {
 public:
  Wiretap(std::uint16_t server_port, bool strip_tls)
      : server_port_(server_port), strip_(strip_tls) {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), 1);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { pass_on(); });
  }
  ~Wiretap() { join(); }
  Wiretap(const Wiretap&) = delete;
  Wiretap& operator=(const Wiretap&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// All that the client sent, after the connection ended.
  const std::string& client_bytes() {
    join();
    return client_bytes_;
  }

 private:
  void join() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  static void strip(std::string& greeting) {
    // Header (4), protocol (1), version and its zero, thread id (4), half the salt (8), zero (1),
    // then the lower capabilities: CLIENT_SSL is bit 11.
    const std::size_t version_end = greeting.find('\0', 5);
    const std::size_t capabilities = version_end + 1 + 4 + 8 + 1;
    ASSERT_LT(capabilities + 1, greeting.size());
    ASSERT_NE(greeting[capabilities + 1] & 0x08, 0) << "the server offered no TLS";
    greeting[capabilities + 1] = static_cast<char>(greeting[capabilities + 1] & ~0x08);
  }

  void pass_on() {
    const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) return;
    const UniqueFd server = connect_to(server_port_);
    bool first = true;
    std::string buffer(65536, '\0');
    for (;;) {
      std::array<pollfd, 2> ends = {pollfd{client.get(), POLLIN, 0},
                                    pollfd{server.get(), POLLIN, 0}};
      ::poll(ends.data(), ends.size(), 20'000);
      const bool from_server = ends[1].revents != 0;
      const int from = from_server ? server.get() : client.get();
      const ssize_t got = ::read(from, buffer.data(), buffer.size());
      if (got <= 0) return;
      std::string piece = buffer.substr(0, static_cast<std::size_t>(got));
      if (from_server && std::exchange(first, false) && strip_) strip(piece);
      if (!from_server) client_bytes_ += piece;
      if (::send(from_server ? client.get() : server.get(), piece.data(), piece.size(),
                 MSG_NOSIGNAL) < 0) {
        return;
      }
    }
  }

  std::uint16_t server_port_;
  bool strip_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::string client_bytes_;
  std::thread thread_;
};

class MariaDbTlsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestServer::installed()) GTEST_SKIP() << "MariaDB is not installed";
    std::string why;
    server_ = shared_server(why);
    ASSERT_NE(server_, nullptr) << why;
    options_ = server_->options("t_empty");
  }
  /// Why the connection is refused, "connected" if it is not.
  static std::string refusal(const Options& options, ErrorCode expected) {
    const auto db = connect(options);
    if (db.ok()) return "connected";
    EXPECT_EQ(to_string(db.error().code), to_string(expected)) << db.error().what;
    return db.error().what;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return server_->folder().path() + "/" + name;
  }
  TestServer* server_ = nullptr;
  Options options_;
};

TEST_F(MariaDbTlsTest, VersionAndCipherAreShown) {
  auto db = connect(options_);
  ASSERT_OK(db);
  const auto link = (*db)->link();
  ASSERT_OK(link);
  EXPECT_EQ(link->tls_version, "TLSv1.3");
  EXPECT_THAT(link->tls_cipher, HasSubstr("GCM"));
  EXPECT_TRUE(link->tls_verified);
  // What the server says about this session.
  const auto seen = (*db)->query(
      "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS "
      "WHERE VARIABLE_NAME IN ('SSL_CIPHER', 'SSL_VERSION') "
      "ORDER BY VARIABLE_NAME");
  ASSERT_OK(seen);
  ASSERT_EQ(seen->size(), 2U);
  EXPECT_EQ((*seen)[0].text(0), link->tls_cipher);
  EXPECT_EQ((*seen)[1].text(0), link->tls_version);
}

TEST_F(MariaDbTlsTest, CertificateOfAnotherCaIsRefused) {
  options_.tls_ca = file("other.pem");
  EXPECT_THAT(refusal(options_, ErrorCode::kDenied), HasSubstr("certificate"));
  options_.tls = Options::Tls::kVerifyCa;
  EXPECT_THAT(refusal(options_, ErrorCode::kDenied), HasSubstr("certificate"));
  // The system's CAs did not issue it either.
  options_.tls = Options::Tls::kVerifyFull;
  options_.tls_ca.clear();
  EXPECT_THAT(refusal(options_, ErrorCode::kDenied), HasSubstr("certificate"));
  options_.tls_ca = file("none.pem");
  EXPECT_NE(refusal(options_, ErrorCode::kDenied), "connected");
}

TEST_F(MariaDbTlsTest, RequiredEncryptsWithoutTrust) {
  options_.tls = Options::Tls::kRequired;
  options_.tls_ca.clear();
  auto db = connect(options_);
  ASSERT_OK(db);
  EXPECT_EQ((*db)->link()->tls_version, "TLSv1.3");
  EXPECT_FALSE((*db)->link()->tls_verified);
}

TEST_F(MariaDbTlsTest, HostNameAndOldVersions) {
  // Certificate for another name; TLS 1.2 is the best it speaks.
  std::string why;
  const auto other =
      TestServer::start({.tls_versions = "TLSv1.2", .names = {"db.example"}, .addresses = {}}, why);
  ASSERT_NE(other, nullptr) << why;
  Options options = other->options("t_empty");
  EXPECT_NE(refusal(options, ErrorCode::kDenied), "connected");
  options.hosts = {"localhost"};
  EXPECT_NE(refusal(options, ErrorCode::kDenied), "connected");
  options = other->options("t_empty");
  options.tls = Options::Tls::kVerifyCa;
  auto db = connect(options);
  ASSERT_OK(db);
  EXPECT_EQ((*db)->link()->tls_version, "TLSv1.2");
  EXPECT_THAT((*db)->link()->tls_cipher, HasSubstr("ECDHE"));
  EXPECT_TRUE((*db)->link()->tls_verified);
  options.tls_min = Options::TlsMin::k13;
  EXPECT_NE(refusal(options, ErrorCode::kDenied), "connected");
}

TEST_F(MariaDbTlsTest, Tls11IsRefused) {
  std::string why;
  const auto old = TestServer::start(
      {.tls_versions = "TLSv1.1", .options = {"ssl_cipher=ALL:@SECLEVEL=0"}}, why);
  ASSERT_NE(old, nullptr) << why;
  for (const Options::Tls tls : {Options::Tls::kVerifyFull, Options::Tls::kRequired}) {
    Options options = old->options("t_empty");
    options.tls = tls;
    EXPECT_NE(refusal(options, ErrorCode::kDenied), "connected");
  }
}

TEST_F(MariaDbTlsTest, ServerWithoutTlsIsRefused) {
  std::string why;
  const auto plain = TestServer::start({.tls = false}, why);
  ASSERT_NE(plain, nullptr) << why;
  Options options = plain->options("t_empty");
  for (const Options::Tls tls :
       {Options::Tls::kRequired, Options::Tls::kVerifyCa, Options::Tls::kVerifyFull}) {
    options.tls = tls;
    options.tls_ca = file("ca.pem");
    EXPECT_THAT(refusal(options, ErrorCode::kDenied), HasSubstr("does not offer it"));
  }
  // Only the explicit word goes without, and only on this machine.
  options.tls = Options::Tls::kDisabled;
  auto db = connect(options);
  ASSERT_OK(db);
  EXPECT_EQ((*db)->link()->tls_cipher, "");
  options.hosts = {"192.0.2.1"};
  EXPECT_THAT(refusal(options, ErrorCode::kInvalid), HasSubstr("loopback only"));
}

TEST_F(MariaDbTlsTest, PlainClientIsRefusedByTheServer) {
  options_.tls = Options::Tls::kDisabled;
  EXPECT_NE(refusal(options_, ErrorCode::kDenied), "connected");
}

TEST_F(MariaDbTlsTest, NothingReadableGoesOverTheWire) {
  Wiretap wire(server_->port(), false);
  options_.port = wire.port();
  {
    auto db = connect(options_);
    ASSERT_OK(db);
    ASSERT_OK((*db)->query("SELECT ?", {"sensitive-module-name"}));
  }
  EXPECT_GT(wire.client_bytes().size(), 500U);
  for (const char* word : {"tester", "t_empty", "SELECT", "sensitive"}) {
    EXPECT_EQ(wire.client_bytes().find(word), std::string::npos) << word;
  }
}

TEST_F(MariaDbTlsTest, StrippedOfferOfTlsIsNoticedBeforeAnythingIsSent) {
  for (const Options::Tls tls :
       {Options::Tls::kRequired, Options::Tls::kVerifyCa, Options::Tls::kVerifyFull}) {
    Wiretap wire(server_->port(), true);
    Options options = options_;
    options.port = wire.port();
    options.tls = tls;
    EXPECT_THAT(refusal(options, ErrorCode::kDenied), HasSubstr("does not offer it"));
    EXPECT_EQ(wire.client_bytes(), "");
  }
}

TEST_F(MariaDbTlsTest, WrongPasswordIsDeniedAndNotShown) {
  options_.password_file = server_->folder().write("wrong.password", "hunter2\n", 0600);
  const std::string why = refusal(options_, ErrorCode::kDenied);
  EXPECT_THAT(why, HasSubstr("Access denied"));
  EXPECT_THAT(why, testing::Not(HasSubstr("hunter2")));
}

TEST_F(MariaDbTlsTest, FirstWritableHostOfTheListIsUsed) {
  std::string why;
  const auto replica = TestServer::start({}, why);
  ASSERT_NE(replica, nullptr) << why;
  auto admin = connect(replica->admin());
  ASSERT_OK(admin);
  ASSERT_OK((*admin)->run_text("SET GLOBAL read_only = 1"));
  const std::string dead = "127.0.0.1:" + std::to_string(free_port());
  const std::string read_only = "127.0.0.1:" + std::to_string(replica->port());
  const std::string good = "127.0.0.1:" + std::to_string(server_->port());
  // Each server has a CA of its own: trust both.
  const auto text = [](const std::string& path) { return *read_file(path, 1 << 20); };
  options_.tls_ca = server_->folder().write(
      "both.pem", text(file("ca.pem")) + text(replica->folder().path() + "/ca.pem"), 0644);
  options_.hosts = {dead, read_only, good};
  auto db = connect(options_);
  ASSERT_OK(db);
  EXPECT_EQ((*db)->link()->location, good);
  options_.hosts = {dead, read_only};
  why = refusal(options_, ErrorCode::kUnavailable);
  EXPECT_THAT(why, HasSubstr(read_only + ": the server is read-only"));
  EXPECT_THAT(why, HasSubstr(dead));
}

TEST_F(MariaDbTlsTest, AServerTurnedReadOnlyIsLeft) {
  std::string why;
  const auto primary = TestServer::start({}, why);
  ASSERT_NE(primary, nullptr) << why;
  auto db = connect(primary->options("t_empty"));
  ASSERT_OK(db);
  ASSERT_OK((*db)->run_text("CREATE TABLE x (id BIGINT)"));
  auto admin = connect(primary->admin());
  ASSERT_OK(admin);
  ASSERT_OK((*admin)->run_text("SET GLOBAL read_only = 1"));
  EXPECT_CODE((*db)->execute("INSERT INTO x (id) VALUES (?)", {1}), ErrorCode::kUnavailable);
  EXPECT_TRUE((*db)->broken());
}

TEST_F(MariaDbTlsTest, ThePoolComesBackAfterTheServerWasKilled) {
  std::string why;
  const auto server = TestServer::start({}, why);
  ASSERT_NE(server, nullptr) << why;
  Pool pool(server->options("t_empty"), 2);
  {
    auto db = pool.acquire(std::chrono::seconds(5));
    ASSERT_OK(db);
    ASSERT_OK((*db)->run_text("CREATE TABLE x (id BIGINT)"));
    server->kill_now();
    EXPECT_CODE((*db)->execute("INSERT INTO x (id) VALUES (?)", {1}), ErrorCode::kUnavailable);
    EXPECT_TRUE((*db)->broken());
    EXPECT_CODE((*db)->query("SELECT 1"), ErrorCode::kUnavailable);
  }
  EXPECT_FALSE(pool.health().usable);
  EXPECT_CODE(pool.acquire(std::chrono::milliseconds(0)), ErrorCode::kUnavailable);
  ASSERT_TRUE(server->run(why)) << why;
  auto db = pool.acquire(std::chrono::seconds(10));
  ASSERT_OK(db);
  EXPECT_OK((*db)->execute("INSERT INTO x (id) VALUES (?)", {1}));
  EXPECT_TRUE(pool.health().usable);
}

}  // namespace
}  // namespace yagura::db
