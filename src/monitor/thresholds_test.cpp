#include "monitor/thresholds.h"

#include <chrono>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "monitor/rules_test_util.h"
#include "text/regex.h"

namespace yagura::monitor {
namespace {

using testing::module_of;

int status_at(const ModuleConfig& config, double value) {
  return static_cast<int>(status_of_number(config, value, std::nullopt));
}

struct NumberRow {
  const char* what;
  ModuleType type;
  Range warning, critical;
  bool warning_inverse, critical_inverse;
  std::vector<std::pair<double, int>> expected;
};

constexpr ModuleType kData = ModuleType::kGenericData;
constexpr ModuleType kProc = ModuleType::kGenericProc;

TEST(D13_NumericTable, EveryRow) {
  const NumberRow rows[] = {
      {"warn 70-90, crit 91-0",
       kData,
       {70, 90},
       {91, 0},
       false,
       false,
       {{69, 0}, {70, 2}, {89.99, 2}, {90, 0}, {91, 1}, {1000, 1}, {-1, 0}}},
      {"warn 70-90, crit 90-100",
       kData,
       {70, 90},
       {90, 100},
       false,
       false,
       {{89, 2}, {90, 1}, {99, 1}, {100, 0}, {101, 0}}},
      {"warn min 5", kData, {5, 0}, {}, false, false, {{4, 0}, {5, 2}, {1000, 2}}},
      {"crit max 5", kData, {}, {0, 5}, false, false, {{-1, 0}, {0, 1}, {4, 1}, {5, 0}}},
      {"crit 10-20 inverse", kData, {}, {10, 20}, false, true, {{5, 1}, {10, 0}, {15, 0}, {20, 1}}},
      {"crit 10-0 inverse", kData, {}, {10, 0}, false, true, {{5, 1}, {10, 0}, {25, 0}}},
      {"crit 0-20 inverse", kData, {}, {0, 20}, false, true, {{-1, 1}, {0, 0}, {19, 0}, {20, 1}}},
      {"warn 10-20 and crit 10-20", kData, {10, 20}, {10, 20}, false, false, {{15, 1}}},
      {"crit 10-10", kData, {}, {10, 10}, false, false, {{9, 0}, {10, 0}, {11, 0}}},
      {"crit 10-10 inverse", kData, {}, {10, 10}, false, true, {{9, 0}, {10, 0}, {11, 0}}},
      {"warn 10-20 inverse", kData, {10, 20}, {}, true, false, {{5, 2}, {10, 0}, {20, 2}}},
      {"negative upper bound",
       kData,
       {},
       {-10, 0},
       false,
       false,
       {{-11, 0}, {-10, 1}, {-1, 1}, {0, 0}}},
      {"proc, none", kProc, {}, {}, false, false, {{0, 1}, {0.5, 1}, {1, 0}, {100, 0}, {-1, 0}}},
      {"proc, crit 2-4", kProc, {}, {2, 4}, false, false, {{0, 0}, {2, 1}, {5, 0}}},
      {"proc, none, critical_inverse", kProc, {}, {}, false, true, {{0, 0}, {1, 1}, {2, 1}}},
      {"proc, warn 2-3", kProc, {2, 3}, {}, false, false, {{0, 1}, {1, 0}, {2, 2}, {3, 0}}},
      {"log4x, none",
       ModuleType::kLog4x,
       {},
       {},
       false,
       false,
       {{10, 0}, {20, 0}, {30, 0}, {40, 2}, {50, 1}, {60, 1}}},
      {"log4x, own critical",
       ModuleType::kLog4x,
       {},
       {30, 0},
       false,
       false,
       {{20, 0}, {30, 1}, {40, 1}}},
  };
  for (const NumberRow& row : rows) {
    ModuleConfig config = module_of(row.type);
    config.warning = row.warning;
    config.critical = row.critical;
    config.warning_inverse = row.warning_inverse;
    config.critical_inverse = row.critical_inverse;
    for (const auto& [value, status] : row.expected)
      EXPECT_EQ(status_at(config, value), status) << row.what << " at " << value;
  }
}

TEST(D13_NumericTable, ImplicitCriticalRangeOfBooleanTypes) {
  for (int id = 1; id <= 100; ++id) {
    const auto type = module_type_from_id(id);
    if (!type || traits(*type).value_class == ValueClass::kText) continue;
    const std::string name(traits(*type).name);
    const bool implicit = name.ends_with("_proc") || name == "web_analysis" || name == "keep_alive";
    EXPECT_EQ(status_at(module_of(*type), 0), implicit ? 1 : 0) << name;
    EXPECT_EQ(status_at(module_of(*type), 1), 0) << name;
  }
}

TEST(D13_NumericTable, NumericRangesDoNotCountForStrings) {
  ModuleConfig config = module_of(ModuleType::kGenericDataString);
  config.critical = {1, 0};
  EXPECT_EQ(status_of_text(config, "5"), StatusCode::kNormal);
  ModuleConfig number = module_of(kData);
  number.patterns = make_patterns("", "5");
  EXPECT_EQ(status_at(number, 5), 0);
}

// --- strings -------------------------------------------------------------------------------------

struct TextRow {
  const char* critical;
  bool inverse;
  std::vector<std::pair<std::string, int>> expected;
};

TEST(D13_StringTable, EveryRow) {
  const TextRow rows[] = {
      {"ERROR", false, {{"ERROR x", 1}, {"error x", 0}}},
      {"a.b", false, {{"aXb", 1}, {"a\nb", 0}}},
      {"^ERROR", false, {{"l1\nERROR l2", 0}, {"ERROR l2", 1}}},
      {"ok", true, {{"ok", 0}, {"fail", 1}}},
      {"a(b", false, {{"a(b", 0}}},
      {"a(b", true, {{"a(b", 0}, {"x", 0}}},
      {"", true, {{"x", 0}}},
      {"x$", false, {{"x", 1}, {"x\ny", 0}}},
      {"^温度", false, {{"温度 20", 1}, {"湿度", 0}}},
  };
  for (const TextRow& row : rows) {
    ModuleConfig config = module_of(ModuleType::kGenericDataString);
    config.patterns = make_patterns("", row.critical);
    config.critical_inverse = row.inverse;
    for (const auto& [value, status] : row.expected)
      EXPECT_EQ(static_cast<int>(status_of_text(config, value)), status)
          << row.critical << " on " << value;
  }
}

TEST(D13_StringTable, CriticalBeforeWarning) {
  ModuleConfig config = module_of(ModuleType::kAsyncString);
  config.patterns = make_patterns("bad", "very bad");
  EXPECT_EQ(status_of_text(config, "bad"), StatusCode::kWarning);
  EXPECT_EQ(status_of_text(config, "very bad"), StatusCode::kCritical);
  EXPECT_EQ(status_of_text(config, "good"), StatusCode::kNormal);
  config.warning_inverse = true;
  EXPECT_EQ(status_of_text(config, "good"), StatusCode::kWarning);
  EXPECT_EQ(str_warning(config), "bad");
  EXPECT_EQ(str_critical(config), "very bad");
  EXPECT_EQ(make_patterns("", ""), nullptr);
}

TEST(D13_StringTable, HostileExpressionEndsAndDoesNotMatch) {
  ModuleConfig config = module_of(ModuleType::kGenericDataString);
  config.patterns = make_patterns("", "^(a+)+$");
  const std::string value = std::string(60'000, 'a') + "!";
  for (const bool inverse : {false, true}) {
    config.critical_inverse = inverse;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(status_of_text(config, value), StatusCode::kNormal);
    // Hours without the limits; the bound here only tells "hours" from "limited".
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  }
}

TEST(D13_StringTable, OnlyTheFirst64KiBAreSearched) {
  ModuleConfig config = module_of(ModuleType::kGenericDataString);
  config.patterns = make_patterns("", "needle");
  const std::string hay(text::Regex::kMaxSubjectBytes - 6, 'x');
  EXPECT_EQ(status_of_text(config, hay + "needle"), StatusCode::kCritical);
  EXPECT_EQ(status_of_text(config, hay + "x" + "needle"), StatusCode::kNormal);
}

// --- explicit status
// -------------------------------------------------------------------------------

TEST(D53_ExplicitStatus, Words) {
  EXPECT_EQ(explicit_status("CRITICAL"), StatusCode::kCritical);
  EXPECT_EQ(explicit_status("warning"), StatusCode::kWarning);
  EXPECT_EQ(explicit_status("Normal"), StatusCode::kNormal);
  EXPECT_EQ(explicit_status(" Normal\n"), StatusCode::kNormal);
  for (const char* word : {"UNKNOWN", "", "1", "critical!", "norma"})
    EXPECT_FALSE(explicit_status(word).has_value()) << word;
}

// --- percentages (server §8.3.5, §25.5)
// -----------------------------------------------------------

TEST(S25_5_Percentages, BoundsFromThePreviousValue) {
  struct Row {
    Range percent;
    bool inverse;
    double previous;
    std::vector<std::pair<double, bool>> expected;
  };
  const Row rows[] = {
      {{10, 20}, false, 100, {{90, false}, {89.99, true}, {120, false}, {120.01, true}}},
      {{10, 0}, false, 100, {{89, true}, {90, false}, {1000, false}}},
      {{0, 20}, false, 100, {{0, false}, {120, false}, {121, true}}},
      {{0, 0}, false, 100, {{0, false}, {1000, false}}},
      {{0, 0}, true, 100, {{0, false}, {1000, false}}},
      {{10, 20}, true, 100, {{90, true}, {89.99, false}, {120.01, false}}},
      {{10, 20}, false, -100, {{-110, false}, {-111, true}, {-80, false}, {-79, true}}},
      {{10, 10}, false, 0, {{0, false}, {0.1, true}, {-0.1, true}}},
  };
  for (const Row& row : rows) {
    for (const auto& [value, hit] : row.expected)
      EXPECT_EQ(matches_percentage(value, row.previous, row.percent, row.inverse), hit)
          << row.percent.lo << "/" << row.percent.hi << " " << row.previous << " -> " << value;
  }
}

TEST(S25_5_Percentages, NothingToCompareWithNeverMatches) {
  ModuleConfig config = module_of(kData);
  config.percentage_critical = true;
  config.critical = {10, 10};
  EXPECT_EQ(status_of_number(config, 50, std::nullopt), StatusCode::kNormal);
  EXPECT_EQ(status_of_number(config, 50, 100), StatusCode::kCritical);
  config.percentage_critical = false;
  config.percentage_warning = true;
  config.critical = {};
  config.warning = {10, 10};
  EXPECT_EQ(status_of_number(config, 50, std::nullopt), StatusCode::kNormal);
  EXPECT_EQ(status_of_number(config, 50, 100), StatusCode::kWarning);
  EXPECT_EQ(status_of_number(config, 100, 100), StatusCode::kNormal);
}

// --- properties
// --------------------------------------------------------------------------------------

TEST(Properties, InverseIsTheComplementOfASetRange) {
  std::mt19937_64 random(7);
  const auto number = [&random] { return static_cast<double>(random() % 41) - 20; };
  for (int i = 0; i < 100'000; ++i) {
    const Range range{number(), number()};
    const double value = number();
    if (range.lo == range.hi) {
      EXPECT_FALSE(matches_range(value, range, false) || matches_range(value, range, true));
    } else {
      EXPECT_NE(matches_range(value, range, false), matches_range(value, range, true));
    }
  }
}

TEST(Properties, EveryNumberHasOneOfThreeStatuses) {
  std::mt19937_64 random(8);
  const double extremes[] = {0, -0.0, std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::lowest(), 5e-324};
  for (int i = 0; i < 20'000; ++i) {
    ModuleConfig config = module_of(*module_type_from_id(random() % 2 == 0 ? 1 : 2));
    config.warning = {extremes[random() % 5], extremes[random() % 5]};
    config.critical = {extremes[random() % 5], extremes[random() % 5]};
    config.percentage_warning = random() % 2 == 0;
    config.percentage_critical = random() % 2 == 0;
    config.warning_inverse = random() % 2 == 0;
    config.critical_inverse = random() % 2 == 0;
    const int status =
        static_cast<int>(status_of_number(config, extremes[random() % 5], extremes[random() % 5]));
    ASSERT_TRUE(status >= 0 && status <= 2);
  }
}

}  // namespace
}  // namespace yagura::monitor
