#include "monitor/agent_rules.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "monitor/os_family.h"
#include "monitor/rules_test_util.h"

namespace yagura::monitor {
namespace {

using report::AgentReport;
using testing::at;

AgentReport minimal() {
  AgentReport report;
  report.agent_name = "a1";
  return report;
}

AgentFields stored_agent(AgentMode mode = AgentMode::kLearning) {
  AgentReport report = minimal();
  report.os_version = "12";
  report.version = "7.0";
  report.addresses = {"10.0.0.1"};
  AgentFields agent = new_agent(report, GroupId{10}, {}, Approval::kApproved);
  agent.mode = mode;
  return agent;
}

/// A second file that tries to change everything (D6).
AgentReport everything() {
  AgentReport report = minimal();
  report.group = "Other";
  report.agent_alias = "new alias";
  report.description = "new";
  report.os_name = "Windows";
  report.custom_id = "c2";
  report.url_address = "http://x";
  report.secondary_groups = {"Web"};
  report.agent_mode = 0;
  report.interval_s = 60;
  report.version = "8.0";
  report.os_version = "13";
  report.timezone_offset_h = 2.5;
  report.addresses = {"10.0.0.9", "10.0.0.1"};
  report.parent_agent_name = "p";
  report.remote_config = true;
  return report;
}

std::vector<std::string_view> fields_of(const HeaderUpdate& update) {
  std::vector<std::string_view> fields;
  for (const FieldChange& change : update.changes)
    fields.push_back(change.field);
  return fields;
}

// --- names
// -------------------------------------------------------------------------------------------

TEST(AgentNames, WhatIsAllowed) {
  for (const std::string name : {"a1", "host.example.org", "Host A", "a_b:c@d-e", "東京サーバー",
                                 "Ünïcode", "сервер-1", "かき\u304B\u3099", "१२"})
    EXPECT_EQ(check_agent_name(name), NameFault::kNone) << name;
  for (const std::string name : {"a/b", "a\\b", "a'b", "a\"b", "a<b", "a>b", "a\nb", "a\tb", "a%b",
                                 "a,b", "x\x7f", "a\u3000b", "a\u202Eb", "😀", "½", "a\u2028"})
    EXPECT_EQ(check_agent_name(name), NameFault::kBadCharacter) << name;
  EXPECT_EQ(check_agent_name(std::string("a\0b", 3)), NameFault::kBadCharacter);
  EXPECT_EQ(check_agent_name(""), NameFault::kEmpty);
  EXPECT_EQ(check_agent_name("caf\xe9"), NameFault::kNotUtf8);
}

TEST(AgentNames, LengthIsCountedInCharacters) {
  EXPECT_EQ(check_agent_name(std::string(kMaxAgentName, 'a')), NameFault::kNone);
  EXPECT_EQ(check_agent_name(std::string(kMaxAgentName + 1, 'a')), NameFault::kTooLong);
  std::string wide;
  for (std::size_t i = 0; i < kMaxAgentName; ++i)
    wide += "京";
  EXPECT_EQ(check_agent_name(wide), NameFault::kNone);
  EXPECT_EQ(check_agent_name(wide + "京"), NameFault::kTooLong);
  EXPECT_EQ(check_agent_name(std::string(5 * kMaxAgentName, '\xf0')), NameFault::kTooLong);
}

// --- D6, D7: what a document changes
// ------------------------------------------------------------------

TEST(D6_KnownAgent, OnlyHeaderFieldsOfTheTableChange) {
  AgentFields agent = stored_agent();
  const HeaderUpdate update =
      header_update(agent, everything(), AgentId{5}, {.update_parent = true});
  EXPECT_EQ(fields_of(update), (std::vector<std::string_view>{
                                   "remote_config", "os_version", "agent_version", "interval_s",
                                   "timezone_offset_h", "parent", "address"}));
  apply(update, agent);
  EXPECT_EQ(agent.os_version, "13");
  EXPECT_EQ(agent.agent_version, "8.0");
  EXPECT_EQ(agent.interval_s, 60);
  EXPECT_EQ(agent.timezone_offset_h, 2.5);
  EXPECT_EQ(agent.address, "10.0.0.9");
  EXPECT_EQ(agent.parent, AgentId{5});
  EXPECT_TRUE(agent.remote_config);
  EXPECT_EQ(agent.alias, "a1");
  EXPECT_EQ(agent.description, "");
  EXPECT_EQ(agent.group, GroupId{10});
  EXPECT_EQ(agent.os_id, kOsOther);
  EXPECT_EQ(agent.custom_id, "");
  EXPECT_EQ(agent.url, "");
  EXPECT_EQ(agent.mode, AgentMode::kLearning);
  EXPECT_FALSE(header_update(agent, everything(), AgentId{5}, {.update_parent = true}).any());
}

TEST(D6_KnownAgent, ChangesTellBeforeAndAfter) {
  AgentReport report = minimal();
  report.interval_s = 60;
  const HeaderUpdate update = header_update(stored_agent(), report, {}, {});
  ASSERT_EQ(update.changes.size(), 1U);
  EXPECT_EQ(update.changes[0].field, "interval_s");
  EXPECT_EQ(update.changes[0].before, "300");
  EXPECT_EQ(update.changes[0].after, "60");
}

TEST(D7_NoLearn, NothingOfTheHeaderChanges) {
  const AgentFields agent = stored_agent(AgentMode::kNormal);
  EXPECT_FALSE(header_update(agent, everything(), AgentId{5}, {.update_parent = true}).any());
}

TEST(D7_NoLearn, RightsByMode) {
  const LearnRights all = rights_of(AgentMode::kLearning, false);
  EXPECT_TRUE(all.create_modules && all.update_header && all.update_addresses &&
              all.update_custom_fields && all.update_modules && all.new_inventory &&
              all.embedded_events);
  EXPECT_TRUE(rights_of(AgentMode::kAutodisable, false).create_modules);
  const LearnRights none = rights_of(AgentMode::kNormal, false);
  EXPECT_FALSE(none.create_modules || none.update_header || none.update_addresses ||
               none.update_custom_fields || none.update_modules || none.new_inventory ||
               none.embedded_events);
  EXPECT_TRUE(rights_of(AgentMode::kNormal, true).create_modules)
      << "the document that creates the agent";
}

TEST(S25_2_NoLearn, RemoteConfigLockIsTakenButNotLifted) {
  AgentFields agent = stored_agent(AgentMode::kNormal);
  AgentReport report = minimal();
  agent.remote_config = true;
  report.remote_config = false;
  EXPECT_EQ(header_update(agent, report, {}, {}).remote_config, false);
  agent.remote_config = false;
  report.remote_config = true;
  EXPECT_FALSE(header_update(agent, report, {}, {}).any());
}

TEST(KnownAgent, AbsentValuesLeaveStoredOnes) {
  const AgentFields agent = stored_agent();
  EXPECT_FALSE(header_update(agent, minimal(), {}, {}).any());
}

TEST(KnownAgent, OutOfRangeNumbersAreClamped) {
  AgentReport report = minimal();
  report.interval_s = -5;
  report.timezone_offset_h = 99;
  const HeaderUpdate update = header_update(stored_agent(), report, {}, {});
  EXPECT_EQ(update.interval_s, 0);
  EXPECT_EQ(update.timezone_offset_h, 14);
}

TEST(KnownAgent, LongTextsAreCutOnce) {
  AgentFields agent = stored_agent();
  AgentReport report = minimal();
  report.os_version = std::string(kMaxAgentText + 1, 'x');
  const HeaderUpdate update = header_update(agent, report, {}, {});
  ASSERT_TRUE(update.os_version.has_value());
  EXPECT_EQ(update.os_version->size(), kMaxAgentText);
  apply(update, agent);
  EXPECT_FALSE(header_update(agent, report, {}, {}).any());
}

TEST(D51_Parent, OnlyWithTheOptionAndWhenItExists) {
  AgentReport report = minimal();
  report.parent_agent_name = "p";
  const AgentFields agent = stored_agent();
  EXPECT_FALSE(header_update(agent, report, AgentId{5}, {}).any());
  EXPECT_FALSE(header_update(agent, report, {}, {.update_parent = true}).any()) << "unknown";
  EXPECT_EQ(header_update(agent, report, AgentId{5}, {.update_parent = true}).parent, AgentId{5});
  report.parent_agent_name.reset();
  EXPECT_FALSE(header_update(agent, report, AgentId{5}, {.update_parent = true}).any());
}

TEST(D52_Addresses, FirstIsMainAllAreListed) {
  AgentReport report = minimal();
  report.addresses = {" 10.0.0.1 ", " 10.0.0.2",   "", "10.0.0.1", "bad address",
                      "a<b",        "fe80::1%eth0"};
  EXPECT_EQ(document_addresses(report),
            (std::vector<std::string>{"10.0.0.1", "10.0.0.2", "fe80::1%eth0"}));
  EXPECT_EQ(new_agent(report, {}, {}, Approval::kApproved).address, "10.0.0.1");
  EXPECT_FALSE(header_update(stored_agent(), report, {}, {}).any()) << "10.0.0.1 is stored";
  report.addresses.clear();
  for (std::size_t i = 0; i < kMaxAddresses + 5; ++i)
    report.addresses.push_back("10.0.1." + std::to_string(i));
  EXPECT_EQ(document_addresses(report).size(), kMaxAddresses);
  report.addresses = {std::string(256, 'a')};
  EXPECT_TRUE(document_addresses(report).empty());
}

TEST(D52_Addresses, FixedOneStays) {
  AgentFields agent = stored_agent();
  agent.fixed_address = true;
  AgentReport report = minimal();
  report.addresses = {"10.0.0.9"};
  EXPECT_FALSE(header_update(agent, report, {}, {}).any());
}

// --- D8: gate
// -------------------------------------------------------------------------------------------

TEST(D8_Gate, DisabledAutodisablePendingRejected) {
  AgentFields agent = stored_agent();
  EXPECT_EQ(check_gate(agent), Gate::kProcess);
  agent.disabled = true;
  EXPECT_EQ(check_gate(agent), Gate::kDropDisabled);
  agent.mode = AgentMode::kNormal;
  EXPECT_EQ(check_gate(agent), Gate::kDropDisabled);
  agent.mode = AgentMode::kAutodisable;
  EXPECT_EQ(check_gate(agent), Gate::kReenable);
  agent.approval = Approval::kPending;
  EXPECT_EQ(check_gate(agent), Gate::kHoldPending) << "mode 2 must not admit a pending agent";
  agent.approval = Approval::kRejected;
  EXPECT_EQ(check_gate(agent), Gate::kDropRejected);
}

// --- binding
// ----------------------------------------------------------------------------------------------

TEST(Binding, EveryCase) {
  using tentacle::Level;
  struct Row {
    BindingMode mode;
    Level level;
    const char* bound;
    const char* seen;
    bool refuse, mismatch, bind;
  };
  const Row rows[] = {
      {BindingMode::kOff, Level::kMutual, "aa", "bb", false, false, false},
      {BindingMode::kOff, Level::kMutual, "", "bb", false, false, false},
      {BindingMode::kWarn, Level::kMutual, "", "bb", false, false, true},
      {BindingMode::kWarn, Level::kNone, "", "", false, false, false},
      {BindingMode::kWarn, Level::kMutual, "aa", "aa", false, false, false},
      {BindingMode::kWarn, Level::kMutual, "aa", "bb", true, true, false},
      {BindingMode::kWarn, Level::kCertificate, "aa", "bb", true, true, false},
      {BindingMode::kWarn, Level::kTls, "aa", "", false, true, false},
      {BindingMode::kWarn, Level::kNone, "aa", "", false, true, false},
      {BindingMode::kWarn, Level::kLocal, "aa", "", false, true, false},
      {BindingMode::kEnforce, Level::kTls, "aa", "", true, true, false},
      {BindingMode::kEnforce, Level::kNone, "aa", "", true, true, false},
      {BindingMode::kEnforce, Level::kMutual, "aa", "aa", false, false, false},
      {BindingMode::kEnforce, Level::kMutual, "", "aa", false, false, true},
  };
  for (const Row& row : rows) {
    const BindingVerdict verdict = judge_binding(row.mode, row.level, row.bound, row.seen);
    EXPECT_EQ(verdict.refuse, row.refuse) << row.bound << " " << row.seen;
    EXPECT_EQ(verdict.mismatch, row.mismatch) << row.bound << " " << row.seen;
    EXPECT_EQ(verdict.bind, row.bind) << row.bound << " " << row.seen;
  }
}

// --- passwords (S25_1)
// --------------------------------------------------------------------------------------

TEST(S25_1_GroupPassword, EveryCase) {
  int asked = 0;
  const auto verify = [&asked](const std::string& sent) {
    ++asked;
    return sent == "right";
  };
  const auto judge = [&](PasswordCheck check, bool creating, bool has,
                         std::optional<std::string> sent) {
    return judge_password(check, creating, has, sent, verify);
  };
  using enum PasswordVerdict;
  EXPECT_EQ(judge(PasswordCheck::kAlways, false, false, "x"), kNotNeeded);
  EXPECT_EQ(judge(PasswordCheck::kCreate, false, true, {}), kNotNeeded);
  EXPECT_EQ(judge(PasswordCheck::kAlways, false, true, {}), kMissing);
  EXPECT_EQ(judge(PasswordCheck::kAlways, false, true, ""), kMissing);
  EXPECT_EQ(asked, 0) << "no hashing where the answer is known";
  EXPECT_EQ(judge(PasswordCheck::kAlways, false, true, "wrong"), kWrong);
  EXPECT_EQ(judge(PasswordCheck::kAlways, false, true, "right"), kAccepted);
  EXPECT_EQ(judge(PasswordCheck::kCreate, true, true, "wrong"), kWrong);
  EXPECT_EQ(judge(PasswordCheck::kCreate, true, true, "right"), kAccepted);
  EXPECT_TRUE(passes(kNotNeeded) && passes(kAccepted));
  EXPECT_FALSE(passes(kMissing) || passes(kWrong));
}

// --- creation
// --------------------------------------------------------------------------------------------------

TEST(D4_AutoCreate, NeverApproveOn) {
  EXPECT_EQ(decide_creation({.mode = AutoCreate::kNever}, {}, "a1").refusal,
            CreationRefusal::kNever);
  const CreationDecision pending = decide_creation({}, {}, "a1");
  EXPECT_TRUE(pending.create());
  EXPECT_EQ(pending.approval, Approval::kPending) << "the default asks an operator";
  EXPECT_EQ(decide_creation({.mode = AutoCreate::kOn}, {}, "a1").approval, Approval::kApproved);
  EXPECT_EQ(auto_create_from_word("0"), AutoCreate::kNever);
  EXPECT_EQ(auto_create_from_word("1"), AutoCreate::kOn);
  EXPECT_EQ(auto_create_from_word("approve"), AutoCreate::kApprove);
  EXPECT_FALSE(auto_create_from_word("yes").has_value());
}

TEST(D4_AutoCreate, Limits) {
  const CreationPolicy policy{
      .mode = AutoCreate::kOn, .max_per_hour = 10, .max_per_peer_per_hour = 3};
  const auto refusal = [&policy](CreationFacts facts, std::string_view name = "a1") {
    return decide_creation(policy, facts, name).refusal;
  };
  EXPECT_EQ(refusal({.created_last_hour = 9, .created_last_hour_by_peer = 2}),
            CreationRefusal::kNone);
  EXPECT_EQ(refusal({.created_last_hour = 9, .created_last_hour_by_peer = 3}),
            CreationRefusal::kPeerRate);
  EXPECT_EQ(refusal({.created_last_hour = 10}), CreationRefusal::kTotalRate);
  EXPECT_EQ(refusal({.peer_in_allowed_nets = false}), CreationRefusal::kPeerNotAllowed);
  EXPECT_EQ(refusal({.name_matches = false}), CreationRefusal::kNameNotAllowed);
  EXPECT_EQ(refusal({}, "a/b"), CreationRefusal::kBadName);
  EXPECT_EQ(refusal({}, ""), CreationRefusal::kBadName);
  EXPECT_EQ(to_string(CreationRefusal::kGroupFull), "group-full");
}

TEST(D4_AutoCreate, ACertificateThatNamesTheAgentStandsForApproval) {
  CreationPolicy policy;
  policy.mode = AutoCreate::kApprove;
  CreationFacts facts;
  facts.certificate_names_agent = true;
  EXPECT_EQ(decide_creation(policy, facts, "web1").approval, Approval::kPending)
      << "only by the operator's word";
  policy.trust_certificates = true;
  EXPECT_EQ(decide_creation(policy, facts, "web1").approval, Approval::kApproved);
  facts.certificate_names_agent = false;
  EXPECT_EQ(decide_creation(policy, facts, "web1").approval, Approval::kPending);
  policy.mode = AutoCreate::kNever;
  facts.certificate_names_agent = true;
  EXPECT_FALSE(decide_creation(policy, facts, "web1").create()) << "never means never";
}

TEST(S25_3_Flood, AtMostTheLimitIsCreated) {
  const CreationPolicy policy;
  CreationWindow window;
  int by_one_peer = 0;
  int all = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string peer = "192.0.2." + std::to_string(i % 50);
    CreationFacts facts;
    window.count(peer, at(10, 0) + i * 1000, facts);
    if (!decide_creation(policy, facts, "n" + std::to_string(i)).create()) continue;
    window.record(peer, at(10, 0) + i * 1000);
    ++all;
    if (i % 50 == 0) ++by_one_peer;
  }
  EXPECT_EQ(all, 200);
  EXPECT_LE(by_one_peer, 20);
  CreationFacts facts;
  window.count("192.0.2.1", at(11, 1), facts);
  EXPECT_EQ(facts.created_last_hour, 0U) << "the window moves on";
  EXPECT_EQ(facts.created_last_hour_by_peer, 0U);
}

TEST(S25_3_Flood, OnePeerHasItsOwnLimit) {
  CreationWindow window;
  CreationFacts facts;
  int created = 0;
  for (int i = 0; i < 100; ++i) {
    window.count("192.0.2.1", at(10, 0), facts);
    if (!decide_creation({}, facts, "x").create()) continue;
    window.record("192.0.2.1", at(10, 0));
    ++created;
  }
  EXPECT_EQ(created, 20);
  window.count("192.0.2.2", at(10, 0), facts);
  EXPECT_TRUE(decide_creation({}, facts, "x").create());
}

// --- D2, D3: groups
// ---------------------------------------------------------------------------------------------

struct Groups {
  std::map<std::string, GroupCandidate, std::less<>> by_name;
  std::map<std::int64_t, GroupAnswer> by_id;
  GroupChoice choose(const std::optional<std::string>& declared,
                     const GroupChoicePolicy& policy) const {
    return choose_group(
        declared, policy,
        [this](std::string_view name) {
          const auto it = by_name.find(name);
          return it == by_name.end() ? GroupCandidate{} : it->second;
        },
        [this](GroupId id) {
          const auto it = by_id.find(id.value);
          return it == by_id.end() ? GroupAnswer::kMissing : it->second;
        });
  }
};

const Groups kGroups{{{"Servers", {GroupId{2}, GroupAnswer::kAccepts}},
                      {"Secret", {GroupId{3}, GroupAnswer::kPassword}},
                      {"Full", {GroupId{4}, GroupAnswer::kFull}},
                      {"Unknown", {GroupId{10}, GroupAnswer::kAccepts}}},
                     {{10, GroupAnswer::kAccepts}}};
const GroupChoicePolicy kDefaultTen{.default_group = GroupId{10}};

TEST(D2_GroupChoice, DeclaredThenDefault) {
  EXPECT_EQ(kGroups.choose("Servers", kDefaultTen).group, GroupId{2});
  EXPECT_EQ(kGroups.choose("NoSuch", kDefaultTen).group, GroupId{10});
  EXPECT_EQ(kGroups.choose("2", kDefaultTen).group, GroupId{10}) << "ids are not understood";
  EXPECT_EQ(kGroups.choose(std::nullopt, kDefaultTen).group, GroupId{10});
  EXPECT_EQ(kGroups.choose("", kDefaultTen).group, GroupId{10});
  EXPECT_EQ(kGroups.choose("10", kDefaultTen).group, GroupId{10}) << "but the default's own is";
  EXPECT_EQ(kGroups.choose("Secret", kDefaultTen).group, GroupId{10});
}

TEST(D2_GroupChoice, DefaultFirstWhenForced) {
  const GroupChoicePolicy forced{.default_group = GroupId{10}, .default_first = true};
  EXPECT_EQ(kGroups.choose("Servers", forced).group, GroupId{10});
  const GroupChoicePolicy missing{.default_group = GroupId{99}, .default_first = true};
  EXPECT_EQ(kGroups.choose("Servers", missing).group, GroupId{2});
}

TEST(D3_NoGroup, RefusalNamesTheReason) {
  EXPECT_EQ(kGroups.choose("NoSuch", {}).refusal, CreationRefusal::kNoGroup);
  EXPECT_FALSE(kGroups.choose("NoSuch", {}).group.has_value());
  EXPECT_EQ(kGroups.choose("Secret", {}).refusal, CreationRefusal::kGroupPassword);
  EXPECT_EQ(kGroups.choose("Full", {}).refusal, CreationRefusal::kGroupFull);
  EXPECT_EQ(kGroups.choose("Secret", {.default_group = GroupId{99}}).refusal,
            CreationRefusal::kGroupPassword);
  EXPECT_EQ(kGroups.choose("Servers", {}).refusal, CreationRefusal::kNone);
}

// --- D1: the new agent
// -------------------------------------------------------------------------------------------

TEST(D1_NewAgent, MinimalFile) {
  const AgentFields agent = new_agent(minimal(), GroupId{10}, {}, Approval::kApproved);
  EXPECT_EQ(agent.name, "a1");
  EXPECT_EQ(agent.alias, "a1");
  EXPECT_EQ(agent.mode, AgentMode::kLearning);
  EXPECT_EQ(agent.interval_s, 300);
  EXPECT_EQ(agent.os_id, kOsOther);
  EXPECT_EQ(agent.group, GroupId{10});
  EXPECT_FALSE(agent.disabled);
}

TEST(D1_NewAgent, EverythingOfTheHeader) {
  AgentReport report = everything();
  report.agent_mode = 2;
  const AgentFields agent = new_agent(report, GroupId{2}, AgentId{5}, Approval::kPending);
  EXPECT_EQ(agent.alias, "new alias");
  EXPECT_EQ(agent.description, "new");
  EXPECT_EQ(agent.os_id, 9);
  EXPECT_EQ(agent.os_name, "Windows");
  EXPECT_EQ(agent.os_version, "13");
  EXPECT_EQ(agent.custom_id, "c2");
  EXPECT_EQ(agent.url, "http://x");
  EXPECT_EQ(agent.parent, AgentId{5});
  EXPECT_EQ(agent.mode, AgentMode::kAutodisable);
  EXPECT_EQ(agent.timezone_offset_h, 2.5);
  EXPECT_TRUE(agent.remote_config);
  EXPECT_TRUE(agent.disabled) << "until it is approved";
}

TEST(OsFamilies, OrderOfTheTable) {
  const std::pair<const char*, int> rows[] = {
      {"Linux", 1},      {"linux 6.1", 1}, {"Windows 11", 9}, {"Windows on Linux", 9},
      {"Cisco IOS", 7},  {"SunOS 5", 2},   {"solaris", 2},    {"AIX", 3},
      {"HP-UX", 5},      {"Apple", 8},     {"Darwin", 8},     {"Android Linux", 15},
      {"Enterasys", 11}, {"3COM", 11},     {"Octopods", 13},  {"Embedded thing", 14},
      {"FreeBSD", 4},    {"Haiku", 10},    {"", 10}};
  for (const auto& [name, id] : rows)
    EXPECT_EQ(os_id(name), id) << name;
  const std::vector<std::pair<int, std::string>> custom = {{20, "My Router OS"}};
  EXPECT_EQ(os_id("router", custom), 20);
  EXPECT_EQ(os_id("", custom), 10);
  EXPECT_EQ(os_family_name(1), "Linux");
  EXPECT_EQ(os_family_name(10), "Other");
  EXPECT_EQ(os_family_name(77), "Other");
}

// --- custom fields, once per
// ---------------------------------------------------------------------------------------

TEST(D47_CustomFields, OnlyExistingOnes) {
  AgentReport report = minimal();
  report.custom_fields = {{"Serial", "A1"}, {"Nope", "x"}, {"Rack", ""}, {"Serial", "A2"}};
  const std::vector<std::string> known = {"Serial", "Rack", "Other"};
  const std::vector<CustomFieldValue> fields = custom_fields_of(report, known);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].name, "Serial");
  EXPECT_EQ(fields[0].value, "A2");
  EXPECT_EQ(fields[1].name, "Rack");
  EXPECT_EQ(fields[1].value, "");
}

TEST(OncePer, IntervalKeyAndCapacity) {
  OncePer once(300 * kSecond, 2);
  EXPECT_TRUE(once.allow("a", at(10, 0)));
  EXPECT_FALSE(once.allow("a", at(10, 4, 59)));
  EXPECT_TRUE(once.allow("b", at(10, 4)));
  EXPECT_TRUE(once.allow("a", at(10, 5)));
  EXPECT_FALSE(once.allow("a", at(10, 9)));
  EXPECT_TRUE(once.allow("c", at(10, 9))) << "the oldest, b, is forgotten";
  EXPECT_FALSE(once.allow("a", at(10, 9)));
  EXPECT_TRUE(once.allow("b", at(10, 9)));
}

TEST(OncePer, AClockThatJumpedBackDoesNotSilence) {
  OncePer once(300 * kSecond);
  EXPECT_TRUE(once.allow("a", at(20, 0)));
  EXPECT_TRUE(once.allow("a", at(10, 0)));
  EXPECT_FALSE(once.allow("a", at(10, 1)));
}

TEST(Words, OfSettings) {
  EXPECT_EQ(binding_mode_from_word("enforce"), BindingMode::kEnforce);
  EXPECT_FALSE(binding_mode_from_word("").has_value());
  EXPECT_EQ(password_check_from_word("always"), PasswordCheck::kAlways);
  EXPECT_FALSE(password_check_from_word("never").has_value());
  EXPECT_EQ(to_string(Gate::kHoldPending), "approval-pending");
  EXPECT_EQ(to_string(NameFault::kTooLong), "too-long");
  EXPECT_EQ(to_string(PasswordVerdict::kWrong), "password-wrong");
}

}  // namespace
}  // namespace yagura::monitor
