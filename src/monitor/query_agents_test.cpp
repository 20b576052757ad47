#include "monitor/query_agents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/change_agents.h"
#include "monitor/query_test_kit.h"

namespace yagura::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

ModuleState number_state(double value, StatusCode status) {
  ModuleState state;
  state.kind = ValueKind::kNumber;
  state.number = value;
  state.status = status;
  state.value_time = kNow - kMinute;
  state.received = kNow - kSecond;
  return state;
}

class AgentsTest : public QueryTest {
 protected:
  void SetUp() override {
    QueryTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    add_agent(1, "alpha", 101, StatusCode::kNormal, 3);
    add_agent(2, "Bravo", 102, StatusCode::kCritical, 0,
              {{2, number_state(99.123456789, StatusCode::kCritical)}});
    add_agent(3, "charlie", 103, StatusCode::kWarning, 1);
    add_agent(4, "delta", 101, StatusCode::kCritical, 0);
    add_agent(5, "echo", 101, StatusCode::kNormal, 5);
    add_module(2, 2, "CPU", ModuleType::kGenericData, StatusCode::kCritical);
    ASSERT_OK(db_->execute("UPDATE agent SET worst_module_id = ? WHERE id = 2",
                           {2 * kSlotsPerAgent + 2}));
    ASSERT_OK(db_->execute("UPDATE agent SET approval = 0, disabled = 1 WHERE id = 5"));
  }

  std::vector<std::int64_t> ids(const AgentFilter& filter) {
    const auto page = list_agents(*db_, root(), filter);
    EXPECT_OK(page);
    std::vector<std::int64_t> out;
    for (const AgentSummary& a : page->items)
      out.push_back(a.id.value);
    return out;
  }
};
INSTANTIATE_DATABASES(AgentsTest);

TEST_P(AgentsTest, OrdersBothWays) {
  const auto order = [&](AgentSort sort, std::optional<SortOrder> direction) {
    AgentFilter filter;
    filter.sort = sort;
    filter.order = direction;
    return ids(filter);
  };
  EXPECT_THAT(order(AgentSort::kWorst, {}), ElementsAre(2, 4, 3, 1, 5)) << "worst first";
  EXPECT_THAT(order(AgentSort::kWorst, SortOrder::kAsc), ElementsAre(5, 1, 3, 4, 2));
  EXPECT_THAT(order(AgentSort::kName, {}), ElementsAre(1, 2, 3, 4, 5)) << "without case";
  EXPECT_THAT(order(AgentSort::kName, SortOrder::kDesc), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(order(AgentSort::kLastContact, {}), ElementsAre(1, 2, 3, 4, 5)) << "newest first";
  EXPECT_THAT(order(AgentSort::kLastContact, SortOrder::kAsc), ElementsAre(5, 4, 3, 2, 1));
}

TEST_P(AgentsTest, PagesHoldEachAgentOnce) {
  for (const AgentSort sort : {AgentSort::kWorst, AgentSort::kName, AgentSort::kLastContact}) {
    for (const SortOrder order : {SortOrder::kAsc, SortOrder::kDesc}) {
      AgentFilter filter;
      filter.sort = sort;
      filter.order = order;
      const auto whole = ids(filter);
      filter.limit = 2;
      std::vector<std::int64_t> paged;
      for (int pages = 0; pages < 3; ++pages) {
        const auto page = list_agents(*db_, root(), filter);
        ASSERT_OK(page);
        EXPECT_EQ(page->total, 5);
        for (const AgentSummary& a : page->items)
          paged.push_back(a.id.value);
        EXPECT_EQ(page->next_cursor.has_value(), pages < 2);
        filter.cursor = page->next_cursor.value_or("");
        EXPECT_TRUE(has_valid_cursor(filter));
      }
      EXPECT_EQ(paged, whole);
    }
  }
}

TEST_P(AgentsTest, CursorsBelongToTheirOrder) {
  AgentFilter filter;
  filter.limit = 1;
  filter.cursor = *list_agents(*db_, root(), filter)->next_cursor;
  EXPECT_TRUE(has_valid_cursor(filter));
  filter.sort = AgentSort::kName;
  EXPECT_FALSE(has_valid_cursor(filter));
  filter.cursor = "garbage";
  EXPECT_FALSE(has_valid_cursor(filter));
}

TEST_P(AgentsTest, FiltersAndCounts) {
  AgentFilter filter;
  filter.status = {StatusCode::kCritical, StatusCode::kWarning, StatusCode::kCritical};
  auto page = list_agents(*db_, root(), filter);
  ASSERT_OK(page);
  EXPECT_EQ(page->total, 3);
  EXPECT_EQ(page->counts.critical, 2);
  EXPECT_EQ(page->counts.normal, 2) << "counts ignore the status filter";
  filter = {};
  filter.q = "BRAV";
  EXPECT_THAT(ids(filter), ElementsAre(2));
  filter.q = "%";
  EXPECT_TRUE(ids(filter).empty()) << "no pattern characters";
  filter = {};
  filter.group = GroupId{101};
  EXPECT_THAT(ids(filter), UnorderedElementsAre(1, 4, 5));
  filter.approval = Approval::kPending;
  EXPECT_THAT(ids(filter), ElementsAre(5));
  EXPECT_EQ(list_agents(*db_, root(), filter)->counts.normal, 1);
}

TEST_P(AgentsTest, WorstModuleComesWithItsValue) {
  const auto page = list_agents(*db_, root(), {});
  ASSERT_OK(page);
  const AgentSummary& worst = page->items.front();
  ASSERT_TRUE(worst.worst.has_value());
  EXPECT_EQ(worst.worst->module, "CPU");
  EXPECT_EQ(worst.worst->status, StatusCode::kCritical);
  EXPECT_EQ(std::get<NumberValue>(*worst.worst->value).number, 99.12346)
      << "as status rules see it";
  EXPECT_EQ(worst.group.name, "Site web");
  EXPECT_FALSE(page->items[1].worst.has_value());
}

TEST_P(AgentsTest, OneDamagedStateDoesNotHideTheList) {
  ASSERT_OK(db_->execute("UPDATE agent_state SET latest = ? WHERE agent_id = 2",
                         {db::Blob{"\x01garbage"}}));
  const auto page = list_agents(*db_, root(), {});
  ASSERT_OK(page);
  EXPECT_EQ(page->items.size(), 5U);
  EXPECT_FALSE(page->items.front().worst->value.has_value());
}

TEST_P(AgentsTest, GroupsLimitWhatIsSeenAndCounted) {
  const auto actor = limited({identity::Bit::kAR}, GroupId{101});
  const auto page = list_agents(*db_, actor, {});
  ASSERT_OK(page);
  EXPECT_EQ(page->total, 4) << "101 and its child 102";
  EXPECT_CODE(find_agent(*db_, actor, AgentId{3}), ErrorCode::kNotFound);
  EXPECT_OK(find_agent(*db_, actor, AgentId{2}));
  EXPECT_EQ(list_agents(*db_, limited({identity::Bit::kER}, GroupId{101}), {})->total, 0);
  ASSERT_OK(db_->execute("INSERT INTO agent_secondary_group (agent_id, group_id) VALUES (3, 101)"));
  EXPECT_OK(find_agent(*db_, actor, AgentId{3}));
  EXPECT_EQ(list_agents(*db_, actor, {})->total, 5);
}

TEST_P(AgentsTest, DetailKnowsEverything) {
  ASSERT_OK(
      db_->execute("INSERT INTO agent_address (agent_id, address, first_seen) VALUES"
                   " (2, '192.0.2.9', 2), (2, '2001:db8::1', 1)"));
  ASSERT_OK(db_->execute("INSERT INTO custom_field (id, name, is_password) VALUES (90, 'Key', 1)"));
  ASSERT_OK(
      db_->execute("INSERT INTO custom_field_value (agent_id, field_id, value) VALUES"
                   " (2, 3, 'Tokyo'), (2, 90, 'secret')"));
  ASSERT_OK(
      db_->execute("UPDATE agent SET transport_level = 4, transport_peer = '192.0.2.9',"
                   " bound_fingerprint = 'ab', timezone_offset_h = 9 WHERE id = 2"));
  const auto agent = find_agent(*db_, root(), AgentId{2});
  ASSERT_OK(agent);
  EXPECT_THAT(agent->addresses, ElementsAre("2001:db8::1", "192.0.2.9"));
  ASSERT_EQ(agent->custom_fields.size(), 2U);
  EXPECT_EQ(agent->custom_fields[0].value, "") << "fields of type password are not shown";
  EXPECT_EQ(agent->custom_fields[1].value, "Tokyo");
  EXPECT_EQ(agent->transport.level, "mutual");
  EXPECT_EQ(agent->timezone_offset_h, 9);
  EXPECT_EQ(agent->last_contact, kNow - 2 * kSecond);
  EXPECT_FALSE(agent->first_contact.has_value());
  EXPECT_THAT(agent->completeness.missing, ElementsAre("description", "address", "department",
                                                       "responsible", "modules", "inventory"));
}

TEST_P(AgentsTest, ChangesAreRecordedAndToldToDataServers) {
  AgentPatch patch;
  patch.alias = "new";
  patch.disabled = true;
  const auto changed = change_agent(*db_, root(), AgentId{1}, patch, "1", kNow);
  ASSERT_OK(changed);
  EXPECT_EQ(changed->alias, "new");
  EXPECT_EQ(changed->revision, "2");
  EXPECT_EQ(db_->query("SELECT version FROM agent_state WHERE agent_id = 1")->at(0).integer(0), 2);
  EXPECT_EQ(db_->query("SELECT status_rank, disabled_at FROM agent WHERE id = 1")->at(0).integer(0),
            5);
  const auto records = db_->query("SELECT action, object_name, changes FROM audit_pending");
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->at(0).text(2), R"([{"field":"alias","before":"Alias of alpha","after":"new"},)"
                                    R"({"field":"disabled","before":"0","after":"1"}])");
  EXPECT_CODE(change_agent(*db_, root(), AgentId{1}, patch, "1", kNow), ErrorCode::kConflict);
  patch.disabled = false;
  ASSERT_OK(change_agent(*db_, root(), AgentId{1}, patch, "2", kNow));
  const auto back = db_->query("SELECT status_rank, disabled_at FROM agent WHERE id = 1");
  EXPECT_EQ(back->at(0).integer(0), 3);
  EXPECT_EQ(back->at(0).integer(1), 0);
}

TEST_P(AgentsTest, RightsOfChanges) {
  AgentPatch rename;
  rename.alias = "x";
  AgentPatch disable;
  disable.disabled = true;
  AgentPatch move;
  move.group_id = GroupId{103};
  const auto reader = limited({identity::Bit::kAR}, GroupId{101});
  const auto disabler = limited({identity::Bit::kAR, identity::Bit::kAD}, GroupId{101});
  const auto writer = limited({identity::Bit::kAW}, GroupId{101});
  EXPECT_CODE(change_agent(*db_, reader, AgentId{1}, disable, "1", kNow), ErrorCode::kDenied);
  EXPECT_CODE(change_agent(*db_, disabler, AgentId{1}, rename, "1", kNow), ErrorCode::kDenied);
  EXPECT_CODE(change_agent(*db_, writer, AgentId{1}, move, "1", kNow), ErrorCode::kDenied);
  EXPECT_CODE(change_agent(*db_, writer, AgentId{3}, rename, "1", kNow), ErrorCode::kNotFound);
  EXPECT_OK(change_agent(*db_, disabler, AgentId{1}, disable, "1", kNow));
  EXPECT_OK(change_agent(*db_, writer, AgentId{1}, rename, "2", kNow));
  EXPECT_CODE(decide_agent(*db_, disabler, AgentId{5}, Approval::kApproved, kNow),
              ErrorCode::kDenied);
  ASSERT_OK(decide_agent(*db_, writer, AgentId{5}, Approval::kApproved, kNow));
  const auto row = db_->query("SELECT approval, disabled, status_rank FROM agent WHERE id = 5");
  EXPECT_EQ(row->at(0).integer(0), 1);
  EXPECT_EQ(row->at(0).integer(1), 0);
  EXPECT_EQ(row->at(0).integer(2), 3);
}

}  // namespace
}  // namespace yagura::monitor
