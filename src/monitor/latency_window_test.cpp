#include "monitor/latency_window.h"

#include <gtest/gtest.h>

namespace yagura::monitor {
namespace {

TEST(LatencyWindow, TellsPercentilesToWithinAQuarter) {
  LatencyWindow window;
  EXPECT_EQ(window.percentile(99, 0), 0);
  window.add(10'000, kSecond, 990);
  window.add(2'000'000, kSecond, 10);
  const Micros p50 = window.percentile(50, 2 * kSecond);
  EXPECT_GE(p50, 10'000);
  EXPECT_LE(p50, 12'500);
  EXPECT_LE(window.percentile(99, 2 * kSecond), 12'500);
  const Micros p999 = window.percentile(99.9, 2 * kSecond);
  EXPECT_GE(p999, 2'000'000 * 3 / 4);
  EXPECT_LE(p999, 2'500'000);
}

TEST(LatencyWindow, ForgetsAfterAMinute) {
  LatencyWindow window;
  window.add(1'000'000, kSecond);
  EXPECT_GT(window.percentile(99, 50 * kSecond), 0);
  EXPECT_EQ(window.percentile(99, 62 * kSecond), 0);
  window.add(-5, 62 * kSecond);
  EXPECT_EQ(window.percentile(99, 62 * kSecond), 1);
}

}  // namespace
}  // namespace yagura::monitor
