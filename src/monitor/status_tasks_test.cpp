// What time alone changes: conformance cases D37 to D39 of agent-data §18, autodisable, mass
// silence, mastership, servers that go away; and what is kept for how long (spec server §10, §20,
// §22).
#include "monitor/status_tasks.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "monitor/ingest_test_kit.h"
#include "monitor/retention.h"

namespace yagura::monitor {
namespace {

using testing::ElementsAre;

class StatusTasksTest : public IngestTest {
 protected:
  void SetUp() override {
    IngestTest::SetUp();
    if (testing::Test::IsSkipped()) return;
    tasks_ = std::make_unique<StatusTasks>(server_->policy(), *series_);
    take_lease();
  }
  void take_lease() {
    auto lease = db::acquire_lease(*db_, "master", "test", clock_.now(), kDay * 400);
    ASSERT_OK(lease);
    ASSERT_TRUE(lease->has_value());
    lease_ = **lease;
  }
  StatusTasks::Pass sweep(Micros warm_up_until = 0) {
    const auto pass = tasks_->sweep(*db_, lease_, clock_.now(), warm_up_until);
    EXPECT_TRUE(pass.ok()) << pass.error().what;
    return pass.ok() ? *pass : StatusTasks::Pass{};
  }
  std::string now_text() const {
    std::string out = format_utc(clock_.now()).substr(0, 19);
    out[10] = ' ';
    return out;
  }
  void report(const std::string& modules, const std::string& attributes = "interval='60'",
              const std::string& agent = "a1") {
    feed(agent_xml(attributes, modules, now_text(), agent));
  }

  std::unique_ptr<db::Series> series_ = db::make_sql_series();
  std::unique_ptr<StatusTasks> tasks_;
  db::Lease lease_;
};
INSTANTIATE_INGEST(StatusTasksTest);

const std::string kCritical = "<min_critical>10</min_critical>";

TEST_P(StatusTasksTest, D37SilentModuleBecomesUnknownAndComesBack) {
  report(module_xml("m", "1", kCritical));
  EXPECT_EQ(sweep().agents, 0);
  clock_.advance(130 * kSecond);
  EXPECT_EQ(sweep().unknown, 1);
  EXPECT_EQ(state("m").status, StatusCode::kUnknown);
  EXPECT_EQ(number("SELECT status FROM agent"), 3);
  EXPECT_EQ(number("SELECT status_rank FROM agent"), 2);
  EXPECT_EQ(number("SELECT modules_unknown FROM agent"), 1);
  EXPECT_EQ(number("SELECT status FROM module"), 3);
  EXPECT_EQ(number("SELECT severity FROM event WHERE code='module-unknown'"), 5);
  EXPECT_EQ(sweep().agents, 0);  // nothing is due any more
  report(module_xml("m", "50", kCritical));
  EXPECT_EQ(state("m").status, StatusCode::kCritical);
  EXPECT_THAT(event_codes(), ElementsAre("agent-created", "module-unknown", "module-critical"));
  EXPECT_EQ(text("SELECT type FROM event WHERE code='module-critical'"), "going_up_critical");
  EXPECT_EQ(number("SELECT status FROM agent"), 1);
}

TEST_P(StatusTasksTest, D38SilentAsynchronousModuleRecovers) {
  report(module_xml("m", "0", "<type>async_proc</type>"));
  ASSERT_EQ(state("m").status, StatusCode::kCritical);
  clock_.advance(130 * kSecond);
  sweep();
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
  const db::Rows event = rows("SELECT type, severity FROM event ORDER BY id DESC");
  EXPECT_EQ(event[0].text(0), "going_down_normal");
  EXPECT_EQ(event[0].integer(1), 5);
}

TEST_P(StatusTasksTest, D39KeepAliveFallsAndRises) {
  report(module_xml("alive", "1", "<type>keep_alive</type>") + module_xml("m", "1"));
  EXPECT_EQ(state("alive").number, 1);
  clock_.advance(130 * kSecond);
  sweep();
  EXPECT_EQ(state("alive").number, 0);
  EXPECT_EQ(state("alive").status, StatusCode::kCritical);
  report(module_xml("m", "1"));
  EXPECT_EQ(state("alive").number, 1);
  EXPECT_EQ(state("alive").status, StatusCode::kNormal);
  std::vector<double> values;
  for (const auto& [time, value] : history("alive"))
    values.push_back(value);
  EXPECT_THAT(values, ElementsAre(1.0, 0.0, 1.0));
}

TEST_P(StatusTasksTest, NothingBecomesUnknownWhileWarmingUp) {
  report(module_xml("m", "1"));
  clock_.advance(130 * kSecond);
  EXPECT_EQ(sweep(clock_.now() + 300 * kSecond).agents, 0);
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
  clock_.advance(300 * kSecond);
  EXPECT_EQ(sweep(clock_.now()).unknown, 1);
}

TEST_P(StatusTasksTest, TheSweepAndTheIngestorNeverWorkOnStaleState) {
  report(module_xml("m", "1", kCritical));
  clock_.advance(130 * kSecond);
  sweep();
  report(module_xml("m", "2", kCritical));  // the server's cache is older than the sweep
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
  EXPECT_EQ(number("SELECT modules_unknown FROM agent"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='module-normal'"), 1);
}

TEST_P(StatusTasksTest, AutodisableEndsWithADocument) {
  report(module_xml("m", "1"), "interval='60' agent_mode='2'");
  clock_.advance(130 * kSecond);
  EXPECT_EQ(sweep().disabled, 1);
  EXPECT_EQ(number("SELECT disabled FROM agent"), 1);
  EXPECT_EQ(number("SELECT status_rank FROM agent"), 5);
  EXPECT_EQ(number("SELECT disabled_at FROM agent"), clock_.now());
  report(module_xml("m", "2"));
  EXPECT_EQ(number("SELECT disabled FROM agent"), 0);
  EXPECT_EQ(number("SELECT status FROM agent"), 0);
}

TEST_P(StatusTasksTest, MassSilenceIsOneSystemEvent) {
  server_->policy().creation.max_per_peer_per_hour = 1000;
  for (int i = 0; i < 12; ++i) {
    report(module_xml("m", "1"), "interval='60'", "agent" + std::to_string(i));
  }
  clock_.advance(130 * kSecond);
  EXPECT_EQ(sweep().unknown, 12);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='mass-unknown'"), 1);
  EXPECT_EQ(number("SELECT severity FROM event WHERE code='mass-unknown'"), 4);
}

TEST_P(StatusTasksTest, AFencedServerDoesNothing) {
  report(module_xml("m", "1"));
  clock_.advance(130 * kSecond);
  ASSERT_OK(db::release_lease(*db_, lease_));
  auto other = db::acquire_lease(*db_, "master", "other", clock_.now());
  ASSERT_OK(other);
  EXPECT_CODE(tasks_->sweep(*db_, lease_, clock_.now(), 0), ErrorCode::kConflict);
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
}

TEST_P(StatusTasksTest, MasterIsTheHighestPriorityThenTheLowestName) {
  ASSERT_OK(db::release_lease(*db_, lease_));
  const auto up = [&](const std::string& name, std::int64_t priority, std::int64_t status) {
    ASSERT_OK(
        db_->execute("REPLACE INTO server (name, status, master_priority, last_keepalive) "
                     "VALUES (?,?,?,?)",
                     {std::string_view(name), status, priority, clock_.now()}));
  };
  up("a", 1, 1);
  up("b", 1, 1);
  Mastership a("a", "a 1", 1);
  Mastership b("b", "b 1", 1);
  Mastership never("c", "c 1", 0);
  for (Mastership* m : {&b, &never, &a})
    ASSERT_OK(m->update(*db_, clock_.now()));
  EXPECT_TRUE(a.lease());
  EXPECT_FALSE(b.lease());
  EXPECT_FALSE(never.lease());
  up("b", 5, 1);
  ASSERT_OK(a.update(*db_, clock_.now()));
  ASSERT_OK(b.update(*db_, clock_.now()));
  EXPECT_FALSE(a.lease());
  EXPECT_TRUE(b.lease());
  up("b", 5, -1);  // b is down: its lease runs out, then a takes over
  ASSERT_OK(a.update(*db_, clock_.now()));
  EXPECT_FALSE(a.lease());
  clock_.advance(20 * kSecond);
  ASSERT_OK(a.update(*db_, clock_.now()));
  EXPECT_TRUE(a.lease());
}

TEST_P(StatusTasksTest, SilentServersAreMarkedDownWithAnEvent) {
  ASSERT_OK(
      db_->execute("INSERT INTO server (name, status, keepalive_s, last_keepalive) "
                   "VALUES ('s9', 1, 45, ?)",
                   {clock_.now() - 91 * kSecond}));
  ASSERT_OK(
      db_->execute("INSERT INTO server (name, type, status, keepalive_s, last_keepalive) "
                   "VALUES ('far', 'satellite', 1, 45, ?)",
                   {clock_.now() - 91 * kSecond}));
  ASSERT_OK(tasks_->mark_silent_servers(*db_, lease_, clock_.now()));
  ASSERT_OK(tasks_->mark_silent_servers(*db_, lease_, clock_.now()));
  EXPECT_EQ(number("SELECT status FROM server WHERE name='s9'"), -1);
  EXPECT_EQ(number("SELECT status FROM server WHERE name='far'"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='server-down'"), 1);
}

class RetentionTest : public StatusTasksTest {
 protected:
  Retention make(RetentionPolicy policy = {}) {
    return Retention(policy, *series_, [] { return false; });
  }
};
INSTANTIATE_INGEST(RetentionTest);

TEST_P(RetentionTest, HoursAreFoldedAndLateReportsFoldThemAgain) {
  clock_.jump_to(kTen + 50 * kMinute);
  const auto at = [](int minute) { return "2024/03/01 10:" + std::to_string(minute) + ":00"; };
  feed(agent_xml("", module_xml("m", "1"), at(10)));
  feed(agent_xml("", module_xml("m", "5"), at(20)));
  feed(agent_xml("", module_xml("m", "3"), at(30)));
  Retention retention = make();
  clock_.advance(20 * kMinute);  // 11:10: the hour may still get reports
  ASSERT_OK(retention.fold(*db_, lease_, clock_.now()));
  EXPECT_EQ(number("SELECT COUNT(*) FROM trend"), 0);
  clock_.advance(10 * kMinute);
  ASSERT_OK(retention.fold(*db_, lease_, clock_.now()));
  const db::Rows trend = rows("SELECT module_id, hour, n, min, max, sum FROM trend");
  ASSERT_EQ(trend.size(), 1U);
  EXPECT_EQ(trend[0].integer(0), module("m"));
  EXPECT_EQ(trend[0].integer(1), kTen / kHour);
  EXPECT_EQ(trend[0].integer(2), 3);
  EXPECT_EQ(trend[0].real(3), 1);
  EXPECT_EQ(trend[0].real(4), 5);
  EXPECT_EQ(trend[0].real(5), 9);
  feed(agent_xml("", module_xml("m", "11"), at(40)));
  ASSERT_OK(retention.fold(*db_, lease_, clock_.now()));
  EXPECT_EQ(number("SELECT n FROM trend"), 4);
  EXPECT_EQ(rows("SELECT max FROM trend")[0].real(0), 11);
  EXPECT_EQ(number("SELECT COUNT(*) FROM trend_dirty"), 0);
}

TEST_P(RetentionTest, WhatIsTooOldGoes) {
  feed(agent_xml("", module_xml("m", "1") +
                         module_xml("t", "x", "<type>generic_data_string</type>") +
                         "<log_module><source>l</source><data>line</data></log_module>"));
  ASSERT_OK(
      db_->execute("INSERT INTO trend VALUES (?, ?, 1, 1, 1, 1)", {module("m"), kTen / kHour}));
  Retention retention = make({.reports = 45, .trends = 100, .texts = 14, .events = 30, .logs = 60});
  const auto after = [&](int days) {
    clock_.jump_to(kTen + days * kDay);
    ASSERT_OK(retention.prepare_days(*db_, clock_.now()));
    ASSERT_OK(retention.purge(*db_, lease_, clock_.now()));
  };
  after(13);
  EXPECT_EQ(number("SELECT COUNT(*) FROM text_sample"), 1);
  after(15);
  EXPECT_EQ(number("SELECT COUNT(*) FROM text_sample"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event"), 1);
  after(31);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM log_chunk"), 1);
  if (on_sqlite()) {  // partitions hold days that were made ahead of their reports only
    EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 1);
    after(46);
    EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 0);
  }
  after(61);
  EXPECT_EQ(number("SELECT COUNT(*) FROM log_chunk"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM trend"), 1);
  after(102);
  EXPECT_EQ(number("SELECT COUNT(*) FROM trend"), 0);
}

TEST_P(RetentionTest, ManyOldRowsGoInSlices) {
  db::Batch batch(1);
  for (int i = 0; i < 2500; ++i)
    batch.add({kTen + i});
  ASSERT_OK(db_->bulk("INSERT INTO event (at, type, severity, code) VALUES (?, 'system', 0, 'x')",
                      batch));
  ASSERT_OK(make().purge(*db_, lease_, kTen + 31 * kDay));
  EXPECT_EQ(number("SELECT COUNT(*) FROM event"), 0);
}

TEST_P(RetentionTest, MarkedModulesAndForgottenAgentsAreDeleted) {
  feed(agent_xml("agent_mode='2'", module_xml("m", "1") + module_xml("n", "1")));
  ASSERT_OK(db_->execute("UPDATE module SET delete_pending=1 WHERE name='m'", {}));
  const std::int64_t version = number("SELECT version FROM agent_state");
  ASSERT_OK(make().purge(*db_, lease_, clock_.now()));
  EXPECT_EQ(number("SELECT COUNT(*) FROM module"), 1);
  EXPECT_EQ(number("SELECT version FROM agent_state"), version + 1);
  feed(agent_xml("", module_xml("m", "2") + module_xml("n", "2"), "2024/03/01 10:05:00"));
  EXPECT_EQ(slot_of(ModuleId{module("m")}), 2U);  // slots are never used again
  EXPECT_EQ(state("n").number, 2);

  ASSERT_OK(db_->execute("UPDATE agent SET disabled=1, disabled_at=?", {clock_.now()}));
  ASSERT_OK(make().purge(*db_, lease_, clock_.now() + 29 * kDay));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 1);
  ASSERT_OK(make().purge(*db_, lease_, clock_.now() + 31 * kDay));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM module"), 0);
}

TEST_P(RetentionTest, QuarantinedFilesGoAndTheirRowsStay) {
  ASSERT_OK(server_->feed("no xml"));
  const Micros at = number("SELECT at FROM quarantine");
  ASSERT_OK(purge_quarantine(*db_, server_->quarantine(), "other", at + 1));
  ASSERT_OK(purge_quarantine(*db_, server_->quarantine(), "s1", at));
  EXPECT_EQ(text("SELECT state FROM quarantine"), "held");
  ASSERT_OK(purge_quarantine(*db_, server_->quarantine(), "s1", at + 1));
  EXPECT_EQ(text("SELECT state FROM quarantine"), "deleted");
  EXPECT_EQ(server_->quarantine().items(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(server_->quarantine_path()));
}

}  // namespace
}  // namespace yagura::monitor
