// Modules and values from documents to rows: the conformance cases of agent-data §18 that need the
// database (D20 to D23, D27 to D36, D48 to D50, D53 to D55).
#include <gmock/gmock.h>

#include "monitor/ingest_test_kit.h"

namespace yagura::monitor {
namespace {

using testing::ElementsAre;

class IngestValues : public IngestTest {
 protected:
  static Micros at(int hour, int minute, int second = 0) {
    return kTen + (hour - 10) * kHour + minute * kMinute + second * kSecond;
  }
};
INSTANTIATE_INGEST(IngestValues);

TEST_P(IngestValues, D20Timestamps) {
  feed(agent_xml("", module_xml("m", "1"), "2024-03-01 10:00:00"));
  EXPECT_EQ(state("m").value_time, kTen);
  feed(agent_xml("", module_xml("m", "2"), "2024/3/1 10:2:3"));
  EXPECT_EQ(state("m").value_time, at(10, 2, 3));
  clock_.advance(10 * kMinute);
  feed(agent_xml("", module_xml("m", "3"), "yesterday"));
  EXPECT_EQ(state("m").number, 3);
  EXPECT_EQ(state("m").value_time, clock_.now());
}

TEST_P(IngestValues, D21OffsetCountsOnce) {
  clock_.advance(2 * kHour);
  feed(agent_xml("timezone_offset='1'", module_xml("m", "1")));
  EXPECT_EQ(state("m").value_time, at(11, 0));
  EXPECT_EQ(number("SELECT last_remote_contact FROM agent_state"), at(11, 0));
}

TEST_P(IngestValues, D22ListItemsTakeTheOffsetToo) {
  clock_.advance(2 * kHour);
  feed(agent_xml("timezone_offset='1'",
                 "<module><name>m</name><datalist><data><value>5</value>"
                 "<timestamp>2024-03-01 09:00:00</timestamp></data></datalist></module>"));
  EXPECT_THAT(history("m"), ElementsAre(std::pair(kTen, 5.0)));
}

TEST_P(IngestValues, D23AutoIsNowAndWithoutTimestampTheReceiveTime) {
  feed(agent_xml("", module_xml("m", "1"), "AUTO"));
  EXPECT_EQ(state("m").value_time, clock_.now());
  Provenance from;
  from.received = clock_.now() + 7 * kSecond;
  feed("<?xml version='1.0'?><agent_data agent_name='b'>" + module_xml("m", "1") + "</agent_data>",
       from);
  EXPECT_EQ(state("m", "b").value_time, from.received);
}

TEST_P(IngestValues, D24ListIsStoredItemByItem) {
  feed(agent_xml("",
                 "<module><name>m</name><datalist>"
                 "<data><value>1</value><timestamp>2024-03-01 09:00:00</timestamp></data>"
                 "<data><value>2</value><timestamp>2024-03-01 09:01:00</timestamp></data>"
                 "<data><value>3</value></data>"
                 "<data><timestamp>2024-03-01 09:02:00</timestamp></data></datalist></module>"));
  EXPECT_THAT(history("m"), ElementsAre(std::pair(at(9, 0), 1.0), std::pair(at(9, 1), 2.0),
                                        std::pair(kTen, 3.0)));
  EXPECT_EQ(state("m").number, 3);
}

TEST_P(IngestValues, D27LateValueGoesToHistoryOnly) {
  feed(agent_xml("", module_xml("m", "5")));
  feed(agent_xml("", module_xml("m", "50"), "2024/03/01 09:00:00"));
  EXPECT_EQ(state("m").number, 5);
  EXPECT_EQ(state("m").value_time, kTen);
  EXPECT_THAT(history("m"), ElementsAre(std::pair(at(9, 0), 50.0), std::pair(kTen, 5.0)));
  EXPECT_EQ(server_->counters().late, 1U);
  EXPECT_EQ(number("SELECT last_remote_contact FROM agent_state"), kTen);
}

TEST_P(IngestValues, LateValueRaisesNoEventAndMovesNoStatus) {
  const std::string critical = "<min_critical>10</min_critical>";
  feed(agent_xml("", module_xml("m", "5", critical)));
  feed(agent_xml("", module_xml("m", "50", critical), "2024/03/01 09:00:00"));
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE module_id > 0"), 0);
}

TEST_P(IngestValues, D28OneSampleFromTheFutureFreezesNothing) {
  feed(agent_xml("", module_xml("m", "5")));
  feed(agent_xml("", module_xml("m", "6"), "2036/03/01 10:00:00"));
  clock_.advance(10 * kMinute);
  feed(agent_xml("", module_xml("m", "7"), "2024/03/01 10:10:00"));
  EXPECT_EQ(state("m").number, 7);
}

TEST_P(IngestValues, ClockAheadIsToldOnceADay) {
  for (int i = 0; i < 3; ++i) {
    feed(agent_xml("",
                   "<module><name>m</name><datalist><data><value>1</value>"
                   "<timestamp>2024-03-01 11:0" +
                       std::to_string(i) + ":00</timestamp></data></datalist></module>",
                   "2024/03/01 10:0" + std::to_string(i) + ":00"));
  }
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='agent-clock'"), 1);
}

TEST_P(IngestValues, D29ThresholdsAndUnitStayAfterCreation) {
  feed(agent_xml("", module_xml("m", "1", "<min_critical>10</min_critical><unit>a</unit>")));
  feed(agent_xml("", module_xml("m", "20", "<min_critical>30</min_critical><unit>b</unit>"),
                 "2024/03/01 10:05:00"));
  EXPECT_EQ(state("m").status, StatusCode::kCritical);
  EXPECT_EQ(text("SELECT unit FROM module"), "a");
  EXPECT_EQ(number("SELECT status FROM module"), 1);
  EXPECT_EQ(number("SELECT status FROM agent"), 1);
  EXPECT_EQ(number("SELECT status_rank FROM agent"), 0);
  EXPECT_EQ(number("SELECT modules_critical FROM agent"), 1);
  EXPECT_EQ(number("SELECT worst_module_id FROM agent"), module("m"));
}

TEST_P(IngestValues, ForcedThresholdsReachTheDatabase) {
  feed(agent_xml("", module_xml("m", "1", "<min_critical>10</min_critical>")));
  feed(agent_xml("", module_xml("m", "20", "<min_critical_forced>30</min_critical_forced>"),
                 "2024/03/01 10:05:00"));
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
  EXPECT_EQ(number("SELECT COUNT(*) FROM module WHERE min_critical = 30"), 1);
  server_->restart();
  feed(agent_xml("", module_xml("m", "25"), "2024/03/01 10:10:00"));
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
}

TEST_P(IngestValues, D30DescriptionIsNeverErased) {
  feed(agent_xml("", module_xml("m", "1", "<description>d1</description>")));
  feed(agent_xml("", module_xml("m", "1", "<description>d2</description>"), "2024/03/01 10:05:00"));
  EXPECT_EQ(text("SELECT description FROM module"), "d2");
  feed(agent_xml("", module_xml("m", "1"), "2024/03/01 10:10:00"));
  EXPECT_EQ(text("SELECT description FROM module"), "d2");
}

TEST_P(IngestValues, D31D32Intervals) {
  feed(agent_xml("", module_xml("m", "1", "<module_interval>2</module_interval>")));
  EXPECT_EQ(number("SELECT interval_s FROM module"), 600);
  feed(agent_xml("", module_xml("m", "1"), "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT interval_s FROM module"), 300);
  feed(agent_xml("",
                 module_xml("m", "1",
                            "<cron_interval>3600</cron_interval>"
                            "<module_interval>2</module_interval>"),
                 "2024/03/01 10:10:00"));
  EXPECT_EQ(number("SELECT interval_s FROM module"), 3600);
}

TEST_P(IngestValues, D33TagsThatExistExactly) {
  feed(agent_xml("", module_xml("m", "1", "<tags>critical, network</tags>")));
  EXPECT_EQ(number("SELECT COUNT(*) FROM module_tag"), 1);
  EXPECT_EQ(text("SELECT t.name FROM tag t JOIN module_tag m ON m.tag_id = t.id"), "critical");
}

TEST_P(IngestValues, D34ModuleParents) {
  const auto parent = [&] { return number("SELECT parent_module_id FROM module WHERE name='m'"); };
  const std::string other = module_xml("p", "1");
  feed(agent_xml("", other + module_xml("m", "1", "<module_parent>p</module_parent>")));
  EXPECT_EQ(parent(), module("p"));
  feed(agent_xml("", other + module_xml("m", "1", "<module_parent>nobody</module_parent>"),
                 "2024/03/01 10:05:00"));
  EXPECT_EQ(parent(), module("p"));
  feed(agent_xml("", other + module_xml("m", "1", "<module_parent_unlink>1</module_parent_unlink>"),
                 "2024/03/01 10:10:00"));
  EXPECT_EQ(parent(), 0);
}

TEST_P(IngestValues, D35DisabledModuleTakesNothing) {
  feed(agent_xml("", module_xml("m", "1", "<disabled>1</disabled>")));
  feed(agent_xml("", module_xml("m", "2", "<disabled>0</disabled>"), "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT disabled FROM module"), 1);
  EXPECT_EQ(state("m").kind, ValueKind::kNone);
  EXPECT_TRUE(history("m").empty());
  EXPECT_EQ(number("SELECT modules_total FROM agent"), 0);
}

TEST_P(IngestValues, D36StoredTypeDecides) {
  feed(agent_xml("", module_xml("m", "1")));
  feed(agent_xml("", module_xml("m", "abc", "<type>generic_data_string</type>"),
                 "2024/03/01 10:05:00"));
  EXPECT_EQ(state("m").number, 1);
  EXPECT_EQ(state("m").kind, ValueKind::kNumber);
  EXPECT_EQ(number("SELECT COUNT(*) FROM text_sample"), 0);
  EXPECT_EQ(server_->counters().invalid_values, 1U);
}

TEST_P(IngestValues, TextsAreStoredWhenTheyChange) {
  const std::string type = "<type>generic_data_string</type>";
  feed(agent_xml("", module_xml("m", "up", type)));
  feed(agent_xml("", module_xml("m", "up", type), "2024/03/01 10:05:00"));
  feed(agent_xml("", module_xml("m", "down", type), "2024/03/01 10:10:00"));
  const db::Rows texts = rows("SELECT ts, value FROM text_sample ORDER BY ts");
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].integer(0), kTen);
  EXPECT_EQ(texts[0].text(1), "up");
  EXPECT_EQ(texts[1].text(1), "down");
  EXPECT_EQ(state("m").text, "down");
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 0);
}

TEST_P(IngestValues, D48InventoryKeepsChangesAsSets) {
  const auto inventory = [&](const std::string& records, const std::string& time) {
    feed(agent_xml("",
                   "<inventory><inventory_module><name>CPU</name><datalist>" + records +
                       "</datalist></inventory_module></inventory>",
                   time));
  };
  inventory("<data>a;1</data><data>b;2</data>", "2024/03/01 10:00:00");
  inventory("<data>b;2</data><data>a;1</data>", "2024/03/01 10:05:00");
  EXPECT_EQ(number("SELECT COUNT(*) FROM inventory_history"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE type='configuration_change'"), 0);
  inventory("<data>b;3</data><data>a;1</data>", "2024/03/01 10:10:00");
  EXPECT_EQ(number("SELECT COUNT(*) FROM inventory_history"), 2);
  const db::Rows last = rows("SELECT added, removed FROM inventory_history ORDER BY id DESC");
  EXPECT_EQ(last[0].text(0), "b;3\n");
  EXPECT_EQ(last[0].text(1), "b;2\n");
  EXPECT_EQ(text("SELECT content FROM inventory_current"), "a;1\nb;3\n");
  EXPECT_EQ(text("SELECT text FROM event WHERE type='configuration_change'"),
            "Configuration change: DELETED RECORD: b;2 NEW RECORD: b;3 for agent 'a1' module "
            "'CPU'.");
  EXPECT_EQ(number("SELECT severity FROM event WHERE type='configuration_change'"), 0);
  inventory("<data>old</data>", "2024/03/01 09:00:00");
  EXPECT_EQ(text("SELECT content FROM inventory_current"), "a;1\nb;3\n");
}

TEST_P(IngestValues, NormalModeTakesKnownInventoryAndLogsOnly) {
  const auto blocks = [](const std::string& name, const std::string& row) {
    return "<inventory><inventory_module><name>" + name + "</name><datalist><data>" + row +
           "</data></datalist></inventory_module></inventory><log_module><source>" + name +
           "</source><data>line " + row + "</data></log_module>";
  };
  feed(agent_xml("agent_mode='0'", module_xml("m", "1") + blocks("first", "1")));
  EXPECT_EQ(number("SELECT COUNT(*) FROM inventory_current"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM log_source"), 1);
  feed(agent_xml("", module_xml("m", "1") + blocks("second", "1"), "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM inventory_current"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM log_source"), 1);
  feed(agent_xml("", module_xml("m", "1") + blocks("first", "2"), "2024/03/01 10:10:00"));
  EXPECT_EQ(text("SELECT content FROM inventory_current"), "2\n");
  EXPECT_EQ(number("SELECT COUNT(*) FROM log_chunk"), 2);
}

TEST_P(IngestValues, LogLinesHaveLimits) {
  server_->policy().max_log_lines = 3;
  feed(agent_xml("", "<log_module><source>sys</source><data>a\nb\nc\nd\ne\n</data></log_module>"));
  EXPECT_EQ(text("SELECT content FROM log_chunk"), "a\nb\nc");
  EXPECT_EQ(number("SELECT line_count FROM log_chunk"), 3);
  EXPECT_EQ(number("SELECT cut_total FROM log_source"), 2);
  EXPECT_EQ(server_->counters().cut, 2U);
}

TEST_P(IngestValues, D49EmbeddedEvents) {
  const std::string events =
      "<events><event>eyJkYXRhIjoiZGlzayBmdWxsIiwic2V2ZXJpdHkiOjR9</event>"
      "<event>not base64!</event></events>";
  feed(agent_xml("group='Servers'", module_xml("m", "1") + events));
  const db::Rows made =
      rows("SELECT type, severity, text, group_id, code FROM event WHERE code='agent-event'");
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].text(0), "system");
  EXPECT_EQ(made[0].integer(1), 4);
  EXPECT_EQ(made[0].text(2), "disk full");
  EXPECT_EQ(made[0].integer(3), 2);
}

TEST_P(IngestValues, EmbeddedEventsOfNormalAgentsAreDroppedAndCounted) {
  feed(agent_xml("agent_mode='0'", module_xml("m", "1")));
  feed(agent_xml("", "<events><event>eyJkYXRhIjoiZGlzayBmdWxsIiwic2V2ZXJpdHkiOjR9</event></events>",
                 "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='agent-event'"), 0);
  EXPECT_EQ(server_->counters().cut, 1U);
}

TEST_P(IngestValues, D50UnknownElementsAreExtendedInfo) {
  feed(agent_xml("", module_xml("m", "1", "<foo>bar</foo>")));
  EXPECT_EQ(text("SELECT extended_info FROM module"), "foo: bar");
  feed(agent_xml("", module_xml("m", "1"), "2024/03/01 10:05:00"));
  EXPECT_EQ(text("SELECT extended_info FROM module"), "");
}

TEST_P(IngestValues, D53ExplicitStatusWins) {
  feed(agent_xml("", module_xml("m", "5", "<status>CRITICAL</status>")));
  EXPECT_EQ(state("m").status, StatusCode::kCritical);
  feed(agent_xml("",
                 module_xml("n", "50", "<min_critical>10</min_critical><status>Normal</status>"),
                 "2024/03/01 10:05:00"));
  EXPECT_EQ(state("n").status, StatusCode::kNormal);
}

TEST_P(IngestValues, StatusEventsValidateOlderOnesAlsoWithinABatch) {
  const std::string rule = "<min_critical>10</min_critical>";
  feed(agent_xml("", module_xml("m", "1", rule)));
  feed(agent_xml("", module_xml("m", "20", rule), "2024/03/01 10:01:00"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='module-critical' AND status=0"), 1);
  std::vector<Document> batch;
  batch.push_back(
      server_->document(agent_xml("", module_xml("m", "1", rule), "2024/03/01 10:02:00"), {}));
  batch.push_back(
      server_->document(agent_xml("", module_xml("m", "30", rule), "2024/03/01 10:03:00"), {}));
  ASSERT_OK(server_->feed_all(std::move(batch)));
  EXPECT_THAT(event_codes(),
              ElementsAre("agent-created", "module-critical", "module-normal", "module-critical"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='module-critical' AND status=1"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='module-critical' AND status=0"), 1);
  EXPECT_EQ(number("SELECT status FROM event WHERE code='module-normal'"), 1);
}

TEST_P(IngestValues, CountersKeepTheirReferenceOverARestart) {
  const std::string type = "<type>generic_data_inc</type>";
  feed(agent_xml("", module_xml("m", "1000", type)));
  EXPECT_EQ(state("m").status, StatusCode::kNotInit);
  server_->restart();
  feed(agent_xml("", module_xml("m", "4000", type), "2024/03/01 10:05:00"));
  EXPECT_EQ(state("m").number, 10);
  EXPECT_THAT(history("m"), ElementsAre(std::pair(at(10, 5), 10.0)));
}

TEST_P(IngestValues, QuietAgentsRaiseNothing) {
  feed(agent_xml("", module_xml("m", "1", "<min_critical>10</min_critical>")));
  ASSERT_OK(db_->execute("UPDATE agent SET quiet=1", {}));
  ASSERT_OK(db_->execute("UPDATE agent_state SET version=version+1", {}));
  feed(agent_xml("", module_xml("m", "20"), "2024/03/01 10:05:00"));
  EXPECT_EQ(state("m").status, StatusCode::kCritical);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE module_id > 0"), 0);
}

TEST_P(IngestValues, ModuleLimitHolds) {
  server_->policy().max_modules = 3;
  std::string modules;
  for (int i = 0; i < 6; ++i)
    modules += module_xml("m" + std::to_string(i), "1");
  feed(agent_xml("", modules));
  EXPECT_EQ(number("SELECT COUNT(*) FROM module"), 3);
}

TEST_P(IngestValues, LateHoursAreMarkedForTheirTrend) {
  feed(agent_xml("", module_xml("m", "1")));
  EXPECT_EQ(number("SELECT COUNT(*) FROM trend_dirty"), 0);
  feed(agent_xml("", module_xml("m", "1"), "2024/03/01 07:10:00"));
  EXPECT_EQ(number("SELECT hour FROM trend_dirty"), at(7, 0) / kHour);
}

}  // namespace
}  // namespace yagura::monitor
