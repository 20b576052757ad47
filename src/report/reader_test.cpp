// Conformance cases of agent data files that concern reading (ids D.. as in the specification).
#include "report/reader.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/reader_testing.h"
#include "text/base64.h"

namespace yagura::report {
namespace {

using namespace testing_support;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ReaderTest, D1MinimalDocument) {
  const AgentReport report = agent(
      "<?xml version='1.0' encoding='UTF-8'?>\n"
      "<agent_data agent_name='a1' interval='300' timestamp='2024/03/01 10:00:00'>\n"
      "<module><name><![CDATA[cpu]]></name><type>generic_data</type><data><![CDATA[12.5]]></data>"
      "</module>\n</agent_data>");
  EXPECT_EQ(report.agent_name, "a1");
  EXPECT_EQ(report.interval_s, 300);
  EXPECT_EQ(report.time, at("2024-03-01T10:00:00Z"));
  EXPECT_EQ(report.time_origin, TimeOrigin::kDocument);
  ASSERT_EQ(report.modules.size(), 1U);
  EXPECT_EQ(report.modules[0].name, "cpu");
  EXPECT_EQ(report.modules[0].type, "generic_data");
  EXPECT_FALSE(report.modules[0].has_list);
  EXPECT_THAT(values(report.modules[0]), ElementsAre("12.5"));
  EXPECT_EQ(report.modules[0].samples[0].time, std::nullopt);
  EXPECT_THAT(report.warnings, IsEmpty());
}

TEST(ReaderTest, RootAttributes) {
  const AgentReport r = with_root(
      "agent_name='h' agent_alias='Host \xE6\xAB\x93' version='7' os_name='Linux' os_version='12' "
      "description='it&apos;s' group='G' group_password='p' custom_id='c' url_address='u' "
      "parent_agent_name='p' satellite_server='s' secondary_groups='A, B,,' agent_mode='2' "
      "remote_config='1' interval='60' timezone_offset='-5.5' latitude='35.6' longitude='139.7' "
      "altitude='12' position_description='Tokyo'");
  EXPECT_EQ(r.agent_alias, "Host 櫓");
  EXPECT_EQ(r.version, "7");
  EXPECT_EQ(r.os_name, "Linux");
  EXPECT_EQ(r.os_version, "12");
  EXPECT_EQ(r.description, "it's");
  EXPECT_EQ(r.group, "G");
  EXPECT_EQ(r.group_password, "p");
  EXPECT_EQ(r.custom_id, "c");
  EXPECT_EQ(r.url_address, "u");
  EXPECT_EQ(r.parent_agent_name, "p");
  EXPECT_EQ(r.satellite_server, "s");
  EXPECT_THAT(r.secondary_groups, ElementsAre("A", "B"));
  EXPECT_EQ(r.agent_mode, 2);
  EXPECT_EQ(r.remote_config, true);
  EXPECT_EQ(r.interval_s, 60);
  EXPECT_EQ(r.timezone_offset_h, -5.5);
  EXPECT_EQ(r.latitude, 35.6);
  EXPECT_EQ(r.longitude, 139.7);
  EXPECT_EQ(r.altitude, 12.0);
  EXPECT_EQ(r.position_description, "Tokyo");
}

TEST(ReaderTest, RootAttributesOfOtherShapes) {
  const AgentReport r =
      with_root("agent_name='h' interval='' group='' agent_mode='learn' address=''");
  EXPECT_EQ(r.interval_s, 300);
  EXPECT_EQ(r.group, std::nullopt);
  EXPECT_EQ(r.agent_mode, 0);  // no number counts as 0
  EXPECT_EQ(r.remote_config, std::nullopt);
  EXPECT_THAT(r.addresses, IsEmpty());
  EXPECT_EQ(with_root("agent_name='h'").agent_mode, std::nullopt);
  EXPECT_EQ(with_root("agent_name='h' interval='often'").interval_s, 0);
  EXPECT_EQ(with_root("agent_name='h' interval='-5'").interval_s, 0);
  EXPECT_EQ(with_root("agent_name='h' interval='99999999999'").interval_s, 2147483647);
  // Both coordinates, in range, or none (§14.4).
  EXPECT_EQ(with_root("agent_name='h' latitude='40,4' longitude='1'").latitude, 40.0);
  EXPECT_EQ(with_root("agent_name='h' latitude='91' longitude='1'").latitude, std::nullopt);
  EXPECT_EQ(with_root("agent_name='h' latitude='1' longitude='181'").longitude, std::nullopt);
  EXPECT_EQ(with_root("agent_name='h' latitude='1'").latitude, std::nullopt);
  EXPECT_EQ(with_root("agent_name='h' latitude='x' longitude='y'").latitude, std::nullopt);
  EXPECT_THAT(warning_ids(with_root("agent_name='h' timezone_offset='1000'")),
              ElementsAre("timezone-offset"));
}

TEST(ReaderTest, D5WithoutANameTheDocumentIsDropped) {
  EXPECT_EQ(verdict(document("agent_name=''", "<module/>")), "no-agent-name");
  EXPECT_EQ(verdict(document("interval='300'", "<module/>")), "no-agent-name");
  EXPECT_EQ(verdict(document("interval='3'", "<agent_name>x</agent_name>")), "no-agent-name");
  EXPECT_FALSE(is_bad_xml(RefusalCode::kNoName));
  EXPECT_TRUE(is_bad_xml(RefusalCode::kMalformed));
}

TEST(ReaderTest, D10StringsAreKeptAsTheyAre) {
  EXPECT_THAT(values(module("<data> </data>")), IsEmpty());
  EXPECT_THAT(values(module("<data>0</data>")), ElementsAre("0"));
  EXPECT_THAT(values(module("<data> a </data>")), ElementsAre(" a "));
  EXPECT_THAT(values(module("<data>a\nb</data>")), ElementsAre("a\nb"));
  EXPECT_THAT(values(module("<data><![CDATA[a\nb\n]]></data>")), ElementsAre("a\nb\n"));
  EXPECT_THAT(values(module("<data>a\r\nb</data>")), ElementsAre("a\nb"));
  EXPECT_THAT(values(module("<data>50%%</data>")), ElementsAre("50%%"));
  const std::string longest(70'000, 'x');
  EXPECT_THAT(values(module("<data>" + longest + "</data>")), ElementsAre(longest));
}

TEST(ReaderTest, D11TypesAreNotJudgedHere) {
  EXPECT_EQ(module("<data>1</data>").type, std::nullopt);
  EXPECT_EQ(module("<type></type><data>1</data>").type, std::nullopt);
  EXPECT_EQ(module("<type>boolean</type>").type, "boolean");
  EXPECT_EQ(module("<type> generic_data </type>").type, " generic_data ");
}

TEST(ReaderTest, D12Names) {
  EXPECT_EQ(with_children("<module><name>a\nb</name></module>").modules[0].name, "ab");
  EXPECT_EQ(with_children("<module><name>a&#13;b</name></module>").modules[0].name, "ab");
  EXPECT_EQ(with_children("<module><name> a </name></module>").modules[0].name, " a ");
  for (const char* name : {"<name></name>", "", "<name> </name>", "<name>&#13;&#10;</name>"}) {
    const AgentReport r = with_children("<module>" + std::string(name) + "<data>1</data></module>");
    EXPECT_THAT(r.modules, IsEmpty()) << name;
    EXPECT_THAT(warning_ids(r), ElementsAre("module-without-name")) << name;
  }
}

TEST(ReaderTest, D20Timestamps) {
  const auto time = [](std::string_view timestamp) {
    const AgentReport r = with_root("agent_name='h' timestamp='" + std::string(timestamp) + "'");
    return std::pair(r.time, r.time_origin);
  };
  constexpr auto kDocument = TimeOrigin::kDocument;
  constexpr auto kUnreadable = TimeOrigin::kUnreadable;
  EXPECT_EQ(time("2024/03/01 10:00:00"), std::pair(at("2024-03-01T10:00:00Z"), kDocument));
  EXPECT_EQ(time("2024-03-01 10:00:00"), std::pair(at("2024-03-01T10:00:00Z"), kDocument));
  EXPECT_EQ(time("2024/3/1 1:2:3"), std::pair(at("2024-03-01T01:02:03Z"), kDocument));
  EXPECT_EQ(time("2024-03-01T10:00:00"), std::pair(at("2024-03-01T10:00:00Z"), kDocument));
  EXPECT_EQ(time("2024-03-01T10:00:00+09:00"), std::pair(at("2024-03-01T01:00:00Z"), kDocument));
  EXPECT_EQ(time("2023/13/01 10:00:00"), std::pair(at("2024-01-01T10:00:00Z"), kDocument));
  EXPECT_EQ(time(""), std::pair(kReceived, kUnreadable));
  EXPECT_EQ(time("yesterday"), std::pair(kReceived, kUnreadable));
  EXPECT_EQ(time("24/03/01 10:00:00"), std::pair(kReceived, kUnreadable));
  // A day ahead is believed, more is not (§7.1).
  EXPECT_EQ(time("2024/03/02 12:00:00"), std::pair(at("2024-03-02T12:00:00Z"), kDocument));
  EXPECT_EQ(time("2024/03/02 12:00:01"), std::pair(kReceived, kUnreadable));
  EXPECT_EQ(time("2036/01/01 00:00:00"), std::pair(kReceived, kUnreadable));
  EXPECT_THAT(warning_ids(with_root("agent_name='h' timestamp='x'")),
              ElementsAre("unreadable-time"));
  EXPECT_THAT(warning_ids(with_root("agent_name='h' timestamp='2036/01/01 00:00:00'")),
              ElementsAre("future-time"));
}

TEST(ReaderTest, TimesAreReadInTheServersZone) {
  ReadOptions o = options();
  o.time_zone = text::TimeZone::fixed(9 * 3600);
  const AgentReport r = agent(document(kRoot, "<module><name>m</name></module>"), o);
  EXPECT_EQ(r.time, at("2024-03-01T01:00:00Z"));
}

TEST(ReaderTest, D21D22OffsetsCountOnce) {
  const AgentReport r =
      agent(document("agent_name='a' timezone_offset='1' timestamp='2024/03/01 10:00:00'",
                     "<module><name>m</name><datalist>"
                     "<data><value>1</value><timestamp>2024-03-01 09:00:00</timestamp></data>"
                     "<data><value>2</value><timestamp>2024-03-01T09:00:00Z</timestamp></data>"
                     "<data><value>3</value><timestamp>AUTO</timestamp></data>"
                     "<data><value>4</value></data></datalist></module>"));
  EXPECT_EQ(r.time, at("2024-03-01T11:00:00Z"));
  ASSERT_EQ(r.modules[0].samples.size(), 4U);
  EXPECT_EQ(r.modules[0].samples[0].time, at("2024-03-01T10:00:00Z"));
  EXPECT_EQ(r.modules[0].samples[1].time, at("2024-03-01T09:00:00Z"));
  EXPECT_EQ(r.modules[0].samples[2].time, kNow);
  EXPECT_EQ(r.modules[0].samples[3].time, std::nullopt);
  EXPECT_EQ(with_root("agent_name='h' timezone_offset='5.5' timestamp='2024/03/01 01:00:00'").time,
            at("2024-03-01T06:30:00Z"));
}

TEST(ReaderTest, D23AutoAndAbsentTimes) {
  const AgentReport automatic = with_root("agent_name='h' timestamp='AUTO' timezone_offset='2'");
  EXPECT_EQ(automatic.time, kNow);
  EXPECT_EQ(automatic.time_origin, TimeOrigin::kAuto);
  ReadOptions o = options();
  o.received = at("2024-02-02T02:02:02Z");
  const AgentReport absent = agent(document("agent_name='h'", "<module/>"), o);
  EXPECT_EQ(absent.time, o.received);
  EXPECT_EQ(absent.time_origin, TimeOrigin::kReceived);
}

TEST(ReaderTest, DocumentTimesCanBeSwitchedOff) {
  ReadOptions o = options();
  o.use_document_time = false;
  const AgentReport r = with_children(
      "<module><name>m</name><datalist><data><value>1</value>"
      "<timestamp>2024-03-01 09:00:00</timestamp></data></datalist></module>",
      o);
  EXPECT_EQ(r.time, kReceived);
  EXPECT_EQ(r.time_origin, TimeOrigin::kReceived);
  EXPECT_EQ(r.modules[0].samples[0].time, std::nullopt);
}

TEST(ReaderTest, D24D25Lists) {
  const ModuleReport m = module(
      "<data>9</data><datalist>\n"
      "<data><value>1</value><timestamp>2024-03-01 09:00:00</timestamp></data>"
      "<data><timestamp>2024-03-01 09:01:00</timestamp><value>2</value></data>"
      "<data><value>3</value></data><data><timestamp>2024-03-01 09:03:00</timestamp></data>"
      "<data>4</data><data><value></value></data><other><value>5</value></other></datalist>");
  EXPECT_TRUE(m.has_list);
  EXPECT_THAT(values(m), ElementsAre("1", "2", "3"));
  EXPECT_EQ(m.samples[0].time, at("2024-03-01T09:00:00Z"));
  EXPECT_EQ(m.samples[1].time, at("2024-03-01T09:01:00Z"));
  EXPECT_EQ(m.samples[2].time, std::nullopt);
  // An empty list creates nothing, not even the module.
  EXPECT_THAT(with_children("<module><name>m</name><data>1</data><datalist/></module>").modules,
              IsEmpty());
  const AgentReport bad = with_children(
      "<module><name>m</name><datalist><data><value>1</value><timestamp>soon</timestamp></data>"
      "</datalist></module>");
  EXPECT_EQ(bad.modules[0].samples[0].time, std::nullopt);
  EXPECT_THAT(warning_ids(bad), ElementsAre("unreadable-time"));
}

TEST(ReaderTest, ModuleTimestamps) {
  const std::string_view xml =
      "<module><name>m</name><data>1</data><timestamp>2024/03/01 09:30:00</timestamp></module>"
      "<module><name>n</name><timestamp>1709285400</timestamp><data>1</data></module>";
  const AgentReport on = with_children(xml);
  EXPECT_EQ(on.modules[0].samples[0].time, at("2024-03-01T09:30:00Z"));
  EXPECT_EQ(on.modules[1].samples[0].time, at("2024-03-01T09:30:00Z"));
  ReadOptions o = options();
  o.module_timestamps = false;
  const AgentReport off = with_children(xml, o);
  EXPECT_EQ(off.modules[0].samples[0].time, std::nullopt);
  EXPECT_THAT(off.modules[0].extra, IsEmpty());
}

TEST(ReaderTest, D26FirstPureTextChild) {
  EXPECT_THAT(values(module("<data>1</data><data>2</data>")), ElementsAre("1"));
  EXPECT_THAT(values(module("<data x='y'>1</data>")), IsEmpty());
  EXPECT_THAT(values(module("<data x='y'>1</data><data>2</data>")), ElementsAre("2"));
  EXPECT_THAT(values(module("<data>1<b/></data><data>2</data>")), ElementsAre("2"));
  EXPECT_THAT(values(module("<data></data><data>2</data>")), ElementsAre("2"));
  EXPECT_THAT(values(module("<data>1<!-- c -->2</data>")), ElementsAre("12"));
  EXPECT_EQ(module("<unit x=''>a</unit><unit>b</unit><unit>c</unit>").unit, "b");
}

TEST(ReaderTest, AttributesOfModulesCountAsElements) {
  const AgentReport r = with_children(
      "<module name='m' type='generic_proc' data='1'/>"
      "<module name='no' data='2'><name>yes</name><type>generic_data</type></module>"
      "<module name='' data='3'><name>n</name></module>");
  ASSERT_EQ(r.modules.size(), 3U);
  EXPECT_EQ(r.modules[0].name, "m");
  EXPECT_EQ(r.modules[0].type, "generic_proc");
  EXPECT_THAT(values(r.modules[0]), ElementsAre("1"));
  EXPECT_EQ(r.modules[1].name, "yes");
  EXPECT_EQ(r.modules[1].type, "generic_data");
  EXPECT_THAT(values(r.modules[1]), ElementsAre("2"));
  EXPECT_THAT(values(r.modules[2]), ElementsAre("3"));
}

TEST(ReaderTest, WrapperAroundModulesIsTransparent) {
  const AgentReport r = with_children("<modules><module><name>m</name></module><x/></modules>");
  ASSERT_EQ(r.modules.size(), 1U);
  EXPECT_EQ(r.modules[0].name, "m");
}

TEST(ReaderTest, EveryModuleElementArrives) {
  const ModuleReport m = module(
      "<description>d</description><unit>%</unit><module_group>g</module_group>"
      "<module_interval>2</module_interval><cron_interval>3600</cron_interval>"
      "<crontab>* * * * *</crontab><min>0</min><max>100</max><post_process>0,1</post_process>"
      "<min_warning>1</min_warning><max_warning>2</max_warning><str_warning>w</str_warning>"
      "<warning_inverse>1</warning_inverse><min_critical>3</min_critical>"
      "<max_critical>4</max_critical><str_critical>c</str_critical>"
      "<critical_inverse>0</critical_inverse><min_critical_forced>5</min_critical_forced>"
      "<each_ff>1</each_ff><min_ff_event_warning>3</min_ff_event_warning><ff_type>1</ff_type>"
      "<module_ff_interval>9</module_ff_interval><tags>critical, net</tags><quiet>1</quiet>"
      "<disabled>1</disabled><status>CRITICAL</status><alert_template>t1</alert_template>"
      "<alert_template>t2</alert_template><module_parent>p</module_parent>"
      "<module_parent_unlink>1</module_parent_unlink><severity>warn</severity><message>x</message>"
      "<unknown_instructions>u</unknown_instructions>");
  EXPECT_EQ(m.description, "d");
  EXPECT_EQ(m.module_interval, "2");
  EXPECT_EQ(m.cron_interval, "3600");
  EXPECT_EQ(m.crontab, "* * * * *");
  EXPECT_EQ(m.post_process, "0,1");
  EXPECT_EQ(m.max_warning, "2");
  EXPECT_EQ(m.str_critical, "c");
  EXPECT_EQ(m.min_critical_forced, "5");
  EXPECT_EQ(m.min_ff_event_warning, "3");
  EXPECT_EQ(m.module_ff_interval, "9");
  EXPECT_EQ(m.tags, "critical, net");
  EXPECT_EQ(m.status, "CRITICAL");
  EXPECT_THAT(m.alert_templates, ElementsAre("t1", "t2"));
  EXPECT_EQ(m.module_parent_unlink, "1");
  EXPECT_EQ(m.severity, "warn");
  EXPECT_EQ(m.unknown_instructions, "u");
  EXPECT_THAT(m.extra, IsEmpty());
}

TEST(ReaderTest, D47CustomFields) {
  const AgentReport r = with_children(
      "<custom_fields><field><name>Serial Number</name><value>A1</value></field>"
      "<field><name>Empty</name></field><field><value>lost</value></field></custom_fields>");
  EXPECT_THAT(r.custom_fields, ElementsAre(Pair("Serial Number", "A1"), Pair("Empty", "")));
}

TEST(ReaderTest, D48Inventory) {
  const AgentReport r = with_children(
      "<inventory><inventory_module><name>CPU</name><type>generic_data_string</type><datalist>"
      "<data>a;b</data><data><![CDATA[c;d\r\ne;f]]></data><data></data></datalist>"
      "</inventory_module><inventory_module><name>Direct</name><data>x</data></inventory_module>"
      "<inventory_module><datalist><data>y</data></datalist></inventory_module></inventory>");
  ASSERT_EQ(r.inventory.size(), 2U);
  EXPECT_EQ(r.inventory[0].name, "CPU");
  EXPECT_THAT(r.inventory[0].rows, ElementsAre("a;b", "c;d", "e;f"));
  EXPECT_EQ(r.inventory[1].name, "Direct");
  EXPECT_THAT(r.inventory[1].rows, ElementsAre("x"));
  EXPECT_THAT(warning_ids(r), ElementsAre("inventory-without-name"));
}

TEST(ReaderTest, D49Events) {
  const auto event = [](std::string_view json) {
    return "<event>" + text::base64_encode(json) + "</event>";
  };
  const AgentReport r =
      with_children("<events><event>eyJkYXRhIjoiZGlzayBmdWxsIiwic2V2ZXJpdHkiOjR9</event>" +
                    event(R"({"data":"two"})") + event(R"({"data":"three","severity":"3"})") +
                    event(R"({"data":"four","severity":99})") + event(R"({"severity":4})") +
                    event("[1]") + event("not json") +
                    "<event>!!!</event><event> eyJkYXRhIj\noiZGlzayBmdWxsIn0 </event></events>");
  ASSERT_EQ(r.events.size(), 5U);
  EXPECT_EQ(r.events[0].text, "disk full");
  EXPECT_EQ(r.events[0].severity, 4);
  EXPECT_EQ(r.events[1].severity, 0);
  EXPECT_EQ(r.events[2].severity, 3);
  EXPECT_EQ(r.events[3].severity, 0);
  EXPECT_EQ(r.events[4].text, "disk full");
  EXPECT_THAT(warning_ids(r),
              ElementsAre("event-severity", "bad-event", "bad-event", "bad-event", "bad-event"));
}

TEST(ReaderTest, D50UnknownElementsAreKept) {
  const ModuleReport m = module("<foo>bar</foo><empty/><deep><x>1</x></deep><foo>b&lt;r</foo>");
  EXPECT_THAT(m.extra, ElementsAre(Pair("foo", "bar"), Pair("foo", "b<r")));
  // Names close to known ones are unknown all the same.
  EXPECT_THAT(module("<Unit>x</Unit><mix>1</mix><n>2</n>").extra,
              ElementsAre(Pair("Unit", "x"), Pair("mix", "1"), Pair("n", "2")));
}

TEST(ReaderTest, D52Addresses) {
  EXPECT_THAT(with_root("agent_name='h' address=' 10.0.0.1 , 10.0.0.2'").addresses,
              ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST(ReaderTest, Logs) {
  const auto log = [](std::string_view children) {
    return with_children("<log_module>" + std::string(children) + "</log_module>");
  };
  const std::string lines = "Nov 22 01:00:00 host sshd[1]: failed\nsecond\n";
  const AgentReport declared =
      log("<source>auth</source><type>log</type><encoding>base64</encoding><data>" +
          text::base64_encode(lines) + "</data>");
  ASSERT_EQ(declared.logs.size(), 1U);
  EXPECT_EQ(declared.logs[0].source, "auth");
  EXPECT_EQ(declared.logs[0].data, lines);
  EXPECT_EQ(log("<source>a</source><data>" + text::base64_encode(lines) + "</data>").logs[0].data,
            lines);
  EXPECT_EQ(log("<source>a</source><data>plain line</data>").logs[0].data, "plain line");
  EXPECT_EQ(log("<source>a</source><data>AbstractQueuedSynchronizer1</data>").logs[0].data,
            "AbstractQueuedSynchronizer1");
  EXPECT_THAT(log("<data>x</data>").logs, IsEmpty());
  const AgentReport bad = log("<source>a</source><encoding>base64</encoding><data>!</data>");
  EXPECT_THAT(bad.logs, IsEmpty());
  EXPECT_THAT(warning_ids(bad), ElementsAre("bad-log"));
  EXPECT_EQ(log("<source>a</source><encoding>base64</encoding><data>/w==</data>").logs[0].data,
            "\uFFFD");
}

TEST(ReaderTest, LogLinesHaveALimit) {
  const auto read_lines = [](std::size_t count, std::string_view end) {
    std::string lines;
    for (std::size_t i = 0; i < count; ++i)
      lines += "l " + std::to_string(i) + "\n";
    return with_children("<log_module><source>a</source><data>" + lines + std::string(end) +
                         "</data></log_module>");
  };
  const auto count = [](const AgentReport& r) {
    return static_cast<std::size_t>(std::count(r.logs[0].data.begin(), r.logs[0].data.end(), '\n'));
  };
  const AgentReport full = read_lines(kMaxLogLines, "");
  EXPECT_EQ(count(full), kMaxLogLines);
  EXPECT_THAT(full.warnings, IsEmpty());
  const AgentReport over = read_lines(kMaxLogLines + 2, "tail");
  EXPECT_EQ(count(over), kMaxLogLines);
  EXPECT_THAT(over.warnings, ElementsAre(Pair("log-cut", "3 log lines of a left out")));
}

TEST(ReaderTest, ServerRecords) {
  auto result = read(
      "<agent_data server_name='sat1' server_type='13' version='7' threads='2' modules='40' "
      "keepalive='30' agent_name='x'><module><name>m</name></module></agent_data>",
      options());
  ASSERT_TRUE(std::holds_alternative<ServerReport>(result));
  const auto& server = std::get<ServerReport>(result);
  EXPECT_EQ(server.server_name, "sat1");
  EXPECT_EQ(server.server_type, 13);
  EXPECT_EQ(server.version, "7");
  EXPECT_EQ(server.threads, 2);
  EXPECT_EQ(server.modules, 40);
  EXPECT_EQ(server.keepalive_s, 30);
  EXPECT_FALSE(server.disabled);
  EXPECT_EQ(server.time, kReceived);
  EXPECT_EQ(verdict("<agent_data server_name='' agent_name='x'/>"), "agent");
  EXPECT_EQ(verdict("<x connection_source='a' agent_name='x'/>"), "unsupported-document");
  EXPECT_EQ(verdict("<x ipam_source='a'/>"), "unsupported-document");
}

}  // namespace
}  // namespace yagura::report
