#include "report/writer.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/module_fields.h"
#include "report/reader.h"

namespace yagura::report {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Micros kTime = 1'709'287'200 * kSecond;  // 2024-03-01 10:00:00 UTC

AgentReport read_back(const std::string& xml, const text::TimeZone& zone = {}) {
  ReadOptions options;
  options.now = options.received = kTime + kHour;
  options.time_zone = zone;
  auto result = read(xml, options);
  if (!std::holds_alternative<AgentReport>(result)) {
    ADD_FAILURE() << xml;
    return {};
  }
  return std::get<AgentReport>(std::move(result));
}

AgentReport full_report() {
  AgentReport r;
  r.agent_name = "a'<1>\"&";
  r.agent_alias = "櫓 \t\n x";
  r.version = "7";
  r.os_name = "Linux";
  r.os_version = "12";
  r.description = "it's";
  r.group = "G";
  r.group_password = "]]>";
  r.custom_id = "c";
  r.url_address = "http://x/?a=1&b=2";
  r.parent_agent_name = "p";
  r.secondary_groups = {"A", "B"};
  r.addresses = {"10.0.0.1", "2001:db8::1"};
  r.agent_mode = 1;
  r.remote_config = false;
  r.interval_s = 60;
  r.timezone_offset_h = 1.5;
  r.time = kTime;
  r.latitude = 35.5;
  r.longitude = -139.25;
  r.altitude = 7;
  r.position_description = "here";
  ModuleReport single;
  single.name = "m ]]> <&>";
  single.samples = {{"a\nb\r\n ]]> <c>", std::nullopt}};
  for (const ModuleField& field : module_fields()) {
    if (field.member != nullptr) single.*field.member = "value of " + std::string(field.name);
  }
  single.alert_templates = {"t1", "t2"};
  single.extra = {{"foo", "bar"}, {"foo", "baz"}};
  ModuleReport list;
  list.name = "list";
  list.has_list = true;
  list.samples = {{"1", kTime - kHour}, {"2", std::nullopt}};
  ModuleReport timed;
  timed.name = "timed";
  timed.samples = {{"3", kTime - kMinute}};
  r.modules = {single, list, timed};
  r.custom_fields = {{"Serial", "A<1"}, {"Empty", ""}};
  r.inventory = {{"CPU", {"a;b", "c;d"}}};
  r.events = {{"disk \"full\"", 4}};
  r.logs = {{"auth", "line 1\nline 2\n"}};
  return r;
}

TEST(WriterTest, WhatIsWrittenReadsBackTheSame) {
  const AgentReport r = full_report();
  const std::string xml = write(r);
  const AgentReport b = read_back(xml);
  EXPECT_THAT(b.warnings, IsEmpty());
  EXPECT_EQ(b.agent_name, r.agent_name);
  EXPECT_EQ(b.agent_alias, r.agent_alias);
  EXPECT_EQ(b.group_password, r.group_password);
  EXPECT_EQ(b.url_address, r.url_address);
  EXPECT_EQ(b.secondary_groups, r.secondary_groups);
  EXPECT_EQ(b.addresses, r.addresses);
  EXPECT_EQ(b.remote_config, false);
  EXPECT_EQ(b.time, r.time);
  EXPECT_EQ(b.longitude, r.longitude);
  ASSERT_EQ(b.modules.size(), 3U);
  EXPECT_EQ(b.modules[0].name, r.modules[0].name);
  EXPECT_EQ(b.modules[0].samples[0].value, r.modules[0].samples[0].value);
  for (const ModuleField& field : module_fields()) {
    if (field.member == nullptr) continue;
    EXPECT_EQ(b.modules[0].*field.member, "value of " + std::string(field.name));
  }
  EXPECT_EQ(b.modules[0].alert_templates, r.modules[0].alert_templates);
  EXPECT_EQ(b.modules[0].extra, r.modules[0].extra);
  EXPECT_TRUE(b.modules[1].has_list);
  EXPECT_EQ(b.modules[1].samples[0].time, kTime - kHour);
  EXPECT_EQ(b.modules[1].samples[1].time, std::nullopt);
  EXPECT_EQ(b.modules[2].samples[0].time, kTime - kMinute);
  EXPECT_EQ(b.custom_fields, r.custom_fields);
  EXPECT_EQ(b.inventory[0].rows, r.inventory[0].rows);
  EXPECT_EQ(b.events[0].text, r.events[0].text);
  EXPECT_EQ(b.events[0].severity, 4);
  EXPECT_EQ(b.logs[0].data, r.logs[0].data);
  EXPECT_EQ(write(b), xml);
}

TEST(WriterTest, TimesAreThoseOfTheAgentsZone) {
  AgentReport r;
  r.agent_name = "a";
  r.time = kTime;
  r.timezone_offset_h = -9;  // the server is in UTC, the agent nine hours ahead
  // The offset alone already moves the text; the zone here is the server's view of it.
  EXPECT_THAT(write(r), HasSubstr("timestamp=\"2024/03/01 19:00:00\""));
  EXPECT_EQ(read_back(write(r)).time, kTime);
  r.timezone_offset_h = 0;
  const auto tokyo = text::TimeZone::fixed(9 * 3600);
  EXPECT_THAT(write(r, {tokyo}), HasSubstr("timestamp=\"2024/03/01 19:00:00\""));
  EXPECT_EQ(read_back(write(r, {tokyo}), tokyo).time, kTime);
}

TEST(WriterTest, LeavesOutWhatIsNotThere) {
  AgentReport r;
  r.agent_name = "a";
  r.interval_s = 300;
  EXPECT_EQ(write(r),
            "<?xml version='1.0' encoding='UTF-8'?>\n<agent_data interval=\"300\" agent_name=\"a\" "
            "timezone_offset=\"0\">\n</agent_data>\n");
}

TEST(WriterTest, BadTextsNeverBreakTheDocument) {
  AgentReport r;
  r.agent_name = "a\x01\xFF";
  ModuleReport m;
  m.name = "m";
  m.samples = {{std::string("x\0\x1B[2J\xEF\xBF\xBF", 9), std::nullopt}};
  m.extra = {{"bad name", "x"}, {"1st", "x"}, {"", "x"}, {"a><b", "x"}, {"good-1.x", "y"}};
  r.modules = {m};
  const AgentReport b = read_back(write(r));
  EXPECT_THAT(b.warnings, IsEmpty());
  EXPECT_EQ(b.agent_name, "a\uFFFD\uFFFD");
  EXPECT_EQ(b.modules[0].samples[0].value, "x\uFFFD\uFFFD[2J\uFFFD");
  ASSERT_EQ(b.modules[0].extra.size(), 1U);
  EXPECT_EQ(b.modules[0].extra[0].first, "good-1.x");
}

TEST(WriterTest, SeveralValuesMakeAList) {
  AgentReport r;
  r.agent_name = "a";
  ModuleReport m;
  m.name = "m";
  m.samples = {{"1", std::nullopt}, {"2", std::nullopt}};
  r.modules = {m};
  EXPECT_EQ(read_back(write(r)).modules[0].samples.size(), 2U);
}

TEST(ModuleFieldsTest, EveryNameIsFoundAndOnlyThose) {
  std::set<std::string_view> names;
  for (const ModuleField& field : module_fields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_EQ(find_module_field(field.name), &field);
    EXPECT_EQ(find_module_field(std::string(field.name) + "x"), nullptr);
    EXPECT_EQ(find_module_field(field.name.substr(1)), nullptr) << field.name;
  }
  EXPECT_EQ(names.size(), 50U);
  EXPECT_EQ(find_module_field(""), nullptr);
  EXPECT_EQ(find_module_field("x"), nullptr);
}

}  // namespace
}  // namespace yagura::report
