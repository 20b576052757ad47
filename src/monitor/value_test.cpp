#include "monitor/value.h"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "monitor/rules_test_util.h"
#include "text/numbers.h"

namespace yagura::monitor {
namespace {

using testing::at;
using testing::module_of;

Processed process(const ModuleConfig& config, std::string_view text) {
  CounterReference reference;
  return process_value(config, text, at(10, 0), reference);
}

// --- D9: the value table of spec agent-data §8 ---------------------------------------------------

struct NumberRow {
  const char* text;
  const char* result;  ///< five decimals
};

TEST(D9_ValueTable, AcceptedNumbers) {
  const ModuleConfig config = module_of(ModuleType::kGenericData);
  const NumberRow rows[] = {
      {"12", "12.00000"},
      {"12.5", "12.50000"},
      {"12,5", "12.50000"},
      {"+3", "3.00000"},
      {"-4", "-4.00000"},
      {".5", "0.50000"},
      {"-.5", "-0.50000"},
      {"5.", "5.00000"},
      {"1e3", "1000.00000"},
      {"1E-2", "0.01000"},
      {"+.5e1", "5.00000"},
      {" 7", "7.00000"},
      {"7 ", "7.00000"},
      {"\n3", "3.00000"},
      {"12\r", "12.00000"},
      {"00012", "12.00000"},
      {"0.0000049", "0.00000"},
      {"0.000005001", "0.00001"},
      {"-0.0000049", "0.00000"},
      {"123456789012345678901234567890", "123456789012345677877719597056.00000"}};
  for (const NumberRow& row : rows) {
    const Processed processed = process(config, row.text);
    ASSERT_EQ(processed.kind, Processed::Kind::kValue) << row.text;
    EXPECT_EQ(compatible_text(processed.number), row.result) << row.text;
    EXPECT_EQ(compatible_text(presented(processed.number)), row.result) << row.text;
  }
}

TEST(D9_ValueTable, BooleanTypeTakesAComma) {
  const Processed processed = process(module_of(ModuleType::kGenericProc), "1,0");
  ASSERT_EQ(processed.kind, Processed::Kind::kValue);
  EXPECT_EQ(processed.number, 1);
}

TEST(D9_ValueTable, RejectedNumbers) {
  for (const ModuleType type :
       {ModuleType::kGenericData, ModuleType::kGenericProc, ModuleType::kGenericDataInc,
        ModuleType::kGenericDataIncAbs, ModuleType::kAsyncData, ModuleType::kRemoteCmdInc}) {
    for (const char* text : {"1.234,5", "1,234.5", "1,5,5",    "7%",   "abc",   "true",   "1/2",
                             "1 2",     "0x1F",    "1_000",    "--1",  "1..2",  "-",      "nan",
                             "NaN",     "inf",     "Infinity", "-inf", "1e400", "\u0661", "１２"}) {
      const Processed processed = process(module_of(type), text);
      EXPECT_EQ(processed.kind, Processed::Kind::kRejected) << text;
      EXPECT_EQ(processed.reason, Reason::kNotANumber) << text;
    }
    for (const char* text : {"", " ", "\n\t"}) {
      const Processed processed = process(module_of(type), text);
      EXPECT_EQ(processed.kind, Processed::Kind::kRejected);
      EXPECT_EQ(processed.reason, Reason::kEmptyValue);
    }
  }
}

TEST(D9_ValueTable, FullPrecisionIsKept) {
  EXPECT_EQ(process(module_of(ModuleType::kGenericData), "0.123456789").number, 0.123456789);
}

// --- D10: strings --------------------------------------------------------------------------------

TEST(D10_Strings, OnlyBlankTextsAreRejected) {
  const ModuleConfig config = module_of(ModuleType::kGenericDataString);
  for (const char* text : {"", " ", "\t\n ", "\r\n"})
    EXPECT_EQ(process(config, text).reason, Reason::kEmptyValue);
  for (const char* text : {"0", " a ", "a\nb", "NaN"})
    EXPECT_EQ(process(config, text).kind, Processed::Kind::kValue) << text;
  EXPECT_EQ(process(config, std::string(70'000, 'x')).kind, Processed::Kind::kValue);
}

TEST(Log4x, SeverityWords) {
  const std::pair<const char*, int> rows[] = {{"trace", 10}, {"debug", 20}, {"info", 30},
                                              {"warn", 40},  {"error", 50}, {"fatal", 60},
                                              {"FATAL", 60}, {"other", 10}, {"", 10}};
  for (const auto& [word, severity] : rows) {
    EXPECT_EQ(log4x_severity(word), severity) << word;
    EXPECT_EQ(process(module_of(ModuleType::kLog4x), word).number, severity) << word;
  }
}

// --- D19: bounds
// -----------------------------------------------------------------------------------

TEST(D19_BoundsTable, EveryRow) {
  struct Row {
    double min, max;
    std::vector<double> accepted;
  };
  const std::vector<double> tried = {-1, 0, 50, 100, 101};
  const Row rows[] = {{0, 100, {0, 50, 100}},
                      {50, 0, {50, 100, 101}},
                      {-10, 0, {-1, 0}},
                      {20, 10, {-1, 0, 50, 100, 101}},
                      {0, 0, {-1, 0, 50, 100, 101}},
                      {7, 7, {-1, 0, 50, 100, 101}},
                      {0, -5, {}}};
  for (const Row& row : rows) {
    std::vector<double> accepted;
    for (const double value : tried) {
      ModuleConfig config = module_of(ModuleType::kGenericData);
      config.min = row.min;
      config.max = row.max;
      CounterReference reference;
      const Processed processed = process_number(config, value, 0, reference);
      if (processed.kind == Processed::Kind::kValue) {
        accepted.push_back(value);
      } else {
        EXPECT_EQ(processed.reason, Reason::kOutOfBounds);
      }
    }
    EXPECT_EQ(accepted, row.accepted) << row.min << ".." << row.max;
  }
  EXPECT_FALSE(within_bounds(-11, -10, 0));
  EXPECT_TRUE(within_bounds(-10, -10, 0));
  // max < min with min 0: only "v <= max" counts.
  EXPECT_TRUE(within_bounds(-6, 0, -5));
}

TEST(PostProcess, FactorBeforeBounds) {
  ModuleConfig config = module_of(ModuleType::kGenericData);
  config.post_process = 0.001;
  config.min = 0;
  config.max = 10;
  EXPECT_DOUBLE_EQ(process(config, "1000").number, 1);
  EXPECT_EQ(process(config, "11000").reason, Reason::kOutOfBounds);
  config.post_process = 1e300;
  EXPECT_EQ(process(config, "1e300").reason, Reason::kNotFinite);
}

TEST(PostProcess, NotForTexts) {
  ModuleConfig config = module_of(ModuleType::kGenericDataString);
  config.post_process = 2;
  config.min = 5;
  config.max = 6;
  EXPECT_EQ(process(config, "1").kind, Processed::Kind::kValue);
}

// --- D15 … D17: counters
// -----------------------------------------------------------------------------

struct CounterRow {
  Micros time;
  double counter;
  const char* rate;        ///< five decimals, or the reason
  const char* difference;  ///< same
};

std::string shown(const Processed& processed) {
  if (processed.kind == Processed::Kind::kValue) return compatible_text(processed.number);
  return std::string(to_string(processed.reason));
}

TEST(D15_IncrementTable, EveryRow) {
  const CounterRow rows[] = {
      {at(10, 0), 1000, "first-reference", "first-reference"},
      {at(10, 5), 4000, "10.00000", "3000.00000"},
      {at(10, 10), 4000, "0.00000", "0.00000"},
      {at(10, 15), 100, "counter-reset", "counter-reset"},
      {at(10, 16), 700, "10.00000", "600.00000"},
      {at(10, 16), 900, "duplicate-time", "duplicate-time"},
      {at(10, 12), 5000, "old-reference", "old-reference"},
      // The refused ones left the reference at (700, 10:16).
      {at(10, 17), 760, "1.00000", "60.00000"},
  };
  CounterReference rate;
  CounterReference difference;
  for (const CounterRow& row : rows) {
    EXPECT_EQ(
        shown(process_number(module_of(ModuleType::kGenericDataInc), row.counter, row.time, rate)),
        row.rate);
    EXPECT_EQ(shown(process_number(module_of(ModuleType::kGenericDataIncAbs), row.counter, row.time,
                                   difference)),
              row.difference);
  }
}

TEST(D15_IncrementTable, ResetIsATouchOthersAreNot) {
  CounterReference reference;
  const ModuleConfig config = module_of(ModuleType::kGenericDataInc);
  EXPECT_EQ(process_number(config, 10, at(10, 0), reference).kind, Processed::Kind::kNoResult);
  EXPECT_EQ(process_number(config, 5, at(10, 1), reference).kind, Processed::Kind::kTouch);
  EXPECT_EQ(reference.value, 5);
  EXPECT_EQ(reference.time, at(10, 1));
  EXPECT_EQ(process_number(config, 9, at(10, 1), reference).kind, Processed::Kind::kNoResult);
  EXPECT_EQ(process_number(config, 9, at(10, 0), reference).kind, Processed::Kind::kNoResult);
  EXPECT_EQ(reference.value, 5);
}

TEST(D15_IncrementTable, SmallerValueAtTheSameTime) {
  // A rate asks "same time" first, a difference "went back" first.
  CounterReference rate{100, at(10, 0), true};
  EXPECT_EQ(process_number(module_of(ModuleType::kGenericDataInc), 50, at(10, 0), rate).reason,
            Reason::kDuplicateTime);
  EXPECT_EQ(rate.value, 100);
  CounterReference difference{100, at(10, 0), true};
  EXPECT_EQ(
      process_number(module_of(ModuleType::kGenericDataIncAbs), 50, at(10, 0), difference).reason,
      Reason::kCounterReset);
  EXPECT_EQ(difference.value, 50);
}

TEST(D15_IncrementTable, RejectedSampleDoesNotDisturbTheReference) {
  CounterReference reference;
  const ModuleConfig config = module_of(ModuleType::kGenericDataInc);
  process_value(config, "1000", at(10, 0), reference);
  EXPECT_EQ(process_value(config, "abc", at(10, 5), reference).kind, Processed::Kind::kRejected);
  EXPECT_DOUBLE_EQ(process_value(config, "4000", at(10, 10), reference).number, 5);
}

TEST(D16_RateOutOfBounds, NoValueThenTheNext) {
  ModuleConfig config = module_of(ModuleType::kGenericDataInc);
  config.max = 50;
  CounterReference reference;
  EXPECT_EQ(shown(process_value(config, "0", at(10, 0), reference)), "first-reference");
  EXPECT_EQ(shown(process_value(config, "6000", at(10, 1), reference)), "out-of-bounds");
  EXPECT_EQ(shown(process_value(config, "6060", at(10, 2), reference)), "1.00000");
}

TEST(D17_RatePostProcess, FactorAfterTheRate) {
  ModuleConfig config = module_of(ModuleType::kGenericDataInc);
  config.post_process = 0.1;
  CounterReference reference;
  process_value(config, "1000", at(10, 0, 0), reference);
  EXPECT_EQ(shown(process_value(config, "4000", at(10, 5, 0), reference)), "1.00000");
}

// --- presented()
// -------------------------------------------------------------------------------------

TEST(Presented, EqualsTheFiveDecimalTextForEveryNumber) {
  std::mt19937_64 random(20240301);
  for (int i = 0; i < 200'000; ++i) {
    const double magnitude = std::pow(10.0, static_cast<double>(random() % 22) - 8);
    double value = (static_cast<double>(random() % 2'000'000'001) / 1e9 - 1) * magnitude;
    if (i % 3 == 0) value = static_cast<double>(random() % 1'000'000'000'000ULL) / 2e5;  // ties
    const double expected = *text::parse_decimal(text::format_fixed(value, 5));
    ASSERT_EQ(presented(value), expected) << text::format_shortest(value);
    ASSERT_FALSE(presented(value) == 0 && std::signbit(presented(value)));
  }
}

TEST(Presented, ExtremeNumbers) {
  for (const double value : {0.0, -0.0, 1e300, -1e300, 1e15, 123456789012345680.0, 5e-324}) {
    EXPECT_EQ(presented(value), std::fabs(value) < 1 ? 0 : value);
    EXPECT_FALSE(std::signbit(presented(value)) && presented(value) == 0);
  }
}

}  // namespace
}  // namespace yagura::monitor
