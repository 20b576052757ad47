#include "monitor/query_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/query_platform.h"
#include "monitor/query_test_kit.h"

namespace yagura::monitor {
namespace {

using ::testing::ElementsAre;

class EventsTest : public QueryTest {
 protected:
  void SetUp() override {
    QueryTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    add_agent(1, "web1", 102, StatusCode::kCritical, 0);
    cpu_ = add_module(1, 3, "CPU");
    add_event(10, 102, 1, cpu_.value, EventType::kGoingUpCritical, Severity::kCritical,
              "CPU is high");
    add_event(20, 102, 1, 0, EventType::kSystem, Severity::kNormal, "Agent seen");
    add_event(20, 103, 0, 0, EventType::kSecurity, Severity::kMajor, "odd peer");
    add_event(30, 0, 0, 0, EventType::kSystem, Severity::kWarning, "disk is full");
  }

  void add_event(std::int64_t at_s, std::int64_t group, std::int64_t agent, std::int64_t module,
                 EventType type, Severity severity, const std::string& text) {
    ASSERT_OK(db_->execute(
        "INSERT INTO event (at, group_id, agent_id, module_id, type, severity, code, params, text,"
        " tags) VALUES (?, ?, ?, ?, ?, ?, 'some-code', '{\"n\":1,\"agent\":\"<x>\"}', ?, 'a,b')",
        {at_s * kSecond, group, agent, module, to_string(type),
         std::int64_t{static_cast<int>(severity)}, text}));
  }

  std::vector<std::string> texts(const identity::Actor& actor, const EventFilter& filter) {
    const auto page = list_events(*db_, actor, filter);
    EXPECT_OK(page);
    EXPECT_EQ(page->total, std::ssize(page->items));
    std::vector<std::string> out;
    for (const EventView& e : page->items)
      out.push_back(e.text);
    return out;
  }

  ModuleId cpu_;
};
INSTANTIATE_DATABASES(EventsTest);

TEST_P(EventsTest, NewestFirstWithEverythingInIt) {
  EXPECT_THAT(texts(root(), {}),
              ElementsAre("disk is full", "odd peer", "Agent seen", "CPU is high"));
  const auto page = list_events(*db_, root(), {});
  const EventView& event = page->items.back();
  EXPECT_EQ(event.agent->alias, "Alias of web1");
  EXPECT_EQ(event.module->name, "CPU");
  EXPECT_EQ(event.group->name, "Site web");
  EXPECT_EQ(event.type, EventType::kGoingUpCritical);
  EXPECT_EQ(event.params, (TextParams{{"n", "1"}, {"agent", "<x>"}}));
  EXPECT_THAT(event.tags, ElementsAre("a", "b"));
  EXPECT_FALSE(page->items.front().group.has_value());
}

TEST_P(EventsTest, Filters) {
  EventFilter filter;
  filter.agent = AgentId{1};
  EXPECT_THAT(texts(root(), filter), ElementsAre("Agent seen", "CPU is high"));
  filter.module = cpu_;
  EXPECT_THAT(texts(root(), filter), ElementsAre("CPU is high"));
  filter.agent = AgentId{99};
  EXPECT_TRUE(texts(root(), filter).empty());
  filter = {};
  filter.type = {EventType::kSecurity, EventType::kGoingUpCritical};
  EXPECT_THAT(texts(root(), filter), ElementsAre("odd peer", "CPU is high"));
  filter = {};
  filter.severity = {Severity::kMajor};
  EXPECT_THAT(texts(root(), filter), ElementsAre("odd peer"));
  filter = {};
  filter.from = 20;
  filter.to = 30;
  EXPECT_THAT(texts(root(), filter), ElementsAre("odd peer", "Agent seen"));
  filter = {};
  filter.q = "ALIAS OF";
  EXPECT_THAT(texts(root(), filter), ElementsAre("Agent seen", "CPU is high"));
  filter.q = "Disk";
  EXPECT_THAT(texts(root(), filter), ElementsAre("disk is full"));
  filter = {};
  filter.status = {EventStatus::kValidated};
  EXPECT_TRUE(texts(root(), filter).empty());
}

TEST_P(EventsTest, GroupsAndSystemEvents) {
  EXPECT_THAT(texts(limited({identity::Bit::kER}, GroupId{101}), {}),
              ElementsAre("Agent seen", "CPU is high"));
  EXPECT_EQ(texts(limited({identity::Bit::kER}, GroupId{0}), {}).size(), 4U);
  EXPECT_TRUE(texts(limited({identity::Bit::kAR}, GroupId{0}), {}).empty());
}

TEST_P(EventsTest, PagesDoNotRepeatEventsOfOneMoment) {
  EventFilter filter;
  filter.limit = 1;
  std::vector<std::string> seen;
  do {
    const auto page = list_events(*db_, root(), filter);
    ASSERT_OK(page);
    EXPECT_EQ(page->total, 4);
    seen.push_back(page->items.front().text);
    filter.cursor = page->next_cursor.value_or("");
    EXPECT_TRUE(has_valid_cursor(filter));
  } while (!filter.cursor.empty());
  EXPECT_THAT(seen, ElementsAre("disk is full", "odd peer", "Agent seen", "CPU is high"));
  filter.cursor = "YWJj";
  EXPECT_FALSE(has_valid_cursor(filter));
}

TEST_P(EventsTest, ValidationIsRecordedOnce) {
  const EventId id{db_->query("SELECT id FROM event WHERE text = 'CPU is high'")->at(0).integer(0)};
  const auto reader = limited({identity::Bit::kER}, GroupId{101});
  EXPECT_CODE(validate_event(*db_, reader, id, "", kNow), ErrorCode::kDenied);
  EXPECT_CODE(validate_event(*db_, limited({identity::Bit::kEW}, GroupId{103}), id, "", kNow),
              ErrorCode::kNotFound);
  const auto writer = limited({identity::Bit::kEW}, GroupId{101});
  const auto done = validate_event(*db_, writer, id, "it was me", kNow);
  ASSERT_OK(done);
  EXPECT_EQ(done->status, EventStatus::kValidated);
  EXPECT_EQ(done->acknowledged_by, "limited");
  EXPECT_EQ(done->acknowledged_at, kNow);
  ASSERT_OK(validate_event(*db_, writer, id, "again", kNow + 1));
  EXPECT_EQ(db_->query("SELECT COUNT(*) FROM audit_pending")->at(0).integer(0), 1);
  EXPECT_EQ(db_->query("SELECT comment FROM event_comment")->at(0).text(0), "it was me");
}

TEST_P(EventsTest, HealthIsTheWorstOfItsChecks) {
  const LinkHealth own{
      .name = "browser-console", .tls_version = "TLSv1.3", .cipher = "x", .verified = true};
  auto health = read_health(*db_, root(), own, kNow);
  ASSERT_OK(health);
  EXPECT_EQ(health->status, HealthStatus::kFailing) << "no data server";
  ASSERT_OK(
      db_->execute("INSERT INTO server (name, status, keepalive_s, last_keepalive,"
                   " disk_free_percent, items_per_s, spool_oldest_at, refused_total)"
                   " VALUES ('s1', 1, 45, ?, 40, 2.5, ?, 7), ('s2', 1, 45, ?, 1, 9, 0, 1)",
                   {kNow - 60 * kSecond, kNow - 5 * kSecond, kNow - kHour}));
  health = read_health(*db_, root(), own, kNow);
  ASSERT_OK(health);
  EXPECT_EQ(health->status, HealthStatus::kDegraded) << "s2 is silent";
  ASSERT_EQ(health->servers.size(), 2U);
  EXPECT_EQ(health->servers[0].status, ServerState::kUp);
  EXPECT_EQ(health->servers[1].status, ServerState::kSilent);
  EXPECT_EQ(health->ingest.items_per_s, 2.5) << "of servers that run";
  EXPECT_EQ(health->spool.disk_free_percent, 40);
  EXPECT_EQ(health->spool.oldest_age_s, 5);
  EXPECT_EQ(health->losses.refused, 8) << "losses of all";
  ASSERT_OK(db_->execute("UPDATE server SET disk_free_percent = 2 WHERE name = 's1'"));
  EXPECT_EQ(read_health(*db_, root(), own, kNow)->status, HealthStatus::kFailing);
  EXPECT_CODE(read_health(*db_, limited({identity::Bit::kER}, GroupId{0}), own, kNow),
              ErrorCode::kDenied);
}

TEST_P(EventsTest, GroupsWithTheirAgents) {
  const auto groups = list_groups(*db_, limited({identity::Bit::kAR}, GroupId{101}));
  ASSERT_OK(groups);
  ASSERT_EQ(groups->items.size(), 2U);
  EXPECT_EQ(groups->items[0].name, "Site");
  EXPECT_EQ(groups->items[1].agents, 1);
  EXPECT_EQ(groups->items[1].parent_id, GroupId{101});
  const auto child = list_groups(*db_, limited({identity::Bit::kAR}, GroupId{102}));
  EXPECT_FALSE(child->items.front().parent_id.has_value()) << "a parent that may not be seen";
}

}  // namespace
}  // namespace yagura::monitor
