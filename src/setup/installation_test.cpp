#include "setup/installation.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/x509.h"

namespace yagura::setup {
namespace {

using testing::HasSubstr;

class InstallationTest : public testing::Test {
 protected:
  InstallationTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "yagura-setup-XXXXXX";
    options_.data = ::mkdtemp(pattern.data());
  }
  ~InstallationTest() override { std::filesystem::remove_all(options_.data); }

  std::string read(const std::string& name) const {
    return read_file(options_.data + "/" + name, 1 << 20).value_or("");
  }
  mode_t mode(const std::string& name) const {
    struct stat st{};
    EXPECT_EQ(::stat((options_.data + "/" + name).c_str(), &st), 0) << name;
    return st.st_mode & 0777U;
  }

  UpOptions options_;
  SystemClock clock_;
};

TEST_F(InstallationTest, KeysAreClosedAndASecondStartKeepsEverything) {
  const auto first = Installation::prepare(options_, clock_);
  ASSERT_TRUE(first.ok()) << first.error().what;
  EXPECT_TRUE(first->is_new());
  for (const char* key : {"pki/ca.key", "pki/transport.key", "pki/console.key", "pki/agent.key"}) {
    EXPECT_EQ(mode(key), 0600U) << key;
  }
  EXPECT_EQ(mode("quarantine"), 0700U);
  const std::string ca = read("pki/ca.pem");
  const std::string console = read("pki/console.pem");
  const auto second = Installation::prepare(options_, clock_);
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->is_new());
  EXPECT_EQ(read("pki/ca.pem"), ca);
  EXPECT_EQ(read("pki/console.pem"), console);
}

TEST_F(InstallationTest, OurSettingsFollowTheOptionsButAnOperatorsAreKept) {
  ASSERT_TRUE(Installation::prepare(options_, clock_).ok());
  options_.console_port = 9443;
  ASSERT_TRUE(Installation::prepare(options_, clock_).ok());
  EXPECT_THAT(read("conf/console.toml"), HasSubstr("port = 9443"));
  std::ofstream(options_.data + "/conf/console.toml", std::ios::app) << "# mine\n";
  options_.console_port = 9444;
  ASSERT_TRUE(Installation::prepare(options_, clock_).ok());
  EXPECT_THAT(read("conf/console.toml"), HasSubstr("port = 9443"));
  EXPECT_THAT(read("conf/console.toml"), HasSubstr("# mine"));
}

TEST_F(InstallationTest, CertificatesNearTheirEndAreIssuedAnew) {
  ManualClock past(SystemClock().now() - 360 * kDay);
  ASSERT_TRUE(Installation::prepare(options_, past).ok());
  const std::string old = read("pki/console.pem");
  ASSERT_TRUE(Installation::prepare(options_, clock_).ok());
  EXPECT_NE(read("pki/console.pem"), old);
  const auto info = crypto::inspect(read("pki/console.pem"));
  ASSERT_TRUE(info.ok());
  EXPECT_GT(info->not_after, clock_.now() + 300 * kDay);
}

TEST_F(InstallationTest, EnrolledHostsGetACertificateOfTheirOwn) {
  const auto installation = Installation::prepare(options_, clock_);
  ASSERT_TRUE(installation.ok());
  const auto folder = installation->enroll("web1", "192.0.2.1", 41121, clock_);
  ASSERT_TRUE(folder.ok()) << folder.error().what;
  EXPECT_THAT(read("enroll/web1/agent.conf"), HasSubstr("agent_name web1"));
  EXPECT_EQ(mode("enroll/web1/agent.key"), 0600U);
  EXPECT_THAT(crypto::inspect(read("enroll/web1/agent.pem")).value().subject, HasSubstr("CN=web1"));
  EXPECT_FALSE(installation->enroll("../x", "192.0.2.1", 41121, clock_).ok());
  EXPECT_FALSE(installation->enroll("", "192.0.2.1", 41121, clock_).ok());
}

TEST_F(InstallationTest, ARevokedHostStaysRevoked) {
  const auto installation = Installation::prepare(options_, clock_);
  ASSERT_TRUE(installation.ok());
  ASSERT_TRUE(installation->enroll("web1", "192.0.2.1", 41121, clock_).ok());
  const std::string before = read("pki/crl.pem");
  ASSERT_TRUE(installation->revoke("web1", clock_).ok());
  const std::string serial = crypto::inspect(read("enroll/web1/agent.pem")).value().serial;
  EXPECT_EQ(read("pki/revoked.txt"), serial + "\n");
  EXPECT_NE(read("pki/crl.pem"), before);
  ASSERT_TRUE(Installation::prepare(options_, clock_).ok());
  EXPECT_EQ(read("pki/revoked.txt"), serial + "\n");
  EXPECT_FALSE(installation->revoke("nobody", clock_).ok());
}

TEST_F(InstallationTest, ABusyPortIsExplained) {
  // Port 1 is privileged for ordinary users and free for root: only a taken port is certain.
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in), 0);
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  socklen_t size = sizeof in;
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&in), &size), 0);
  const Status busy = check_port_free("127.0.0.1", ntohs(in.sin_port), "--console-port");
  ASSERT_FALSE(busy.ok());
  EXPECT_THAT(busy.error().what, HasSubstr("is in use by another program"));
  EXPECT_THAT(busy.error().what, HasSubstr("--console-port"));
}

TEST_F(InstallationTest, OpeningWhatIsNoneSaysSo) {
  const auto none = Installation::open(options_.data);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().what, HasSubstr("yagura up"));
}

}  // namespace
}  // namespace yagura::setup
