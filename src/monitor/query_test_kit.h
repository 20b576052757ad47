// What the tests of the reading side share: a migrated database of each back end with agents,
// modules, live states and reports as the data server writes them.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "db/migrations.h"
#include "db/series.h"
#include "db/test_database.h"
#include "identity/actor.h"
#include "monitor/query_latest.h"
#include "monitor/state_codec.h"
#include "report/sample_codec.h"

namespace yagura::monitor {

inline constexpr std::int64_t kNowS = 1'800'000'000;
inline constexpr Micros kNow = kNowS * kSecond;

class QueryTest : public db::DatabaseTest {
 protected:
  void SetUp() override {
    db::DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_OK(db::migrate(*db_));
    ASSERT_OK(db::make_sql_series()->prepare_days(*db_, db::day_of(kNow) - 40, db::day_of(kNow)));
    ASSERT_OK(
        db_->execute("INSERT INTO agent_group (id, name, parent_id, propagate) VALUES"
                     " (101, 'Site', 0, 1), (102, 'Site web', 101, 0), (103, 'Elsewhere', 0, 0)"));
  }

  void add_agent(std::int64_t id, const std::string& name, std::int64_t group, StatusCode status,
                 std::int64_t rank, const std::vector<SlotState>& states = {}) {
    std::string latest;
    std::vector<SlotView> views;
    for (const SlotState& s : states)
      views.push_back({s.slot, &s.state});
    if (!views.empty()) encode_states(views, latest);
    ASSERT_OK(db_->execute(
        "INSERT INTO agent (id, name, alias, group_id, status, status_rank,"
        " created_at, interval_s) VALUES (?, ?, ?, ?, ?, ?, 1, 300)",
        {id, name, "Alias of " + name, group, std::int64_t{static_cast<int>(status)}, rank}));
    ASSERT_OK(
        db_->execute("INSERT INTO agent_state (agent_id, last_contact, latest)"
                     " VALUES (?, ?, ?)",
                     {id, kNow - id * kSecond, db::Blob{latest}}));
  }

  ModuleId add_module(std::int64_t agent, std::int64_t slot, const std::string& name,
                      ModuleType type = ModuleType::kGenericData,
                      StatusCode status = StatusCode::kNormal) {
    const ModuleId id{agent * kSlotsPerAgent + slot};
    EXPECT_OK(
        db_->execute("INSERT INTO module (id, agent_id, slot, name, type, status, created_at)"
                     " VALUES (?, ?, ?, ?, ?, ?, 1)",
                     {id.value, agent, slot, name, std::int64_t{id_of(type)},
                      std::int64_t{static_cast<int>(status)}}));
    return id;
  }

  /// A report with `value` in slot 2 between values of other slots.
  void add_report(std::int64_t agent, std::int64_t at_s, double value) {
    report::SampleEncoder encoder;
    encoder.add(1, -1);
    encoder.add(2, value);
    encoder.add(9, 1e9);
    const std::string body = encoder.take();
    const std::vector<db::NewReport> one = {{agent, at_s * kSecond, ++version_, body}};
    ASSERT_OK(db::transaction(*db_, [&](db::Connection& tx) -> Status {
      return db::make_sql_series()->append(tx, one);
    }));
  }

  static audit::Source source(std::string user) {
    audit::Source out;
    out.user = std::move(user);
    return out;
  }
  identity::Actor root() { return identity::Actor::superadmin(source("root"), UserId{1}); }

  identity::Actor limited(identity::Bits bits, GroupId group) {
    auto tree = std::make_shared<identity::GroupTree>();
    tree->add(GroupId{101}, GroupId{0}, true);
    tree->add(GroupId{102}, GroupId{101}, false);
    tree->add(GroupId{103}, GroupId{0}, false);
    return identity::Actor::with(source("limited"), UserId{2}, {{with_implied(bits), group}},
                                 std::move(tree));
  }

 private:
  std::int64_t version_ = 0;
};

#define INSTANTIATE_DATABASES(suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(Databases, suite,                                                   \
                           testing::Values(db::Backend::kSqlite, db::Backend::kMariaDbArrays), \
                           db::backend_name)

}  // namespace yagura::monitor
