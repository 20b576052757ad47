#include "host/system.h"

#include "host/test_roots.h"

namespace yagura::host {
namespace {

TEST(System, LoadUptimeKernelAndName) {
  const Root root = fixture("debian12-vm");
  const auto load = read_load(root);
  ASSERT_TRUE(load.ok());
  EXPECT_EQ(load->one, 0.52);
  EXPECT_EQ(load->fifteen, 0.25);
  EXPECT_EQ(load->threads, 345U);
  EXPECT_EQ(read_uptime(root).value(), 93784.21);
  EXPECT_EQ(read_kernel_release(root).value(), "6.1.0-28-amd64");
  EXPECT_EQ(read_hostname(root).value(), "web01");
  EXPECT_EQ(read_hostname(fixture("centos6-physical")).value(), "db.example.com");
}

TEST(System, MalformedFilesAreErrors) {
  EXPECT_FALSE(parse_load("1.0 2.0").ok());
  EXPECT_FALSE(parse_load("a b c 1/2 3").ok());
  EXPECT_EQ(parse_load("1.0 2.0 3.0")->threads, 0U);
  EXPECT_FALSE(parse_uptime("").ok());
  const Root empty = fixture("empty");
  EXPECT_FALSE(read_load(empty).ok());
  EXPECT_FALSE(read_uptime(empty).ok());
  EXPECT_FALSE(read_kernel_release(empty).ok());
  EXPECT_FALSE(read_hostname(empty).ok());
  EXPECT_FALSE(read_os_release(empty).ok());
}

TEST(System, OsReleaseUnderstandsShellQuoting) {
  const auto debian = read_os_release(fixture("debian12-vm"));
  ASSERT_TRUE(debian.ok());
  EXPECT_EQ(debian->id, "debian");
  EXPECT_EQ(debian->version_id, "12");
  EXPECT_EQ(debian->pretty_name, "Debian GNU/Linux 12 (bookworm)");
  const auto alpine = read_os_release(fixture("alpine-container"));
  ASSERT_TRUE(alpine.ok());
  EXPECT_EQ(alpine->name, "Alpine Linux");
  EXPECT_EQ(alpine->pretty_name, "Alpine Linux \"v3.20\" costs $0");
  EXPECT_EQ(parse_os_release("ID=a\nID=b\x01\x1b[0m\n")->id, "b[0m");
  EXPECT_FALSE(parse_os_release("# nothing\nVERSION_ID=3\n").ok());
}

}  // namespace
}  // namespace yagura::host
