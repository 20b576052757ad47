#include "host/diskio.h"

#include "host/test_roots.h"

namespace yagura::host {
namespace {

TEST(DiskIo, WholeDisksOnly) {
  const auto snapshot = read_disks(fixture("debian12-vm"), 5);
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(snapshot->at, 5);
  ASSERT_EQ(snapshot->disks.size(), 1U);
  EXPECT_EQ(snapshot->disks[0].name, "vda");
  EXPECT_EQ(snapshot->disks[0].read_bytes, 20000U * 512);
  EXPECT_EQ(snapshot->disks[0].busy_ms, 1500U);
}

TEST(DiskIo, OldKernelsWithShortPartitionLinesAndSlashedNames) {
  const auto snapshot = read_disks(fixture("centos6-physical"), 0);
  ASSERT_TRUE(snapshot.ok());
  ASSERT_EQ(snapshot->disks.size(), 2U);
  EXPECT_EQ(snapshot->disks[0].name, "sda");
  EXPECT_EQ(snapshot->disks[1].name, "cciss/c0d0");
}

TEST(DiskIo, RatesBetweenTwoSnapshots) {
  const DiskSnapshot a{
      0,
      {{"sda", 10, 1000, 20, 2000, 100}, {"gone", 1, 1, 1, 1, 1}, {"reset", 50, 50, 50, 50, 50}}};
  const DiskSnapshot b{
      2 * kSecond,
      {{"sda", 30, 5000, 20, 6000, 1100}, {"new", 1, 1, 1, 1, 1}, {"reset", 1, 1, 1, 1, 1}}};
  const auto rates = disk_rates(a, b);
  ASSERT_TRUE(rates.ok());
  ASSERT_EQ(rates->size(), 1U);
  EXPECT_EQ((*rates)[0].name, "sda");
  EXPECT_NEAR((*rates)[0].read_bytes_s, 2000.0, 1e-9);
  EXPECT_NEAR((*rates)[0].write_bytes_s, 2000.0, 1e-9);
  EXPECT_NEAR((*rates)[0].reads_s, 10.0, 1e-9);
  EXPECT_NEAR((*rates)[0].writes_s, 0.0, 1e-9);
  EXPECT_NEAR((*rates)[0].busy_percent, 50.0, 1e-9);
  EXPECT_EQ(disk_rates(b, b).error().code, ErrorCode::kUnavailable);
}

TEST(DiskIo, LimitsAndMissingFile) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxDisks; ++i) {
    text += "8 0 sd" + std::to_string(i) + " 1 2 3 4 5 6 7 8 9 10 11\n";
  }
  EXPECT_EQ(parse_disks(text).error().code, ErrorCode::kLimit);
  EXPECT_EQ(read_disks(fixture("alpine-container"), 0).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(parse_disks("8 0 sda 1 2 18446744073709551615 4 5 6 7 8 9 10 11\n")->empty());
}

}  // namespace
}  // namespace yagura::host
