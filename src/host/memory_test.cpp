#include "host/memory.h"

#include "host/test_roots.h"

namespace yagura::host {
namespace {

TEST(Memory, CountsByWhatIsAvailable) {
  const auto memory = read_memory(fixture("debian12-vm"));
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->total, 4000000ULL * 1024);
  EXPECT_EQ(memory->available, 1000000ULL * 1024);
  EXPECT_NEAR(memory->used_percent(), 75.0, 1e-9);
  EXPECT_NEAR(memory->swap_used_percent(), 25.0, 1e-9);
}

TEST(Memory, OldKernelsAreEstimatedAndNoSwapIsZero) {
  const auto memory = read_memory(fixture("centos6-physical"));
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->available, 4000000ULL * 1024);
  EXPECT_EQ(memory->swap_used_percent(), 0.0);
}

TEST(Memory, NonsenseNeverLeavesTheRange) {
  const auto memory =
      parse_memory("MemTotal: 100 kB\nMemAvailable: 900 kB\nSwapTotal: 5 kB\nSwapFree: 9 kB\n");
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->used_percent(), 0.0);
  EXPECT_EQ(memory->swap_used_percent(), 0.0);
  EXPECT_FALSE(parse_memory("MemTotal: 18446744073709551615 kB\n").ok());
  EXPECT_FALSE(parse_memory("").ok());
  EXPECT_FALSE(read_memory(fixture("alpine-container")).ok());
}

}  // namespace
}  // namespace yagura::host
