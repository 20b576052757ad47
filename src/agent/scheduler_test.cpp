#include "agent/scheduler.h"

#include <gtest/gtest.h>

namespace yagura::agent {
namespace {

// Friday 2024-03-01 10:07:30 UTC
constexpr Micros kNow = 1709287650 * kSecond;
constexpr int kInterval = 300;

ModuleConfig module(const std::string& name) {
  ModuleConfig out;
  out.head.name = name;
  return out;
}

/// The runs (from 1) in which `m` ran, when every due one starts.
std::vector<int> runs(Scheduler& scheduler, const ModuleConfig& m, StateData& state, int count,
                      Micros start = kNow) {
  std::vector<int> out;
  for (int i = 1; i <= count; ++i) {
    const Micros now = start + (i - 1) * kInterval * kSecond;
    if (!scheduler.is_due(m, now, state)) continue;
    scheduler.started(m, now, state);
    out.push_back(i);
  }
  return out;
}

Scheduler scheduler() {
  return {kInterval, text::TimeZone::utc()};
}

TEST(Scheduler, CountsRuns) {
  StateData state;
  Scheduler s = scheduler();
  ModuleConfig m = module("a");
  EXPECT_EQ(runs(s, m, state, 3), (std::vector<int>{1, 2, 3}));
  ModuleConfig two = module("b");
  two.interval = 2;
  EXPECT_EQ(runs(s, two, state, 4), (std::vector<int>{1, 3}));
  ModuleConfig once = module("c");
  once.interval = 0;
  EXPECT_EQ(runs(s, once, state, 4), (std::vector<int>{1}));
  EXPECT_EQ(s.reported_interval(two), 2);
  EXPECT_EQ(s.reported_interval(once), 0);
}

TEST(Scheduler, AModuleThatDidNotStartIsDueAgain) {
  StateData state;
  Scheduler s = scheduler();
  ModuleConfig m = module("a");
  m.interval = 3;
  EXPECT_TRUE(s.is_due(m, kNow, state));
  EXPECT_TRUE(s.is_due(m, kNow, state));  // precondition was false
  s.started(m, kNow, state);
  EXPECT_FALSE(s.is_due(m, kNow, state));
  EXPECT_FALSE(s.is_due(m, kNow, state));
  EXPECT_TRUE(s.is_due(m, kNow, state));
}

TEST(Scheduler, AbsoluteIntervalsOutliveRestarts) {
  StateData state;
  ModuleConfig m = module("a");
  m.absolute = AbsoluteInterval{false, 3600};
  Scheduler first = scheduler();
  EXPECT_EQ(runs(first, m, state, 2), (std::vector<int>{1}));
  // Restarted ten minutes after: due again an hour after the first run.
  Scheduler second = scheduler();
  EXPECT_EQ(runs(second, m, state, 12, kNow + 600 * kSecond), (std::vector<int>{11}));
  EXPECT_EQ(second.reported_interval(m), 12);
  // The clock was set back by a day: the module must not stand still until then.
  Scheduler third = scheduler();
  EXPECT_TRUE(third.is_due(m, kNow - kDay, state));
}

TEST(Scheduler, OnceMeansOnceInTotal) {
  StateData state;
  ModuleConfig m = module("a");
  m.absolute = AbsoluteInterval{true, 0};
  Scheduler first = scheduler();
  EXPECT_EQ(runs(first, m, state, 3), (std::vector<int>{1}));
  Scheduler second = scheduler();
  EXPECT_EQ(runs(second, m, state, 3), (std::vector<int>{}));
  EXPECT_EQ(second.reported_interval(m), 0);
}

TEST(Scheduler, AbsoluteIntervalsInRuns) {
  StateData state;
  ModuleConfig m = module("a");
  m.absolute = AbsoluteInterval{false, -3};
  Scheduler s = scheduler();
  EXPECT_EQ(runs(s, m, state, 7), (std::vector<int>{1, 4, 7}));
  EXPECT_EQ(s.reported_interval(m), 3);
}

TEST(Scheduler, CronRunsInTheFirstRunAtOrAfterItsTime) {
  StateData state;
  ModuleConfig m = module("a");
  m.cron = text::Cron::parse("0 * * * *").value();
  Scheduler s = scheduler();
  // 10:07:30 + 300 s steps: 11:02:30 is run 12, 12:02:30 run 24.
  EXPECT_EQ(runs(s, m, state, 25), (std::vector<int>{12, 24}));
  // Started at 10:58: the hour two minutes later is not missed.
  Scheduler late = scheduler();
  EXPECT_EQ(runs(late, m, state, 2, kNow + 3030 * kSecond), (std::vector<int>{2}));
  EXPECT_EQ(s.cron_interval_s(m, kNow), 3150);
}

TEST(Scheduler, CronOfThisMinuteRunsAtOnce) {
  StateData state;
  ModuleConfig m = module("a");
  m.cron = text::Cron::parse("7 * * * *").value();
  Scheduler s = scheduler();
  EXPECT_EQ(runs(s, m, state, 13), (std::vector<int>{1, 13}));
  ModuleConfig always = module("b");
  always.cron = text::Cron::parse("* * * * *").value();
  EXPECT_EQ(runs(s, always, state, 3), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(s.cron_interval_s(always, kNow), 300);
  ModuleConfig never = module("c");
  never.cron = text::Cron::parse("0 0 31 2 *").value();
  EXPECT_EQ(runs(s, never, state, 3), (std::vector<int>{}));
  EXPECT_EQ(s.cron_interval_s(never, kNow), std::nullopt);
}

}  // namespace
}  // namespace yagura::agent
