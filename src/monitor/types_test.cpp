#include "monitor/types.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace yagura::monitor {
namespace {

TEST(ModuleTypes, NamesAndNumbersOfTheDataModel) {
  const std::pair<int, const char*> expected[] = {{1, "generic_data"},
                                                  {2, "generic_proc"},
                                                  {3, "generic_data_string"},
                                                  {4, "generic_data_inc"},
                                                  {5, "generic_data_inc_abs"},
                                                  {6, "remote_icmp_proc"},
                                                  {7, "remote_icmp"},
                                                  {8, "remote_tcp"},
                                                  {9, "remote_tcp_proc"},
                                                  {10, "remote_tcp_string"},
                                                  {11, "remote_tcp_inc"},
                                                  {15, "remote_snmp"},
                                                  {16, "remote_snmp_inc"},
                                                  {17, "remote_snmp_string"},
                                                  {18, "remote_snmp_proc"},
                                                  {21, "async_proc"},
                                                  {22, "async_data"},
                                                  {23, "async_string"},
                                                  {24, "log4x"},
                                                  {25, "web_analysis"},
                                                  {30, "web_data"},
                                                  {31, "web_proc"},
                                                  {32, "web_content_data"},
                                                  {33, "web_content_string"},
                                                  {34, "remote_cmd"},
                                                  {35, "remote_cmd_proc"},
                                                  {36, "remote_cmd_string"},
                                                  {37, "remote_cmd_inc"},
                                                  {38, "web_server_status_code_string"},
                                                  {100, "keep_alive"}};
  int known = 0;
  for (const auto& [id, name] : expected) {
    const auto type = module_type_from_name(name);
    ASSERT_TRUE(type.has_value()) << name;
    EXPECT_EQ(id_of(*type), id);
    EXPECT_EQ(module_type_from_id(id), type);
    EXPECT_EQ(traits(*type).name, name);
    EXPECT_EQ(traits(*type).type, *type);
    ++known;
  }
  for (int id = -5; id < 300; ++id)
    known -= module_type_from_id(id).has_value() ? 1 : 0;
  EXPECT_EQ(known, 0) << "no type beside the table";
}

// The class of every type follows from its name (spec agent-data §8).
TEST(ModuleTypes, ClassFollowsFromTheName) {
  for (int id = 0; id <= 100; ++id) {
    const auto type = module_type_from_id(id);
    if (!type) continue;
    const TypeTraits& t = traits(*type);
    const std::string name(t.name);
    ValueClass expected = ValueClass::kNumber;
    if (name.ends_with("_string")) expected = ValueClass::kText;
    if (name.ends_with("_inc")) expected = ValueClass::kRate;
    if (name.ends_with("_inc_abs")) expected = ValueClass::kDifference;
    if (name == "log4x") expected = ValueClass::kSeverity;
    EXPECT_EQ(t.value_class, expected) << name;
    EXPECT_EQ(t.asynchronous, name.find("async") != std::string::npos) << name;
    EXPECT_EQ(t.boolean, name.ends_with("_proc") || name == "web_analysis" || name == "keep_alive")
        << name;
  }
}

TEST(ModuleTypes, D11_OtherNamesAreUnknown) {
  for (const char* name :
       {"boolean", " generic_data ", "log", "", "GENERIC_DATA", "generic_data\n"})
    EXPECT_FALSE(module_type_from_name(name).has_value()) << name;
}

TEST(Words, RoundTripAndRefuseOthers) {
  for (int i = 0; i < kStatusCount; ++i)
    EXPECT_EQ(status_from_word(to_string(*status_from_code(i))), static_cast<StatusCode>(i));
  for (int i = 0; i < 7; ++i)
    EXPECT_EQ(severity_from_word(to_string(*severity_from_code(i))), static_cast<Severity>(i));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(event_status_from_word(to_string(*event_status_from_code(i))),
              static_cast<EventStatus>(i));
    EXPECT_EQ(agent_mode_from_word(to_string(static_cast<AgentMode>(i))),
              static_cast<AgentMode>(i));
    EXPECT_EQ(approval_from_word(to_string(static_cast<Approval>(i))), static_cast<Approval>(i));
  }
  std::set<std::string_view> words;
  for (int i = 0; i < kEventTypeCount; ++i) {
    const auto type = static_cast<EventType>(i);
    EXPECT_EQ(event_type_from_word(to_string(type)), type);
    words.insert(to_string(type));
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(kEventTypeCount));
  EXPECT_FALSE(status_from_code(5).has_value());
  EXPECT_FALSE(status_from_code(-1).has_value());
  EXPECT_FALSE(severity_from_code(7).has_value());
  EXPECT_FALSE(event_status_from_code(3).has_value());
  EXPECT_FALSE(status_from_word("Normal").has_value());
  EXPECT_FALSE(event_type_from_word("").has_value());
}

TEST(Words, EveryReasonHasItsOwn) {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Reason::kSecondKeepAlive); ++i)
    words.insert(to_string(static_cast<Reason>(i)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(Reason::kSecondKeepAlive) + 1);
  EXPECT_EQ(to_string(Reason::kSecondKeepAlive), "second-keep-alive");
}

TEST(Words, WorstFirst) {
  EXPECT_GT(badness(StatusCode::kCritical), badness(StatusCode::kWarning));
  EXPECT_GT(badness(StatusCode::kWarning), badness(StatusCode::kUnknown));
  EXPECT_GT(badness(StatusCode::kUnknown), badness(StatusCode::kNormal));
  EXPECT_GT(badness(StatusCode::kNormal), badness(StatusCode::kNotInit));
}

TEST(AgentModes, FromADocument) {
  EXPECT_EQ(agent_mode_from_document(std::nullopt), AgentMode::kLearning);
  EXPECT_EQ(agent_mode_from_document(0), AgentMode::kNormal);
  EXPECT_EQ(agent_mode_from_document(1), AgentMode::kLearning);
  EXPECT_EQ(agent_mode_from_document(2), AgentMode::kAutodisable);
  EXPECT_EQ(agent_mode_from_document(7), AgentMode::kLearning);
  EXPECT_EQ(agent_mode_from_document(-1), AgentMode::kLearning);
}

}  // namespace
}  // namespace yagura::monitor
