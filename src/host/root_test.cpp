#include "host/root.h"

#include "host/test_roots.h"

namespace yagura::host {
namespace {

TEST(Root, ReadsBeneathItselfAndFollowsLinksAsIfChrooted) {
  const Root root = fixture("debian12-vm");
  EXPECT_FALSE(root.is_system());
  // etc/os-release is a link to the absolute path /usr/lib/os-release.
  const auto text = root.read("/etc/os-release", 65536);
  ASSERT_TRUE(text.ok()) << text.error().what;
  EXPECT_NE(text->find("bookworm"), std::string::npos);
  EXPECT_EQ(root.read_value("/proc/sys/kernel/osrelease").value(), "6.1.0-28-amd64");
}

TEST(Root, LinksAndDotsNeverLeaveIt) {
  const Root root = fixture("empty");
  EXPECT_FALSE(root.read("/escape", 65536).ok());
  EXPECT_FALSE(root.read("/../../../../../etc/passwd", 65536).ok());
  EXPECT_FALSE(root.exists("/escape"));
}

TEST(Root, TellsWhyAFileCannotBeRead) {
  const Root root = fixture("debian12-vm");
  EXPECT_EQ(root.read("/proc/nothing", 100).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(root.read("/proc/meminfo", 10).error().code, ErrorCode::kLimit);
  EXPECT_FALSE(root.read("/proc", 100).ok());
  EXPECT_EQ(Root::open("/no/such/root").error().code, ErrorCode::kNotFound);
}

TEST(Root, ListsWithALimit) {
  const Root root = fixture("debian12-vm");
  const auto names = root.list("/sys/class/net", 10);
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(names->size(), 3U);
  EXPECT_EQ(root.list("/sys/class/net", 2).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace yagura::host
