#include "host/mounts.h"

#include <atomic>
#include <condition_variable>

#include "host/test_roots.h"

namespace yagura::host {
namespace {

std::vector<std::string> points(const std::vector<Mount>& mounts) {
  std::vector<std::string> out;
  for (const Mount& m : mounts)
    out.push_back(m.mount_point);
  return out;
}

TEST(Mounts, KindsAndEscapes) {
  const auto all = read_mounts(fixture("debian12-vm"));
  ASSERT_TRUE(all.ok());
  const auto find = [&](const std::string& point) {
    for (const Mount& m : *all) {
      if (m.mount_point == point) return m;
    }
    return Mount{};
  };
  EXPECT_EQ(find("/").kind, MountKind::kLocal);
  EXPECT_EQ(find("/").source, "/dev/vda1");
  EXPECT_EQ(find("/var/lib/my data").type, "xfs");
  EXPECT_EQ(find("/run").kind, MountKind::kMemory);
  EXPECT_EQ(find("/mnt/nfs").kind, MountKind::kNetwork);
  EXPECT_EQ(find("/mnt/sshfs").kind, MountKind::kNetwork);
  EXPECT_EQ(find("/home/u/.gvfs").kind, MountKind::kPseudo);
  EXPECT_EQ(find("/snap/core20/1974").kind, MountKind::kReadOnlyImage);
  EXPECT_TRUE(find("/mnt/archive").read_only);
  EXPECT_FALSE(find("/").read_only);
}

TEST(Mounts, WatchesEachLocalFileSystemOnce) {
  EXPECT_EQ(points(monitored_mounts(read_mounts(fixture("debian12-vm")).value())),
            (std::vector<std::string>{"/", "/srv/backup"}));
  EXPECT_EQ(points(monitored_mounts(read_mounts(fixture("centos6-physical")).value())),
            (std::vector<std::string>{"/", "/data"}));
  // In a container: its overlay root and real volumes, not the files the run time mounts.
  EXPECT_EQ(points(monitored_mounts(read_mounts(fixture("alpine-container")).value())),
            (std::vector<std::string>{"/", "/data"}));
}

TEST(Mounts, ALaterMountHidesTheEarlierOneAndBrokenLinesAreLeftOut) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / /data rw - ext4 /dev/a rw\n"
      "garbage\n"
      "2 0 8:2 / relative rw - ext4 /dev/x rw\n"
      "3 0 8:2 / /data rw shared:1 master:2 - xfs /dev/b rw\n"
      "4 0 8:3 / /line\\012end rw - ext4 /dev/c rw\n");
  ASSERT_TRUE(mounts.ok());
  ASSERT_EQ(mounts->size(), 2U);
  EXPECT_EQ((*mounts)[0].source, "/dev/b");
  EXPECT_EQ((*mounts)[1].mount_point, "/line\nend");
}

TEST(Mounts, AReadOnlyViewOfAWritableDiskIsStillWatched) {
  const auto mounts = parse_mounts(
      "1 0 8:1 / / ro,relatime - ext4 /dev/a rw\n"
      "2 0 8:2 / /data ro,relatime - ext4 /dev/b rw\n"
      "3 0 8:3 / /cd ro,relatime - ext4 /dev/c ro\n");
  EXPECT_EQ(points(monitored_mounts(*mounts)), (std::vector<std::string>{"/", "/data"}));
}

TEST(Mounts, RefusesMoreThanTheLimit) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxMounts; ++i) {
    text += "1 0 8:1 / /m" + std::to_string(i) + " rw - ext4 /dev/a rw\n";
  }
  EXPECT_EQ(parse_mounts(text).error().code, ErrorCode::kLimit);
}

TEST(Mounts, UsageAsDfShowsIt) {
  const Usage usage{1000, 300, 200, 100, 25};
  EXPECT_NEAR(usage.used_percent(), 100.0 * 700 / 900, 1e-9);
  EXPECT_NEAR(usage.inodes_used_percent(), 75.0, 1e-9);
  EXPECT_EQ((Usage{0, 0, 0, 0, 0}).used_percent(), 0.0);
  EXPECT_EQ((Usage{0, 0, 0, 0, 0}).inodes_used_percent(), 0.0);
  EXPECT_EQ((Usage{100, 200, 200, 5, 9}).used_percent(), 0.0);
}

Mount network_mount(const std::string& point) {
  Mount m;
  m.mount_point = point;
  m.kind = MountKind::kNetwork;
  return m;
}

TEST(Mounts, AHangingFileSystemCostsOneTimeoutAndOneThread) {
  struct Gate {
    Guarded<bool> open;
    std::condition_variable changed;
    std::atomic<int> asked{0};
  };
  const auto gate = std::make_shared<Gate>();
  UsageProbe probe(
      [gate](const std::string&) -> Result<Usage> {
        ++gate->asked;
        auto open = gate->open.lock();
        open.wait(gate->changed, [&open] { return *open; });
        return Usage{10, 5, 5, 0, 0};
      },
      30);
  EXPECT_EQ(probe.usage(network_mount("/nfs")).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(probe.usage(network_mount("/nfs")).error().code, ErrorCode::kTimeout);
  EXPECT_EQ(gate->asked.load(), 1);
  *gate->open.lock() = true;
  gate->changed.notify_all();
  Result<Usage> answer = Error{};
  for (int i = 0; i < 1000 && !answer.ok(); ++i)
    answer = probe.usage(network_mount("/nfs"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->total, 10U);
}

TEST(Mounts, AskingTellsWhatFails) {
  UsageProbe probe;
  EXPECT_EQ(probe.usage(network_mount("/no/such/mount")).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(statvfs_usage("/").ok());
}

}  // namespace
}  // namespace yagura::host
