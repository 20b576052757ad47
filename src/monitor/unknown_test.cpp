#include "monitor/unknown.h"

#include <random>

#include <gtest/gtest.h>

#include "monitor/event.h"
#include "monitor/rules_test_util.h"

namespace yagura::monitor {
namespace {

using testing::at;
using testing::Fed;
using testing::module_of;

const SilencePolicy kPolicy;
const SilenceContext kAgent{.agent_interval_s = 60};

ModuleConfig critical_from_ten(ModuleType type = ModuleType::kGenericData) {
  ModuleConfig config = module_of(type);
  config.critical = {10, 0};
  return config;
}

TEST(D37_Unknown, AfterTwoIntervalsAndBackWithTheNewStatus) {
  Fed fed(critical_from_ten());
  fed.feed("1", at(10, 0));
  EXPECT_EQ(next_deadline(fed.config, fed.state, kAgent, kPolicy), at(10, 2));
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 2)).state_changed)
      << "exactly two intervals are not yet too long";
  const SweepOutcome outcome = sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 2, 10));
  ASSERT_TRUE(outcome.change.has_value());
  EXPECT_EQ(fed.status(), 3);
  EXPECT_EQ(fed.state.known, StatusCode::kNormal);
  EXPECT_EQ(fed.state.status_since, at(10, 2, 10));
  const StatusEventKind kind = status_event_kind(*outcome.change);
  EXPECT_EQ(kind.type, EventType::kGoingUnknown);
  EXPECT_EQ(kind.severity, Severity::kMinor);
  EXPECT_FALSE(next_deadline(fed.config, fed.state, kAgent, kPolicy).has_value());
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, kPolicy, at(11, 0)).change.has_value())
      << "once";

  const Outcome back = fed.feed("50", at(11, 0));
  ASSERT_TRUE(back.change.has_value());
  EXPECT_EQ(fed.status(), 1);
  EXPECT_EQ(status_event_kind(*back.change).type, EventType::kGoingUpCritical);
  EXPECT_FALSE(back.change->returned_to_known);
}

TEST(D37_Unknown, ReceiveTimeCountsNotTheSampleTime) {
  Fed fed(critical_from_ten());
  fed.feed("1", at(8, 0), at(10, 0));
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 1)).change.has_value());
  EXPECT_TRUE(sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 3)).change.has_value());
}

TEST(Unknown, BackToTheSameStatus) {
  Fed fed(critical_from_ten());
  fed.feed("1", at(10, 0));
  sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 5));
  const Outcome back = fed.feed("2", at(10, 6));
  ASSERT_TRUE(back.change.has_value());
  EXPECT_TRUE(back.change->returned_to_known);
  EXPECT_EQ(status_event_kind(*back.change).type, EventType::kGoingDownNormal);
}

TEST(Unknown, ModuleIntervalAndFactor) {
  ModuleConfig config = critical_from_ten();
  config.interval_s = 600;
  Fed fed(config);
  fed.feed("1", at(10, 0));
  EXPECT_EQ(next_deadline(fed.config, fed.state, kAgent, kPolicy), at(10, 20));
  SilencePolicy patient;
  patient.unknown_factor = 2.5;
  EXPECT_EQ(next_deadline(fed.config, fed.state, kAgent, patient), at(10, 25));
  fed.config.interval_s = 0;
  EXPECT_EQ(next_deadline(fed.config, fed.state, {.agent_interval_s = 0}, kPolicy), at(10, 10))
      << "no usable interval anywhere: 300 s";
}

TEST(Unknown, WhoIsExempt) {
  Fed fed(critical_from_ten());
  const Micros late = at(20, 0);
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, kPolicy, late).state_changed) << "never heard";
  fed.feed("1", at(10, 0));
  const auto untouched = [&](const ModuleConfig& config, const SilenceContext& agent) {
    ModuleState state = fed.state;
    return !sweep(config, state, agent, kPolicy, late).state_changed && state == fed.state &&
           !next_deadline(config, state, agent, kPolicy).has_value();
  };
  ModuleConfig config = fed.config;
  config.disabled = true;
  EXPECT_TRUE(untouched(config, kAgent));
  config = fed.config;
  config.ignore_unknown = true;
  EXPECT_TRUE(untouched(config, kAgent));
  EXPECT_TRUE(untouched(fed.config, {.agent_disabled = true}));
  EXPECT_TRUE(untouched(fed.config, {.agent_ignores_unknown = true}));
  EXPECT_FALSE(untouched(fed.config, kAgent));
}

TEST(Unknown, AModuleWithoutResultStaysNotInit) {
  Fed fed(ModuleType::kGenericDataInc);
  fed.feed("10", at(10, 0));
  fed.feed("5", at(10, 1));  // a reset: heard of, no result
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, kPolicy, at(12, 0)).state_changed);
  EXPECT_EQ(fed.status(), 4);
}

TEST(Unknown, NothingDuringWarmUp) {
  Fed fed(critical_from_ten());
  fed.feed("1", at(10, 0));
  SilencePolicy policy;
  policy.warmup_until = at(10, 30);
  EXPECT_EQ(next_deadline(fed.config, fed.state, kAgent, policy), at(10, 30));
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, policy, at(10, 30)).state_changed);
  EXPECT_TRUE(sweep(fed.config, fed.state, kAgent, policy, at(10, 30, 1)).state_changed);
}

TEST(Unknown, FastIntervalWhileAChangeIsAwaited) {
  ModuleConfig config = critical_from_ten();
  config.min_ff = 2;
  config.ff_interval_s = 10;
  Fed fed(config);
  fed.feed("20", at(10, 0));
  EXPECT_EQ(next_deadline(fed.config, fed.state, kAgent, kPolicy), at(10, 0, 20));
}

TEST(D38_AsyncRecovery, SilenceMeansNormal) {
  Fed fed(ModuleType::kAsyncProc);
  fed.feed("0", at(10, 0));
  ASSERT_EQ(fed.status(), 1);
  const SweepOutcome outcome = sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 2, 10));
  ASSERT_TRUE(outcome.change.has_value());
  EXPECT_EQ(fed.status(), 0);
  EXPECT_EQ(fed.state.known, StatusCode::kNormal);
  const StatusEventKind kind = status_event_kind(*outcome.change);
  EXPECT_EQ(kind.type, EventType::kGoingDownNormal);
  EXPECT_EQ(kind.severity, Severity::kMinor);
  EXPECT_FALSE(next_deadline(fed.config, fed.state, kAgent, kPolicy).has_value());

  const Outcome again = fed.feed("0", at(10, 10));
  ASSERT_TRUE(again.change.has_value()) << "critical again after the recovery";
  EXPECT_EQ(fed.status(), 1);
}

TEST(D38_AsyncRecovery, SwitchedOffAndNeverUnknown) {
  for (const ModuleType type :
       {ModuleType::kAsyncProc, ModuleType::kAsyncData, ModuleType::kAsyncString}) {
    Fed fed(type);
    fed.feed("1", at(10, 0), {}, StatusCode::kCritical);
    SilencePolicy policy;
    policy.async_recovery = false;
    EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, policy, at(20, 0)).state_changed);
    EXPECT_EQ(fed.status(), 1);
    EXPECT_TRUE(sweep(fed.config, fed.state, kAgent, kPolicy, at(20, 0)).state_changed);
    EXPECT_EQ(fed.status(), 0);
  }
}

TEST(D39_KeepAlive, DownAfterTwoIntervalsUpWithTheNextFile) {
  Fed fed(ModuleType::kKeepAlive);
  const Outcome first = keep_alive_up(fed.config, fed.state, at(10, 0));
  EXPECT_EQ(first.verdict, Verdict::kAccepted);
  EXPECT_EQ(fed.status(), 0);
  EXPECT_EQ(next_deadline(fed.config, fed.state, kAgent, kPolicy), at(10, 2));

  const SweepOutcome down = sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 2, 30));
  ASSERT_TRUE(down.change.has_value());
  EXPECT_EQ(fed.status(), 1);
  EXPECT_EQ(fed.state.number, 0);
  EXPECT_EQ(down.keep_alive_down, at(10, 2, 30));
  EXPECT_EQ(fed.state.received, at(10, 0)) << "no contact";
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 3)).state_changed) << "once";

  const Outcome up = keep_alive_up(fed.config, fed.state, at(11, 0));
  ASSERT_TRUE(up.change.has_value());
  EXPECT_TRUE(up.store);
  EXPECT_EQ(up.change->to, StatusCode::kNormal);
  EXPECT_EQ(fed.status(), 0);
}

TEST(D39_KeepAlive, ADocumentThatWaitedInTheSpoolIsAContact) {
  Fed fed(ModuleType::kKeepAlive);
  keep_alive_up(fed.config, fed.state, at(10, 0));
  sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 5));
  EXPECT_EQ(keep_alive_up(fed.config, fed.state, at(10, 4)).verdict, Verdict::kAccepted);
  EXPECT_EQ(fed.status(), 0);
}

TEST(D39_KeepAlive, AgentIntervalCountsAndIgnoreUnknownDoesNot) {
  ModuleConfig config = module_of(ModuleType::kKeepAlive);
  config.interval_s = 6000;
  config.ignore_unknown = true;
  Fed fed(config);
  keep_alive_up(fed.config, fed.state, at(10, 0));
  EXPECT_EQ(next_deadline(fed.config, fed.state, kAgent, kPolicy), at(10, 2));
  fed.config.disabled = true;
  EXPECT_FALSE(next_deadline(fed.config, fed.state, kAgent, kPolicy).has_value());
}

TEST(D39_KeepAlive, FlipFlopNeedsSeveralPasses) {
  ModuleConfig config = module_of(ModuleType::kKeepAlive);
  config.min_ff = 1;
  Fed fed(config);
  keep_alive_up(fed.config, fed.state, at(10, 0));
  sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 3));
  EXPECT_EQ(fed.status(), 0);
  sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 3, 30));
  EXPECT_EQ(fed.status(), 1);
  EXPECT_FALSE(sweep(fed.config, fed.state, kAgent, kPolicy, at(10, 4)).state_changed);
}

TEST(S25_7_Unknown, EveryKindOfModuleOnceAndBack) {
  Fed sync(critical_from_ten());
  Fed async(ModuleType::kAsyncData);
  Fed alive(ModuleType::kKeepAlive);
  sync.feed("50", at(10, 0));
  async.feed("1", at(10, 0));
  keep_alive_up(alive.config, alive.state, at(10, 0));
  int events = 0;
  for (int pass = 0; pass < 20; ++pass) {
    for (Fed* fed : {&sync, &async, &alive}) {
      const SweepOutcome outcome =
          sweep(fed->config, fed->state, kAgent, kPolicy, at(10, 2) + pass * 30 * kSecond);
      if (outcome.change && raises_event(*outcome.change, fed->config, {})) ++events;
    }
  }
  EXPECT_EQ(events, 2) << "one for the module, one for the keep-alive";
  EXPECT_EQ(sync.status(), 3);
  EXPECT_EQ(async.status(), 0);
  EXPECT_EQ(alive.status(), 1);
  sync.feed("50", at(11, 0));
  EXPECT_EQ(sync.status(), 1) << "previous status at once";
}

TEST(Properties, TheDeadlineIsWhenTheSweepActs) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 5000; ++round) {
    const int id = static_cast<int>(random() % 101);
    const auto type = module_type_from_id(id);
    if (!type) continue;
    ModuleConfig config = module_of(*type);
    config.interval_s = static_cast<std::int32_t>(random() % 100);
    ModuleState state = initial_state(*type);
    state.received = random() % 5 == 0 ? 0 : at(10, 0);
    state.status = static_cast<StatusCode>(random() % 5);
    state.known = static_cast<StatusCode>(random() % 3);
    SilencePolicy policy;
    policy.async_recovery = random() % 2 == 0;
    const auto deadline = next_deadline(config, state, kAgent, policy);
    ModuleState copy = state;
    if (!deadline) {
      EXPECT_FALSE(sweep(config, copy, kAgent, policy, at(23, 0)).state_changed);
      continue;
    }
    EXPECT_FALSE(sweep(config, copy, kAgent, policy, *deadline).state_changed);
    EXPECT_TRUE(copy == state);
    EXPECT_TRUE(sweep(config, copy, kAgent, policy, *deadline + 1).state_changed);
  }
}

}  // namespace
}  // namespace yagura::monitor
