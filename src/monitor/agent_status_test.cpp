#include "monitor/agent_status.h"

#include <gtest/gtest.h>

#include "monitor/rules_test_util.h"

namespace yagura::monitor {
namespace {

using testing::at;
using testing::module_of;

ModuleCounts counts_of(std::initializer_list<StatusCode> statuses,
                       ModuleType type = ModuleType::kGenericData) {
  ModuleCounts counts;
  for (const StatusCode status : statuses)
    counts.add(module_of(type), status);
  return counts;
}

TEST(AgentStatus, WorstOfTheModules) {
  using enum StatusCode;
  constexpr Micros now = at(10, 0);
  const auto status = [](std::initializer_list<StatusCode> statuses) {
    return agent_status(counts_of(statuses), now, 300, now);
  };
  EXPECT_EQ(status({}), kNotInit);
  EXPECT_EQ(status({kNotInit}), kNotInit);
  EXPECT_EQ(status({kNotInit, kNormal}), kNormal);
  EXPECT_EQ(status({kNormal, kUnknown}), kUnknown);
  EXPECT_EQ(status({kUnknown, kWarning, kNormal}), kWarning);
  EXPECT_EQ(status({kWarning, kUnknown, kCritical, kNormal}), kCritical);
}

TEST(AgentStatus, UnknownWithoutContact) {
  const ModuleCounts sync = counts_of({StatusCode::kCritical});
  EXPECT_EQ(agent_status(sync, at(10, 0), 300, at(10, 10)), StatusCode::kCritical);
  EXPECT_EQ(agent_status(sync, at(10, 0), 300, at(10, 10) + 1), StatusCode::kUnknown);
  for (const ModuleType type : {ModuleType::kAsyncData, ModuleType::kKeepAlive}) {
    const ModuleCounts others = counts_of({StatusCode::kCritical}, type);
    EXPECT_EQ(agent_status(others, at(10, 0), 300, at(20, 0)), StatusCode::kCritical)
        << "no synchronous module";
  }
  EXPECT_EQ(silence_deadline(at(10, 0), 0), at(10, 10)) << "no interval: 300 s";
}

TEST(Counts, DisabledModulesDoNotCount) {
  ModuleCounts counts = counts_of({StatusCode::kNormal, StatusCode::kWarning});
  ModuleConfig disabled = module_of(ModuleType::kGenericData);
  disabled.disabled = true;
  counts.add(disabled, StatusCode::kCritical);
  EXPECT_EQ(counts.total(), 2U);
  EXPECT_EQ(counts.of(StatusCode::kCritical), 0U);
}

TEST(Counts, OutAndIn) {
  const ModuleConfig config = module_of(ModuleType::kGenericData);
  ModuleCounts counts = counts_of({StatusCode::kNormal, StatusCode::kUnknown});
  const ModuleCounts before = counts;
  counts.add(config, StatusCode::kUnknown, -1);
  EXPECT_EQ(counts.synchronous, 1U);
  EXPECT_EQ(counts.synchronous_unknown, 0U);
  counts.add(config, StatusCode::kUnknown);
  EXPECT_TRUE(counts == before);
}

TEST(Autodisable, AllInitialisedSynchronousModulesUnknown) {
  using enum StatusCode;
  ModuleCounts counts = counts_of({kUnknown, kUnknown, kNotInit});
  counts.add(module_of(ModuleType::kAsyncData), kNormal);
  counts.add(module_of(ModuleType::kKeepAlive), kCritical);
  EXPECT_TRUE(should_autodisable(AgentMode::kAutodisable, counts, kUnknown));
  EXPECT_FALSE(should_autodisable(AgentMode::kLearning, counts, kUnknown));
  EXPECT_FALSE(should_autodisable(AgentMode::kNormal, counts, kUnknown));
  EXPECT_FALSE(should_autodisable(AgentMode::kAutodisable, counts, kCritical));
  counts.add(module_of(ModuleType::kGenericData), kNormal);
  EXPECT_FALSE(should_autodisable(AgentMode::kAutodisable, counts, kUnknown));
  EXPECT_FALSE(should_autodisable(AgentMode::kAutodisable, counts_of({kNotInit}), kUnknown));
}

TEST(Completeness, SaysWhatIsMissing) {
  AgentDocumentation agent;
  EXPECT_EQ(missing_documentation(agent),
            (std::vector<std::string_view>{"description", "address", "group", "department",
                                           "responsible", "location"}));
  agent = {.description = "d",
           .address = "10.0.0.1",
           .in_default_group = false,
           .department = "it",
           .responsible = "ops",
           .location = ""};
  EXPECT_EQ(missing_documentation(agent), (std::vector<std::string_view>{"location"}));
  agent.location = "Tokyo";
  EXPECT_TRUE(missing_documentation(agent).empty());
}

}  // namespace
}  // namespace yagura::monitor
