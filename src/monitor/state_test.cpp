#include "monitor/state.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "monitor/rules_test_util.h"
#include "monitor/unknown.h"

namespace yagura::monitor {
namespace {

using testing::at;
using testing::Fed;
using testing::module_of;

/// Critical ≥ 10, warning 5 … 10: the configuration of the flip-flop table.
ModuleConfig flip_flop(ModuleType type = ModuleType::kGenericData) {
  ModuleConfig config = module_of(type);
  config.warning = {5, 10};
  config.critical = {10, 0};
  return config;
}

/// Statuses after each of the values, one a minute; a change must be reported exactly when the
/// shown status moves.
std::vector<int> run(Fed& fed, const std::vector<double>& values) {
  std::vector<int> statuses;
  int minute = 0;
  for (const double value : values) {
    const StatusCode before = fed.state.status;
    const Outcome outcome = fed.feed(std::to_string(value), at(10, minute++));
    EXPECT_EQ(outcome.verdict, Verdict::kAccepted);
    EXPECT_EQ(outcome.change.has_value(), before != fed.state.status);
    if (outcome.change) {
      EXPECT_EQ(outcome.change->from, before);
      EXPECT_EQ(outcome.change->to, fed.state.status);
      EXPECT_EQ(fed.state.status_since, at(10, minute - 1));
    }
    EXPECT_EQ(fed.state.number, value);  // stored whatever the status does
    statuses.push_back(fed.status());
  }
  return statuses;
}

// --- D14: the flip-flop table
// ------------------------------------------------------------------------

struct FlipFlopRow {
  const char* what;
  ModuleConfig config;
  std::vector<double> values;
  std::vector<int> statuses;
};

TEST(D14_FlipFlopTable, EveryRow) {
  std::vector<FlipFlopRow> rows;
  rows.push_back({"F=0", flip_flop(), {1, 20, 20, 1, 7, 20, 7, 1}, {0, 1, 1, 0, 2, 1, 2, 0}});
  ModuleConfig two = flip_flop();
  two.min_ff = 2;
  rows.push_back({"F=2", two, {1, 20, 20, 20, 20, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 0, 0}});
  rows.push_back(
      {"F=2 interrupted", two, {1, 20, 1, 20, 20, 1, 20, 20, 20}, {0, 0, 0, 0, 0, 0, 0, 0, 1}});
  rows.push_back({"F=2, first critical", two, {20, 20, 20, 20}, {0, 0, 1, 1}});
  ModuleConfig one = flip_flop();
  one.min_ff = 1;
  rows.push_back({"F=1", one, {1, 20, 20, 1, 1}, {0, 0, 1, 1, 0}});
  ModuleConfig each = flip_flop();
  each.each_ff = true;
  each.min_ff = 9;  // not used
  each.min_ff_normal = 1;
  each.min_ff_warning = 0;
  each.min_ff_critical = 2;
  rows.push_back({"each_ff", each, {1, 20, 20, 20, 7, 7, 1, 1}, {0, 0, 0, 1, 2, 2, 2, 0}});
  ModuleConfig sum = flip_flop();
  sum.cumulative_ff = true;
  sum.min_ff = 2;
  rows.push_back({"ff_type 1", sum, {1, 20, 1, 20, 20, 1, 1, 1, 1}, {0, 0, 0, 0, 1, 1, 1, 0, 0}});
  ModuleConfig timeout = flip_flop(ModuleType::kAsyncData);
  timeout.min_ff = 2;
  timeout.ff_timeout_s = 30;
  rows.push_back({"async, timeout", timeout, {1, 20, 20, 20}, {0, 0, 0, 0}});
  timeout.ff_timeout_s = 600;
  rows.push_back({"async, in time", timeout, {1, 20, 20, 20}, {0, 0, 0, 1}});
  timeout.ff_timeout_s = 0;
  rows.push_back({"async, no timeout", timeout, {1, 20, 20, 20}, {0, 0, 0, 1}});
  for (const FlipFlopRow& row : rows) {
    Fed fed(row.config);
    EXPECT_EQ(run(fed, row.values), row.statuses) << row.what;
  }
}

TEST(S25_6_FlipFlop, OneChangeAtTheSixthSample) {
  ModuleConfig config = flip_flop();
  config.min_ff = 2;
  Fed fed(config);
  int changes = 0;
  int sample = 0;
  for (const double value : {20, 20, 1, 20, 20, 20}) {
    ++sample;
    const Outcome outcome = fed.feed(std::to_string(value), at(10, sample));
    if (outcome.change && outcome.change->from != StatusCode::kNotInit) {
      ++changes;
      EXPECT_EQ(sample, 6);
      EXPECT_EQ(outcome.change->to, StatusCode::kCritical);
    }
  }
  EXPECT_EQ(changes, 1);
}

TEST(D14_FlipFlopTable, CountIsCappedAndFollowsASmallerThreshold) {
  ModuleConfig config = flip_flop();
  config.min_ff = 3;
  Fed fed(config);
  for (int i = 0; i < 100; ++i)
    fed.feed("1", at(10, 0, i % 60) + i * kMinute);
  EXPECT_EQ(fed.state.same_count, 4);
  fed.config.min_ff = 65'534;
  for (int i = 0; i < 70'000; ++i)
    fed.feed("1", at(12, 0) + i);
  EXPECT_EQ(fed.state.same_count, 65'535);
}

TEST(D14_FlipFlopTable, CumulativeRaisesOnlyRealChanges) {
  ModuleConfig config = flip_flop();
  config.cumulative_ff = true;
  config.min_ff = 1;
  Fed fed(config);
  int to_critical = 0;
  for (int i = 0; i < 20; ++i) {
    const Outcome outcome = fed.feed("20", at(10, i));
    if (outcome.change && outcome.change->to == StatusCode::kCritical) ++to_critical;
  }
  EXPECT_EQ(to_critical, 1);
}

TEST(D14_FlipFlopTable, CumulativeTimeoutOfAsyncTypes) {
  ModuleConfig config = flip_flop(ModuleType::kAsyncData);
  config.cumulative_ff = true;
  config.min_ff = 2;
  config.ff_timeout_s = 90;
  Fed fed(config);
  EXPECT_EQ(run(fed, {20, 20, 20, 20, 20}), (std::vector<int>{0, 0, 0, 0, 0}));
}

TEST(FastInterval, WhileAChangeIsAwaited) {
  ModuleConfig config = flip_flop();
  config.min_ff = 2;
  config.ff_interval_s = 10;
  config.interval_s = 300;
  Fed fed(config);
  const auto interval = [&fed] { return current_interval_s(fed.config, fed.state, 60); };
  fed.feed("1", at(10, 0));
  EXPECT_EQ(interval(), 10);
  fed.feed("1", at(10, 1));
  fed.feed("1", at(10, 2));
  EXPECT_EQ(interval(), 300);
  fed.feed("20", at(10, 3));
  EXPECT_EQ(interval(), 10);
  fed.feed("20", at(10, 4));
  fed.feed("20", at(10, 5));
  EXPECT_EQ(fed.status(), 1);
  EXPECT_EQ(interval(), 300);
  fed.config.interval_s = 0;
  EXPECT_EQ(interval(), 60);
}

// --- first data, return from unknown
// -------------------------------------------------------------------

TEST(FirstData, NormalAtOnceCriticalWithoutThreshold) {
  Fed fed(flip_flop());
  const Outcome outcome = fed.feed("20", at(10, 0));
  ASSERT_TRUE(outcome.change.has_value());
  EXPECT_EQ(outcome.change->from, StatusCode::kNotInit);
  EXPECT_EQ(outcome.change->to, StatusCode::kCritical);
}

TEST(FirstData, AsyncStartsNormalAndChangesNothing) {
  Fed fed(ModuleType::kAsyncData);
  EXPECT_EQ(fed.status(), 0);
  EXPECT_FALSE(fed.feed("5", at(10, 0)).change.has_value());
}

TEST(ReturnFromUnknown, BackToKnownWhileBelowTheThreshold) {
  ModuleConfig config = flip_flop();
  config.min_ff = 2;
  Fed fed(config);
  run(fed, {20, 20, 20});
  ASSERT_EQ(fed.status(), 1);
  fed.state.status = StatusCode::kUnknown;
  const Outcome outcome = fed.feed("1", at(11, 0));
  ASSERT_TRUE(outcome.change.has_value());
  EXPECT_EQ(outcome.change->from, StatusCode::kUnknown);
  EXPECT_EQ(outcome.change->to, StatusCode::kCritical);
  EXPECT_TRUE(outcome.change->returned_to_known);
}

TEST(ReturnFromUnknown, CumulativeCountersStartAnew) {
  ModuleConfig config = flip_flop();
  config.cumulative_ff = true;
  config.min_ff = 2;
  Fed fed(config);
  run(fed, {1, 20, 20});
  fed.state.status = StatusCode::kUnknown;
  fed.feed("1", at(11, 0));
  EXPECT_EQ(fed.status(), 0);
  for (const std::uint16_t counter : fed.state.counters)
    EXPECT_EQ(counter, 0);
}

// --- escalation
// ------------------------------------------------------------------------------------------

TEST(Escalation, WarningBecomesCriticalAfterMoreThanNFurtherOnes) {
  ModuleConfig config = flip_flop();
  config.warning_time = 2;
  Fed fed(config);
  EXPECT_EQ(run(fed, {1, 7, 7, 7, 7, 7, 7, 1, 7, 7, 7, 7}),
            (std::vector<int>{0, 2, 2, 2, 1, 1, 1, 0, 2, 2, 2, 1}));
  Fed interrupted(config);
  EXPECT_EQ(run(interrupted, {7, 7, 20, 7, 7, 7, 7}), (std::vector<int>{2, 2, 1, 2, 2, 2, 1}));
}

// --- D18, D53: values with status
// --------------------------------------------------------------------------

TEST(D18_PostProcess, ThresholdSeesTheProcessedValue) {
  ModuleConfig config = module_of(ModuleType::kGenericData);
  config.post_process = 0.001;
  config.critical = {1, 2};
  Fed fed(config);
  EXPECT_EQ(fed.feed("1000", at(10, 0)).number, 1);
  EXPECT_EQ(fed.status(), 1);
}

TEST(D53_ExplicitStatus, WinsOverThresholds) {
  Fed plain(ModuleType::kGenericData);
  plain.feed("5", at(10, 0), {}, StatusCode::kCritical);
  EXPECT_EQ(plain.status(), 1);
  Fed over(flip_flop());
  over.feed("50", at(10, 0), {}, StatusCode::kNormal);
  EXPECT_EQ(over.status(), 0);
  ModuleConfig text = module_of(ModuleType::kGenericDataString);
  text.patterns = make_patterns("", "bad");
  Fed string(text);
  string.feed("bad", at(10, 0), {}, StatusCode::kWarning);
  EXPECT_EQ(string.status(), 2);
}

TEST(StatusOfNumbers, SeesTheNumberAsItIsPresented) {
  Fed fed(flip_flop());
  fed.feed("9.999999", at(10, 0));  // shown as 10.00000
  EXPECT_EQ(fed.status(), 1);
  EXPECT_EQ(fed.state.number, 9.999999);
}

TEST(Percentages, CompareWithThePreviousValue) {
  ModuleConfig config = module_of(ModuleType::kGenericData);
  config.percentage_critical = true;
  config.critical = {50, 50};
  Fed fed(config);
  EXPECT_EQ(run(fed, {100, 120, 200, 190, 90, 100}), (std::vector<int>{0, 0, 1, 0, 1, 0}));
}

// --- D27, D28: order and future
// ------------------------------------------------------------------------

TEST(D27_LateSample, HistoryOnly) {
  Fed fed(flip_flop());
  fed.feed("5", at(10, 0));
  const ModuleState before = fed.state;
  const Outcome late = fed.feed("50", at(9, 0), at(10, 1));
  EXPECT_EQ(late.verdict, Verdict::kLate);
  EXPECT_TRUE(late.store);
  EXPECT_FALSE(late.change.has_value());
  EXPECT_EQ(late.number, 50);
  EXPECT_EQ(late.time, at(9, 0));
  EXPECT_EQ(fed.state.number, 5);
  EXPECT_EQ(fed.state.status, before.status);
  EXPECT_EQ(fed.state.value_time, before.value_time);
  EXPECT_EQ(fed.state.received, before.received);
  EXPECT_EQ(fed.state.last_try, at(10, 1));
}

TEST(D27_LateSample, EqualTimesTheLaterWins) {
  Fed fed(flip_flop());
  fed.feed("5", at(10, 0));
  EXPECT_EQ(fed.feed("6", at(10, 0)).verdict, Verdict::kAccepted);
  EXPECT_EQ(fed.state.number, 6);
}

TEST(D27_LateSample, ComparedWithTheLatestProcessedNotTheLastStored) {
  Fed fed(ModuleType::kGenericData);
  fed.feed("5", at(10, 0));
  EXPECT_FALSE(fed.feed("5", at(10, 10)).store);
  EXPECT_EQ(fed.feed("6", at(10, 5), at(10, 11)).verdict, Verdict::kLate);
  EXPECT_EQ(fed.state.number, 5);
}

TEST(D28_FutureSample, DoesNotFreezeTheModule) {
  Fed fed(flip_flop());
  fed.feed("5", at(10, 0));
  const Outcome future = fed.feed("6", at(10, 5) + 12 * 365 * kDay, at(10, 5));
  EXPECT_TRUE(future.future_clamped);
  EXPECT_EQ(future.ahead, 12 * 365 * kDay);
  EXPECT_EQ(future.verdict, Verdict::kAccepted);
  EXPECT_EQ(future.time, at(10, 5));
  EXPECT_EQ(fed.feed("7", at(10, 10)).verdict, Verdict::kAccepted);
  EXPECT_EQ(fed.state.number, 7);
}

TEST(D28_FutureSample, LimitIsTenMinutes) {
  Fed fed(flip_flop());
  const Outcome allowed = fed.feed("5", at(10, 10), at(10, 0));
  EXPECT_FALSE(allowed.future_clamped);
  EXPECT_EQ(fed.state.value_time, at(10, 10));
  Fed other(flip_flop());
  EXPECT_TRUE(other.feed("5", at(10, 10) + 1, at(10, 0)).future_clamped);
}

TEST(OldSample, BeyondTheBacklogIsRejected) {
  Fed fed(flip_flop());
  EXPECT_EQ(fed.feed("5", at(10, 0) - 7 * kDay, at(10, 0)).verdict, Verdict::kAccepted);
  const Outcome old = fed.feed("5", at(10, 0) - 7 * kDay - 1, at(10, 0));
  EXPECT_EQ(old.verdict, Verdict::kRejected);
  EXPECT_EQ(old.reason, Reason::kTooOld);
  EXPECT_FALSE(old.store);
  const SampleContext any_age{.received = at(10, 0), .time = {.max_backlog = 0}};
  ModuleState state;
  EXPECT_EQ(
      apply_sample(fed.config, state, {.text = "1", .time = 0, .status = {}}, any_age).verdict,
      Verdict::kAccepted);
  EXPECT_EQ(
      apply_sample(fed.config, state, {.text = "1", .time = -1, .status = {}}, any_age).reason,
      Reason::kTooOld);
}

// --- D35, D36: refusals
// -----------------------------------------------------------------------------------

TEST(D35_DisabledModule, IgnoresData) {
  ModuleConfig config = flip_flop();
  config.disabled = true;
  Fed fed(config);
  const ModuleState before = fed.state;
  const Outcome outcome = fed.feed("50", at(10, 0));
  EXPECT_EQ(outcome.verdict, Verdict::kIgnored);
  EXPECT_EQ(outcome.reason, Reason::kModuleDisabled);
  EXPECT_FALSE(outcome.state_changed);
  EXPECT_TRUE(fed.state == before);
}

TEST(D36_StoredType, DecidesHowAValueIsRead) {
  Fed fed(ModuleType::kGenericData);
  fed.feed("5", at(10, 0));
  const Outcome outcome = fed.feed("abc", at(10, 5));
  EXPECT_EQ(outcome.verdict, Verdict::kRejected);
  EXPECT_EQ(outcome.reason, Reason::kNotANumber);
  EXPECT_EQ(fed.state.kind, ValueKind::kNumber);
  EXPECT_EQ(fed.state.number, 5);
}

TEST(RejectedValue, OnlyTheLastTryMoves) {
  Fed fed(flip_flop());
  ModuleState before = fed.state;
  const Outcome outcome = fed.feed("7%", at(10, 0), at(10, 1));
  EXPECT_EQ(outcome.verdict, Verdict::kRejected);
  EXPECT_FALSE(outcome.store);
  EXPECT_TRUE(outcome.state_changed);
  before.last_try = at(10, 1);
  EXPECT_TRUE(fed.state == before);
  EXPECT_EQ(fed.status(), 4);
}

TEST(KeepAliveModule, TakesNoValuesFromDocuments) {
  Fed fed(ModuleType::kKeepAlive);
  const Outcome outcome = fed.feed("0", at(10, 0));
  EXPECT_EQ(outcome.verdict, Verdict::kIgnored);
  EXPECT_EQ(outcome.reason, Reason::kServerProduced);
  EXPECT_EQ(fed.status(), 4);
}

// --- counters
// -----------------------------------------------------------------------------------------------

TEST(Counters, WithoutAResultTheModuleStaysNotInit) {
  Fed fed(ModuleType::kGenericDataInc);
  EXPECT_EQ(fed.feed("1000", at(10, 0)).verdict, Verdict::kNoResult);
  EXPECT_EQ(fed.status(), 4);
  EXPECT_EQ(fed.state.received, 0);
  const Outcome outcome = fed.feed("4000", at(10, 5));
  EXPECT_EQ(outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(outcome.number, 10);
  EXPECT_TRUE(outcome.store);
  EXPECT_EQ(fed.status(), 0);
}

TEST(Counters, ResetRefreshesTheContactOnly) {
  Fed fed(ModuleType::kGenericDataInc);
  fed.feed("1000", at(10, 0));
  fed.feed("4000", at(10, 5));
  const Outcome reset = fed.feed("100", at(10, 10));
  EXPECT_EQ(reset.verdict, Verdict::kNoResult);
  EXPECT_EQ(reset.reason, Reason::kCounterReset);
  EXPECT_FALSE(reset.store);
  EXPECT_EQ(fed.state.received, at(10, 10));
  EXPECT_EQ(fed.state.value_time, at(10, 5));
  EXPECT_EQ(fed.state.number, 10);
}

// --- D54, D55: history
// -----------------------------------------------------------------------------------

int stored_of(ModuleType type, const std::vector<std::string>& values, Micros step) {
  Fed fed(type);
  int stored = 0;
  Micros time = at(0, 0);
  for (const std::string& value : values) {
    stored += fed.feed(value, time).store ? 1 : 0;
    time += step;
  }
  return stored;
}

TEST(D54_History, UnchangedValuesOnlyForAsyncAndLogs) {
  const std::vector<std::string> same = {"5", "5", "5"};
  EXPECT_EQ(stored_of(ModuleType::kAsyncData, same, 5 * kMinute), 3);
  EXPECT_EQ(stored_of(ModuleType::kAsyncProc, same, 5 * kMinute), 3);
  EXPECT_EQ(stored_of(ModuleType::kAsyncString, same, 5 * kMinute), 3);
  EXPECT_EQ(stored_of(ModuleType::kLog4x, {"warn", "warn", "warn"}, 5 * kMinute), 3);
  EXPECT_EQ(stored_of(ModuleType::kGenericData, same, 5 * kMinute), 1);
  EXPECT_EQ(stored_of(ModuleType::kGenericDataString, same, 5 * kMinute), 1);
  EXPECT_EQ(stored_of(ModuleType::kGenericData, {"5", "5.000001", "5.00002"}, kMinute), 2)
      << "differences beyond five decimals do not count";
  EXPECT_EQ(stored_of(ModuleType::kGenericDataString, {"a", "b", "b", "a"}, kMinute), 3);
}

TEST(D55_History, AgainAfterADay) {
  EXPECT_EQ(stored_of(ModuleType::kGenericData, {"5", "5"}, kDay), 1);
  EXPECT_EQ(stored_of(ModuleType::kGenericData, {"5", "5"}, kDay + kSecond), 2);
}

TEST(History, SwitchedOffPerModule) {
  ModuleConfig config = flip_flop();
  config.history = false;
  Fed fed(config);
  EXPECT_FALSE(fed.feed("1", at(10, 0)).store);
  EXPECT_FALSE(fed.feed("2", at(9, 0), at(10, 1)).store) << "late";
  EXPECT_EQ(fed.state.number, 1);
}

// --- texts
// ---------------------------------------------------------------------------------------------------

TEST(Texts, LongOnesAreCutInTheStateOnly) {
  Fed fed(ModuleType::kGenericDataString);
  const std::string longer = std::string(kMaxStateText - 1, 'x') + "é" + std::string(500, 'y');
  const Outcome first = fed.feed(longer, at(10, 0));
  EXPECT_EQ(first.text, longer);
  EXPECT_EQ(fed.state.text, std::string(kMaxStateText - 1, 'x')) << "no half character";
  EXPECT_FALSE(fed.feed(longer, at(10, 1)).store);
  EXPECT_TRUE(fed.feed(longer + "z", at(10, 2)).store) << "a change behind the cut is a change";
}

TEST(Texts, D10_StoredAsTheyAre) {
  Fed fed(ModuleType::kGenericDataString);
  fed.feed(" a ", at(10, 0));
  EXPECT_EQ(fed.state.text, " a ");
  fed.feed("a\nb", at(10, 1));
  EXPECT_EQ(fed.state.text, "a\nb");
  EXPECT_EQ(fed.feed(" ", at(10, 2)).reason, Reason::kEmptyValue);
  EXPECT_EQ(fed.state.text, "a\nb");
}

TEST(Texts, RegularExpressionsSetTheStatus) {
  ModuleConfig config = module_of(ModuleType::kGenericDataString);
  config.patterns = make_patterns("warn", "^ERR");
  Fed fed(config);
  std::vector<int> statuses;
  int minute = 0;
  for (const char* text : {"ok", "warn", "ERR warn", "ok"}) {
    fed.feed(text, at(10, minute++));
    statuses.push_back(fed.status());
  }
  EXPECT_EQ(statuses, (std::vector<int>{0, 2, 1, 0}));
}

// --- samples of a report
// ----------------------------------------------------------------------------------

TEST(Samples, OneListNothing) {
  report::ModuleReport module;
  EXPECT_EQ(sample_count(module), 1U) << "no data is a rejected sample";
  EXPECT_EQ(sample_of(module, 0, ModuleType::kGenericData, at(10, 0)).text, "");
  module.has_list = true;
  EXPECT_EQ(sample_count(module), 0U);
  module.samples = {{"1", at(9, 0)}, {"2", std::nullopt}};
  EXPECT_EQ(sample_count(module), 2U);
  EXPECT_EQ(sample_of(module, 0, ModuleType::kGenericData, at(10, 0)).time, at(9, 0));
  EXPECT_EQ(sample_of(module, 1, ModuleType::kGenericData, at(10, 0)).time, at(10, 0));
  module.status = "Warning";
  EXPECT_EQ(sample_of(module, 1, ModuleType::kGenericData, 0).status, StatusCode::kWarning);
  module.status = "UNKNOWN";
  EXPECT_FALSE(sample_of(module, 1, ModuleType::kGenericData, 0).status.has_value());
}

TEST(Samples, Log4xTakesTheSeverity) {
  report::ModuleReport module;
  module.severity = "ERROR";
  ModuleConfig config = module_of(ModuleType::kLog4x);
  ModuleState state = initial_state(config.type);
  const Outcome outcome = apply_sample(config, state, sample_of(module, 0, config.type, at(10, 0)),
                                       {.received = at(10, 0), .time = {}});
  EXPECT_EQ(outcome.number, 50);
  EXPECT_EQ(state.status, StatusCode::kCritical);
}

// --- apply_number
// -------------------------------------------------------------------------------------------

TEST(ApplyNumber, FollowsTheSameRules) {
  ModuleConfig config = flip_flop();
  ModuleState state;
  const SampleContext context{.received = at(10, 0), .time = {}};
  EXPECT_EQ(apply_number(config, state, 20, at(10, 0), context).verdict, Verdict::kAccepted);
  EXPECT_EQ(state.status, StatusCode::kCritical);
  EXPECT_EQ(apply_number(module_of(ModuleType::kGenericDataString), state, 1, 0, context).verdict,
            Verdict::kRejected);
  config.disabled = true;
  EXPECT_EQ(apply_number(config, state, 1, at(10, 1), context).verdict, Verdict::kIgnored);
}

// --- properties
// ----------------------------------------------------------------------------------------------

ModuleConfig random_config(std::mt19937_64& random) {
  static const std::vector<ModuleType> kTypes = [] {
    std::vector<ModuleType> types;
    for (int id = 0; id <= 100; ++id) {
      if (const auto type = module_type_from_id(id)) types.push_back(*type);
    }
    return types;
  }();
  const auto small = [&random] { return static_cast<double>(random() % 30) - 10; };
  ModuleConfig config = flip_flop(kTypes[random() % kTypes.size()]);
  config.warning = {small(), small()};
  config.critical = {small(), small()};
  config.min = random() % 3 == 0 ? small() : 0;
  config.max = random() % 3 == 0 ? small() : 0;
  config.post_process = random() % 4 == 0 ? small() : 0;
  config.min_ff = static_cast<std::uint16_t>(random() % 4);
  config.min_ff_normal = static_cast<std::uint16_t>(random() % 4);
  config.min_ff_warning = static_cast<std::uint16_t>(random() % 4);
  config.min_ff_critical = static_cast<std::uint16_t>(random() % 4);
  config.warning_time = static_cast<std::uint16_t>(random() % 4);
  config.ff_timeout_s = static_cast<std::int32_t>(random() % 120);
  config.each_ff = random() % 2 == 0;
  config.cumulative_ff = random() % 2 == 0;
  config.percentage_critical = random() % 4 == 0;
  config.warning_inverse = random() % 2 == 0;
  return config;
}

/// What must hold after every step, whatever came before.
void check_invariants(const ModuleConfig& config, const ModuleState& before,
                      const ModuleState& after, const Outcome& outcome) {
  ASSERT_LE(static_cast<int>(after.status), 4);
  ASSERT_LE(static_cast<int>(after.known), 4);
  ASSERT_NE(after.known, StatusCode::kUnknown);
  ASSERT_GE(after.value_time, before.value_time);
  ASSERT_GE(after.received, before.received);
  ASSERT_EQ(outcome.change.has_value(), before.status != after.status);
  if (outcome.verdict == Verdict::kAccepted) {
    ASSERT_LE(static_cast<int>(after.status), 2) << "data ends not_init and unknown";
    ASSERT_EQ(after.status, after.known);
  } else {
    ASSERT_EQ(before.status, after.status);
  }
  for (const std::uint16_t counter : after.counters)
    ASSERT_LE(counter, 4);
  ASSERT_LE(after.warning_count, config.warning_time + 1);
}

TEST(Properties, EverySequenceKeepsTheInvariants) {
  const std::vector<std::string> texts = {"1", "7",   "20",  "-3", "abc", "",
                                          " ", "1e9", "nan", "0",  "5,5", "fatal"};
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const ModuleConfig config = random_config(random);
    ModuleState state = initial_state(config.type);
    Micros now = at(10, 0);
    for (int step = 0; step < 40; ++step) {
      now += static_cast<Micros>(random() % 90) * kSecond;
      if (random() % 10 == 0 && state.received != 0 && state.status != StatusCode::kNotInit &&
          !traits(config.type).asynchronous)
        state.status = StatusCode::kUnknown;
      const ModuleState before = state;
      const Micros jitter = static_cast<Micros>(random() % 7200) * kSecond - kHour;
      std::optional<StatusCode> status;
      if (random() % 8 == 0) status = static_cast<StatusCode>(random() % 3);
      const Outcome outcome = apply_sample(config, state,
                                           {.text = texts[random() % texts.size()],
                                            .time = now + (random() % 4 == 0 ? jitter : 0),
                                            .status = status},
                                           {.received = now, .time = {}});
      check_invariants(config, before, state, outcome);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace yagura::monitor
