#include "monitor/module_config.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "monitor/rules_test_util.h"

namespace yagura::monitor {
namespace {

using testing::report_of;

const std::vector<std::string> kTags = {"critical", "net", " net"};
const std::vector<std::string> kGroups = {"General", "Networking"};
const Catalogue kCatalogue{std::span(kTags).first(2), kGroups};
const CreationContext kContext;

NewModule create(const report::ModuleReport& module, const CreationContext& context = kContext) {
  return config_from_report(module, kCatalogue, context);
}

TEST(D1_MinimalModule, Defaults) {
  const NewModule created = create(report_of("cpu", "12.5"));
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created.config.name, "cpu");
  EXPECT_EQ(created.config.type, ModuleType::kGenericData);
  EXPECT_EQ(created.config.interval_s, 300);
  EXPECT_TRUE(created.config.history);
  EXPECT_FALSE(created.config.disabled);
  EXPECT_EQ(created.config.warning, (Range{}));
  EXPECT_EQ(created.config.critical, (Range{}));
  EXPECT_EQ(created.config.patterns, nullptr);
  EXPECT_TRUE(created.texts.description.empty());
}

TEST(D11_Types, AbsentKnownAndUnknown) {
  report::ModuleReport module = report_of("m", "1");
  EXPECT_EQ(create(module).config.type, ModuleType::kGenericData);
  for (const char* type : {"boolean", " generic_data ", "log", "nothing"}) {
    module.type = type;
    EXPECT_EQ(create(module).reason, Reason::kUnknownType) << type;
  }
  module.type = "async_string";
  EXPECT_EQ(create(module).config.type, ModuleType::kAsyncString);
}

TEST(D12_Names, LineBreaksRemovedEmptySkipped) {
  EXPECT_EQ(create(report_of("a\nb", "1")).config.name, "ab");
  EXPECT_EQ(create(report_of("a\r\nb", "1")).config.name, "ab");
  EXPECT_EQ(create(report_of(" a ", "1")).config.name, " a ");
  EXPECT_EQ(create(report_of("", "1")).reason, Reason::kNameEmpty);
  EXPECT_EQ(create(report_of("\n\r", "1")).reason, Reason::kNameEmpty);
  EXPECT_TRUE(create(report_of(std::string(kMaxModuleName, 'n'), "1")).ok());
  EXPECT_EQ(create(report_of(std::string(kMaxModuleName + 1, 'n'), "1")).reason,
            Reason::kNameTooLong);
}

TEST(Creation, Refusals) {
  const report::ModuleReport module = report_of("m", "1");
  EXPECT_EQ(create(module, {.may_create = false}).reason, Reason::kNotLearning);
  EXPECT_TRUE(create(module, {.modules = 4, .max_modules = 5}).ok());
  EXPECT_EQ(create(module, {.modules = 5, .max_modules = 5}).reason, Reason::kModuleLimit);
  report::ModuleReport alive = module;
  alive.type = "keep_alive";
  EXPECT_TRUE(create(alive).ok());
  EXPECT_EQ(create(alive, {.has_keep_alive = true}).reason, Reason::kSecondKeepAlive);
  report::ModuleReport list;
  list.name = "m";
  list.has_list = true;
  EXPECT_EQ(create(list).reason, Reason::kEmptyList);
  list.has_list = false;
  EXPECT_TRUE(create(list).ok()) << "a rejected value creates the module";
}

TEST(Creation, NumbersAsTheDatabaseReadsThem) {
  report::ModuleReport module = report_of("m", "1");
  module.min = "10.5";
  module.max = "-3.4";
  module.post_process = "0,1";
  module.min_warning = "10,2";
  module.max_warning = "20.5 %";
  module.min_critical = "abc";
  module.max_critical = "-5";
  const ModuleConfig config = create(module).config;
  EXPECT_EQ(config.min, 11);
  EXPECT_EQ(config.max, -3);
  EXPECT_EQ(config.post_process, 0.1);
  EXPECT_EQ(config.warning, (Range{10, 20.5}));
  EXPECT_EQ(config.critical, (Range{0, -5}));
  module.post_process = "1,2,3";
  EXPECT_EQ(create(module).config.post_process, 0) << "no number: none";
}

TEST(Creation, CountsAndFlags) {
  report::ModuleReport module = report_of("m", "1");
  module.min_ff_event = "2";
  module.min_ff_event_normal = "-3";
  module.min_ff_event_warning = "99999999";
  module.min_ff_event_critical = "2.9";
  module.each_ff = "1";
  module.ff_type = "1";
  module.ff_timeout = "30";
  module.module_ff_interval = "10";
  module.quiet = "1";
  module.disabled = "1";
  module.warning_inverse = "1";
  module.critical_inverse = "0";
  const ModuleConfig config = create(module).config;
  EXPECT_EQ(config.min_ff, 2);
  EXPECT_EQ(config.min_ff_normal, 0);
  EXPECT_EQ(config.min_ff_warning, kMaxRepeat);
  EXPECT_EQ(config.min_ff_critical, 2);
  EXPECT_TRUE(config.each_ff);
  EXPECT_TRUE(config.cumulative_ff);
  EXPECT_EQ(config.ff_timeout_s, 30);
  EXPECT_EQ(config.ff_interval_s, 10);
  EXPECT_TRUE(config.quiet);
  EXPECT_TRUE(config.disabled);
  EXPECT_TRUE(config.warning_inverse);
  EXPECT_FALSE(config.critical_inverse);
}

TEST(Creation, Texts) {
  report::ModuleReport module = report_of("m", "1");
  module.description = "what it is";
  module.unit = "%";
  module.module_group = "networking";
  module.crontab = "*/5 * * * *";
  module.custom_id = "c1";
  module.critical_instructions = "run";
  module.warning_instructions = "look";
  module.unknown_instructions = "wait";
  module.alert_templates = {"t1", "t2"};
  module.module_parent = "p";
  module.str_warning = "warn";
  module.str_critical = "a(b";
  module.extra = {{"foo", "bar"}, {"x", "<b>"}};
  const NewModule created = create(module);
  EXPECT_EQ(created.texts.description, "what it is");
  EXPECT_EQ(created.texts.unit, "%");
  EXPECT_EQ(created.texts.module_group, "Networking");
  EXPECT_EQ(created.texts.crontab, "") << "steps are no cron expression of this format";
  EXPECT_EQ(created.texts.custom_id, "c1");
  EXPECT_EQ(created.texts.critical_instructions, "run");
  EXPECT_EQ(created.texts.warning_instructions, "look");
  EXPECT_EQ(created.texts.unknown_instructions, "wait");
  EXPECT_EQ(created.texts.alert_templates, (std::vector<std::string>{"t1", "t2"}));
  EXPECT_EQ(created.texts.parent, "p");
  EXPECT_EQ(created.texts.extended_info, "foo: bar\nx: <b>");
  EXPECT_EQ(str_warning(created.config), "warn");
  EXPECT_EQ(str_critical(created.config), "a(b") << "kept as text though it never matches";
  module.crontab = "0 22-6 * * *";
  module.module_group = "nowhere";
  module.module_parent_unlink = "1";
  const NewModule other = create(module);
  EXPECT_EQ(other.texts.crontab, "0 22-6 * * *");
  EXPECT_EQ(other.texts.module_group, "");
  EXPECT_EQ(other.texts.parent, "");
}

TEST(Creation, LongTextsAreCut) {
  report::ModuleReport module = report_of("m", "1");
  module.description = std::string(kMaxModuleText + 10, 'd');
  module.extra = {{"a", std::string(kMaxModuleText, 'x')}, {"b", "never reached"}};
  const NewModule created = create(module);
  EXPECT_EQ(created.texts.description.size(), kMaxModuleText);
  EXPECT_EQ(created.texts.extended_info.size(), kMaxModuleText);
  ModuleConfig config = created.config;
  EXPECT_FALSE(update_from_report(config, module, 300).any()) << "the cut text is the stored one";
}

TEST(D33_Tags, NotTrimmed) {
  report::ModuleReport module = report_of("m", "1");
  module.tags = "critical, net";
  EXPECT_EQ(create(module).texts.tags, (std::vector<std::string>{"critical"}));
  module.tags = "net,critical,net,nothing,";
  EXPECT_EQ(create(module).texts.tags, (std::vector<std::string>{"net", "critical"}));
}

// --- intervals
// -------------------------------------------------------------------------------------

TEST(D31_ModuleInterval, MultiplierThenAbsent) {
  report::ModuleReport module = report_of("m", "1");
  module.module_interval = "2";
  ModuleConfig config = create(module).config;
  EXPECT_EQ(config.interval_s, 600);
  module.module_interval.reset();
  const ModuleUpdate update = update_from_report(config, module, 300);
  EXPECT_EQ(config.interval_s, 300);
  ASSERT_EQ(update.changes.size(), 1U);
  EXPECT_EQ(update.changes[0].field, "interval_s");
  EXPECT_EQ(update.changes[0].before, "600");
  EXPECT_EQ(update.changes[0].after, "300");
}

TEST(D32_CronInterval, WinsInSeconds) {
  report::ModuleReport module = report_of("m", "1");
  module.cron_interval = "3600";
  module.module_interval = "2";
  EXPECT_EQ(create(module).config.interval_s, 3600);
}

TEST(Intervals, UnusualMultipliers) {
  const std::pair<const char*, int> rows[] = {{"1.5", 450}, {"0", 0},    {"-1", 0},
                                              {"abc", 0},   {"0.1", 30}, {"1e30", 315'360'000}};
  for (const auto& [multiplier, interval] : rows) {
    report::ModuleReport module = report_of("m", "1");
    module.module_interval = multiplier;
    EXPECT_EQ(create(module).config.interval_s, interval) << multiplier;
  }
  ModuleConfig config;
  EXPECT_EQ(effective_interval_s(config, 60), 60);
  config.interval_s = 10;
  EXPECT_EQ(effective_interval_s(config, 60), 10);
}

// --- known modules
// -------------------------------------------------------------------------------------

TEST(D29_KnownModule, ThresholdsUnitAndTagsStay) {
  report::ModuleReport module = report_of("m", "1");
  module.min_warning = "5";
  module.str_critical = "bad";
  ModuleConfig config = create(module).config;
  module.min_warning = "7";
  module.max_critical = "9";
  module.str_critical = "worse";
  module.warning_inverse = "1";
  module.unit = "new";
  module.tags = "net";
  module.min = "1";
  module.disabled = "1";
  module.type = "generic_proc";
  EXPECT_FALSE(update_from_report(config, module, 300).any());
  EXPECT_EQ(config.warning, (Range{5, 0}));
  EXPECT_EQ(config.critical, (Range{}));
  EXPECT_EQ(str_critical(config), "bad");
  EXPECT_FALSE(config.warning_inverse);
  EXPECT_FALSE(config.disabled);
  EXPECT_EQ(config.type, ModuleType::kGenericData);
}

TEST(D29_KnownModule, OptionLetsTheAgentSetThresholds) {
  report::ModuleReport module = report_of("m", "1");
  module.min_warning = "5";
  module.max_warning = "6";
  ModuleConfig config = create(module).config;
  module.min_warning = "7";
  module.max_warning.reset();
  module.str_warning = "w";
  module.critical_inverse = "1";
  const ModuleUpdate update =
      update_from_report(config, module, 300, {.thresholds_from_agent = true});
  EXPECT_EQ(config.warning, (Range{7, 6})) << "what the document does not name stays";
  EXPECT_EQ(str_warning(config), "w");
  EXPECT_TRUE(config.critical_inverse);
  ASSERT_EQ(update.changes.size(), 3U);
  EXPECT_EQ(update.changes[0].field, "min_warning");
  EXPECT_EQ(update.changes[0].before, "5");
  EXPECT_EQ(update.changes[0].after, "7");
  EXPECT_EQ(update.changes[1].field, "str_warning");
  EXPECT_EQ(update.changes[2].field, "critical_inverse");
  EXPECT_EQ(update.changes[2].after, "1");
}

TEST(D30_Description, NeverErased) {
  report::ModuleReport module = report_of("m", "1");
  module.description = "d1";
  ModuleConfig config = create(module).config;
  module.description = "d2";
  EXPECT_EQ(update_from_report(config, module, 300).description, "d2");
  EXPECT_FALSE(update_from_report(config, module, 300).any());
  module.description.reset();
  EXPECT_FALSE(update_from_report(config, module, 300).any());
  module.description = "";
  EXPECT_FALSE(update_from_report(config, module, 300).any());
}

TEST(D50_ExtendedInfo, FollowsTheDocumentAlsoToNothing) {
  report::ModuleReport module = report_of("m", "1");
  ModuleConfig config = create(module).config;
  module.extra = {{"foo", "bar"}};
  const ModuleUpdate set = update_from_report(config, module, 300);
  EXPECT_EQ(set.extended_info, "foo: bar");
  EXPECT_FALSE(update_from_report(config, module, 300).any());
  module.extra.clear();
  EXPECT_EQ(update_from_report(config, module, 300).extended_info, "");
}

TEST(ForcedThresholds, ChangeKnownModulesUnlessPolicyLinked) {
  report::ModuleReport module = report_of("m", "1");
  module.min_warning = "5";
  ModuleConfig config = create(module).config;
  module.min_warning_forced = "6";
  module.max_critical_forced = "100";
  module.str_critical_forced = "bad";
  module.description = "d";
  ModuleConfig linked = config;
  linked.policy_linked = true;
  EXPECT_FALSE(update_from_report(linked, module, 60).any());
  EXPECT_EQ(linked.interval_s, 300);

  const ModuleUpdate update = update_from_report(config, module, 300);
  EXPECT_EQ(config.warning, (Range{6, 0}));
  EXPECT_EQ(config.critical, (Range{0, 100}));
  EXPECT_EQ(str_critical(config), "bad");
  EXPECT_EQ(update.changes.size(), 4U);
  EXPECT_FALSE(update_from_report(config, module, 300).any());
  EXPECT_EQ(create(module).config.warning, (Range{6, 0})) << "also on creation";
}

TEST(D34_ParentWish, LinkLeaveUnlink) {
  report::ModuleReport module = report_of("m", "1");
  EXPECT_EQ(parent_wish(module).kind, ParentWish::Kind::kLeave);
  module.module_parent = "p";
  EXPECT_EQ(parent_wish(module).kind, ParentWish::Kind::kLink);
  EXPECT_EQ(parent_wish(module).name, "p");
  module.module_parent_unlink = "1";
  EXPECT_EQ(parent_wish(module).kind, ParentWish::Kind::kUnlink);
  module.module_parent_unlink = "0";
  module.module_parent = "";
  EXPECT_EQ(parent_wish(module).kind, ParentWish::Kind::kLeave);
}

TEST(D36_TypeDiffers, OnlyWhenTheDocumentNamesAnother) {
  report::ModuleReport module = report_of("m", "abc");
  const ModuleConfig config = create(module).config;
  EXPECT_FALSE(type_differs(config, module));
  module.type = "generic_data";
  EXPECT_FALSE(type_differs(config, module));
  module.type = "generic_data_string";
  EXPECT_TRUE(type_differs(config, module));
}

TEST(DisabledEvents, BitPerType) {
  ModuleConfig config;
  config.disabled_events = 1U << static_cast<unsigned>(EventType::kSecurity);
  for (int i = 0; i < kEventTypeCount; ++i)
    EXPECT_EQ(config.event_disabled(static_cast<EventType>(i)),
              static_cast<EventType>(i) == EventType::kSecurity);
}

}  // namespace
}  // namespace yagura::monitor
