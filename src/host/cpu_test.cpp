#include "host/cpu.h"

#include "host/test_roots.h"

namespace yagura::host {
namespace {

TEST(Cpu, ReadsAModernKernel) {
  const auto snapshot = read_cpu(fixture("debian12-vm"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().what;
  EXPECT_EQ(snapshot->cpus.size(), 2U);
  EXPECT_EQ(snapshot->all.steal, 30U);
  EXPECT_EQ(snapshot->boot_time_s, 1732237200U);
  EXPECT_EQ(snapshot->running, 2U);
  EXPECT_EQ(snapshot->blocked, 1U);
  EXPECT_EQ(snapshot->context_switches, 552857U);
}

TEST(Cpu, OldKernelsLackTheLastColumns) {
  const auto snapshot = read_cpu(fixture("centos6-physical"));
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(snapshot->all.softirq, 144U);
  EXPECT_EQ(snapshot->all.steal, 0U);
}

TEST(Cpu, SharesOfTheTimeBetweenTwoSnapshots) {
  const auto a =
      parse_cpu("cpu 100 0 100 1000 0 0 0 0\ncpu0 50 0 50 500 0 0 0 0\ncpu1 50 0 50 500 0 0 0 0\n");
  const auto b = parse_cpu(
      "cpu 130 10 110 1130 10 5 5 10\ncpu0 140 0 50 510 0 0 0 0\ncpu1 50 0 50 600 0 0 0 0\n");
  const auto usage = cpu_usage(a.value(), b.value());
  ASSERT_TRUE(usage.ok());
  // 30+10+10+130+10+5+5+10 = 210 ticks passed
  EXPECT_NEAR(usage->user, 100.0 * 40 / 210, 1e-9);
  EXPECT_NEAR(usage->system, 100.0 * 20 / 210, 1e-9);
  EXPECT_NEAR(usage->iowait, 100.0 * 10 / 210, 1e-9);
  EXPECT_NEAR(usage->steal, 100.0 * 10 / 210, 1e-9);
  EXPECT_NEAR(usage->used, 100.0 * 70 / 210, 1e-9);
  EXPECT_NEAR(usage->busiest, 90.0, 1e-9);
}

TEST(Cpu, ColumnsThatGoBackCountAsZeroAndNoTimeIsAnError) {
  const auto a = parse_cpu("cpu 100 0 100 1000 50 0 0 0\n");
  const auto b = parse_cpu("cpu 110 0 100 1000 40 0 0 0\n");
  EXPECT_NEAR(cpu_usage(a.value(), b.value())->used, 100.0, 1e-9);
  EXPECT_EQ(cpu_usage(a.value(), a.value()).error().code, ErrorCode::kUnavailable);
}

TEST(Cpu, UnreadableIsAnAnswerOfItsOwn) {
  EXPECT_EQ(parse_cpu("").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(parse_cpu("cpuX 1 2\nintr 5\n").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(read_cpu(fixture("empty")).error().code, ErrorCode::kNotFound);
}

TEST(Cpu, KeepsAtMostTheLimitOfCpus) {
  std::string text = "cpu 1 0 0 1\n";
  for (std::size_t i = 0; i < kMaxCpus + 10; ++i)
    text += "cpu" + std::to_string(i) + " 1 0 0 1\n";
  EXPECT_EQ(parse_cpu(text)->cpus.size(), kMaxCpus);
}

}  // namespace
}  // namespace yagura::host
