#include "db/options.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "db/test_database.h"

namespace yagura::db {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class OptionsTest : public testing::Test {
 protected:
  /// What read_options says, or its mistakes.
  Result<Options> read(const std::string& section) {
    Result<Settings> settings = Settings::parse("[database]\n" + section, "test.toml");
    if (!settings.ok()) return settings.error();
    Result<Options> options = read_options(*settings);
    if (!options.ok()) return options;
    if (const Status finished = settings->finish(); !finished.ok()) return finished.error();
    return options;
  }
  TestFolder folder_;
  std::string password_ = folder_.write("password", "s3cret\n", 0600);
  std::string account_ = "dialect = \"mariadb\"\npassword_file = \"" + password_ + "\"\n";
};

TEST_F(OptionsTest, ReadsSqlite) {
  const auto options = read("dialect = \"sqlite\"\npath = \"/x/y.db\"\n");
  ASSERT_OK(options);
  EXPECT_EQ(options->dialect, Dialect::kSqlite);
  EXPECT_EQ(options->path, "/x/y.db");
  EXPECT_CODE(read("dialect = \"sqlite\"\n"), ErrorCode::kInvalid);
  EXPECT_CODE(read("path = \"/x\"\nport = 5\n"), ErrorCode::kInvalid);  // not a setting of SQLite
}

TEST_F(OptionsTest, ReadsMariaDb) {
  const auto options = read(account_ +
                            "hosts = [\"db1\", \"[::1]:3307\"]\nport = 3308\nname = \"y\"\n"
                            "user = \"u\"\ntls = \"verify_ca\"\ntls_ca = \"/ca\"\n"
                            "tls_certificate = \"/c\"\ntls_key = \"/k\"\ntls_min = \"1.3\"\n"
                            "connect_timeout_s = 3\nread_timeout_s = 9\narray_binding = false\n");
  ASSERT_OK(options);
  EXPECT_EQ(options->dialect, Dialect::kMariaDb);
  EXPECT_THAT(options->hosts, ElementsAre("db1", "[::1]:3307"));
  EXPECT_EQ(options->port, 3308);
  EXPECT_EQ(options->database, "y");
  EXPECT_EQ(options->user, "u");
  EXPECT_EQ(options->tls, Options::Tls::kVerifyCa);
  EXPECT_EQ(options->tls_min, Options::TlsMin::k13);
  EXPECT_EQ(options->tls_ca, "/ca");
  EXPECT_EQ(options->tls_certificate, "/c");
  EXPECT_EQ(options->tls_key, "/k");
  EXPECT_EQ(options->connect_timeout_s, 3);
  EXPECT_EQ(options->read_timeout_s, 9);
  EXPECT_FALSE(options->array_binding);
}

TEST_F(OptionsTest, TlsIsFullUnlessTheWayIsASocket) {
  EXPECT_EQ(read(account_ + "hosts = [\"db1\"]\n")->tls, Options::Tls::kVerifyFull);
  EXPECT_EQ(read(account_ + "hosts = [\"127.0.0.1\"]\n")->tls, Options::Tls::kVerifyFull);
  EXPECT_EQ(read(account_ + "socket = \"/run/x.sock\"\n")->tls, Options::Tls::kDisabled);
}

TEST_F(OptionsTest, ContradictionsAreMistakesWithTheirReason) {
  const auto refused = [&](const std::string& section) {
    const auto options = read(account_ + section);
    return options.ok() ? std::string("accepted") : options.error().what;
  };
  EXPECT_THAT(refused("hosts = [\"db1\"]\ntls = \"disabled\"\n"), HasSubstr("loopback only"));
  EXPECT_THAT(refused("hosts = [\"127.0.0.1\", \"db1\"]\ntls = \"disabled\"\n"),
              HasSubstr("loopback only, not for db1"));
  EXPECT_EQ(refused("hosts = [\"127.0.0.1\", \"::1\", \"localhost:9\"]\ntls = \"disabled\"\n"),
            "accepted");
  EXPECT_THAT(refused(""), HasSubstr("neither hosts nor socket"));
  EXPECT_THAT(refused("hosts = [\"a\"]\nsocket = \"/s\"\n"), HasSubstr("not both"));
  EXPECT_THAT(refused("hosts = [\"a\"]\ntls = \"verify_ca\"\n"), HasSubstr("needs tls_ca"));
  EXPECT_THAT(refused("hosts = [\"a\"]\ntls_key = \"/k\"\n"), HasSubstr("belong together"));
  EXPECT_THAT(refused("socket = \"/s\"\ntls = \"verify_full\"\n"), HasSubstr("leave tls out"));
  EXPECT_THAT(refused("hosts = [\"a:0\"]\n"), HasSubstr("port"));
  EXPECT_THAT(refused("hosts = [\"a\"]\nport = 70000\n"), HasSubstr("port"));
  EXPECT_THAT(refused("hosts = [\"a\"]\ntls = \"maybe\"\n"), HasSubstr("tls"));
  EXPECT_THAT(refused("hosts = [\"a\"]\npassword = \"x\"\n"), HasSubstr("password"));
  EXPECT_THAT(refused("hosts = [\"a\"]\nname = \"\"\n"), HasSubstr("name or user is empty"));
}

TEST_F(OptionsTest, HostsWithPorts) {
  const auto host = [](const std::string& text) {
    const auto parsed = parse_host(text, 3306);
    return parsed.ok() ? parsed->host + "|" + std::to_string(parsed->port) : "refused";
  };
  EXPECT_EQ(host("db1"), "db1|3306");
  EXPECT_EQ(host("db1:3307"), "db1|3307");
  EXPECT_EQ(host("::1"), "::1|3306");
  EXPECT_EQ(host("[::1]"), "::1|3306");
  EXPECT_EQ(host("[::1]:65535"), "::1|65535");
  for (const char* wrong :
       {"", "db1:", "db1:0", "db1:65536", "db1:33x", "[::1", "[::1]x", "[::1]:", ":3306", "[]:1"}) {
    EXPECT_EQ(host(wrong), "refused") << wrong;
  }
}

TEST_F(OptionsTest, Loopback) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"localhost.example", "128.0.0.1", "10.0.0.1", "::2", "0.0.0.0", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST_F(OptionsTest, PasswordFiles) {
  EXPECT_TRUE(read_password(password_)->equals("s3cret"));
  EXPECT_TRUE(read_password(folder_.write("p1", "a b ", 0400))->equals("a b "));
  EXPECT_TRUE(read_password(folder_.write("p2", "x\r\nmore", 0600))->equals("x"));
  EXPECT_TRUE(read_password("")->empty());
  EXPECT_CODE(read_password(folder_.write("p3", "x\n", 0640)), ErrorCode::kDenied);
  EXPECT_CODE(read_password(folder_.write("p4", "x\n", 0604)), ErrorCode::kDenied);
  EXPECT_CODE(read_password(folder_.write("p5", "", 0600)), ErrorCode::kInvalid);
  EXPECT_CODE(read_password(folder_.write("p6", std::string(1025, 'x'), 0600)), ErrorCode::kLimit);
  EXPECT_OK(read_password(folder_.write("p7", std::string(1024, 'x'), 0600)));
  EXPECT_CODE(read_password(folder_.path() + "/none"), ErrorCode::kNotFound);
  EXPECT_CODE(read_password(folder_.path()), ErrorCode::kDenied);
  const std::string fifo = folder_.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_CODE(read_password(fifo), ErrorCode::kDenied);
  // Told at the start, not at the first connection.
  EXPECT_CODE(read("dialect = \"mariadb\"\nhosts = [\"a\"]\npassword_file = \"/none/x\"\n"),
              ErrorCode::kNotFound);
}

}  // namespace
}  // namespace yagura::db
