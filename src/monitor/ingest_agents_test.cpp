// Agents made and changed by documents: conformance cases D1 to D8, D47, D51, D52 of agent-data §18
// and the rules of creation (SRV-10 to SRV-13).
#include <gmock/gmock.h>

#include "monitor/ingest_test_kit.h"

namespace yagura::monitor {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class IngestAgents : public IngestTest {};
INSTANTIATE_INGEST(IngestAgents);

const std::string kCpu = module_xml("cpu", "12.5");

TEST_P(IngestAgents, D1MinimalFileMakesAgentModuleAndEvent) {
  feed(agent_xml("", kCpu));
  const db::Rows agent = rows(
      "SELECT alias, group_id, mode, status, modules_total, modules_normal, approval, interval_s, "
      "os_id FROM agent WHERE name = 'a1'");
  ASSERT_EQ(agent.size(), 1U);
  EXPECT_EQ(agent[0].text(0), "a1");
  EXPECT_EQ(agent[0].integer(1), 10);
  EXPECT_EQ(agent[0].integer(2), 1);
  EXPECT_EQ(agent[0].integer(3), 0);
  EXPECT_EQ(agent[0].integer(4), 1);
  EXPECT_EQ(agent[0].integer(5), 1);
  EXPECT_EQ(agent[0].integer(6), 1);
  EXPECT_EQ(agent[0].integer(7), 300);
  EXPECT_EQ(agent[0].integer(8), 10);
  const ModuleState cpu = state("cpu");
  EXPECT_EQ(cpu.number, 12.5);
  EXPECT_EQ(cpu.status, StatusCode::kNormal);
  EXPECT_EQ(cpu.value_time, kTen);
  EXPECT_EQ(cpu.received, clock_.now());
  EXPECT_THAT(history("cpu"), ElementsAre(std::pair(kTen, 12.5)));
  const db::Rows events = rows("SELECT code, type, severity, text, agent_id, group_id FROM event");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].text(0), "agent-created");
  EXPECT_EQ(events[0].text(1), "new_agent");
  EXPECT_EQ(events[0].integer(2), 2);
  EXPECT_EQ(events[0].text(3), "Agent [a1] created by s1");
  EXPECT_EQ(events[0].integer(4), agent_id());
  EXPECT_EQ(events[0].integer(5), 10);
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), 1);
  EXPECT_EQ(number("SELECT last_contact FROM agent_state"), clock_.now());
  EXPECT_EQ(number("SELECT last_remote_contact FROM agent_state"), kTen);
}

TEST_P(IngestAgents, D2GroupIsANameNeverAnId) {
  feed(agent_xml("group='Servers'", kCpu, "2024/03/01 10:00:00", "x1"));
  feed(agent_xml("group='NoSuch'", kCpu, "2024/03/01 10:00:00", "x2"));
  feed(agent_xml("group='2'", kCpu, "2024/03/01 10:00:00", "x3"));
  EXPECT_EQ(number("SELECT group_id FROM agent WHERE name='x1'"), 2);
  EXPECT_EQ(number("SELECT group_id FROM agent WHERE name='x2'"), 10);
  EXPECT_EQ(number("SELECT group_id FROM agent WHERE name='x3'"), 10);
}

TEST_P(IngestAgents, D3WithoutAnyGroupNoAgent) {
  server_->policy().default_group.reset();
  feed(agent_xml("group='NoSuch'", kCpu));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 0);
  EXPECT_EQ(text("SELECT type FROM event"), "error");
  EXPECT_EQ(text("SELECT code FROM quarantine"), "no-group");
}

TEST_P(IngestAgents, D4AutocreateNeverCreatesNothing) {
  server_->policy().creation.mode = AutoCreate::kNever;
  feed(agent_xml("", kCpu));
  feed(agent_xml("", kCpu, "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event"), 1);  // once an hour and name
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='autocreate-never'"), 2);
}

TEST_P(IngestAgents, D5WithoutNameTheFileIsRefused) {
  feed("<?xml version='1.0'?><agent_data agent_name=''>" + kCpu + "</agent_data>");
  feed("<?xml version='1.0'?><agent_data interval='300'>" + kCpu + "</agent_data>");
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='no-agent-name'"), 2);
}

TEST_P(IngestAgents, D6LearningTakesWhatItMayAndNothingElse) {
  feed(
      agent_xml("group='Servers' agent_alias='one' description='d' os_name='Linux' "
                "custom_id='c' version='1' os_version='v1' address='10.0.0.1'",
                kCpu));
  const std::string fixed =
      "SELECT group_id, alias, description, os_name, os_id, custom_id, mode FROM agent";
  const db::Rows before = rows(fixed);
  feed(
      agent_xml("group='Unknown' agent_alias='two' description='e' os_name='Windows' "
                "custom_id='x' agent_mode='0' interval='60' version='2' os_version='v2' "
                "address='10.0.0.2'",
                kCpu, "2024/03/01 10:05:00"));
  const db::Rows after = rows(fixed);
  EXPECT_EQ(after[0].integer(0), before[0].integer(0));
  EXPECT_EQ(after[0].text(1), "one");
  EXPECT_EQ(after[0].text(2), "d");
  EXPECT_EQ(after[0].text(3), "Linux");
  EXPECT_EQ(after[0].integer(4), 1);
  EXPECT_EQ(after[0].text(5), "c");
  EXPECT_EQ(after[0].integer(6), 1);
  EXPECT_EQ(number("SELECT interval_s FROM agent"), 60);
  EXPECT_EQ(text("SELECT agent_version FROM agent"), "2");
  EXPECT_EQ(text("SELECT os_version FROM agent"), "v2");
  EXPECT_EQ(text("SELECT address FROM agent"), "10.0.0.2");
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent_address"), 2);
}

TEST_P(IngestAgents, D7NoLearnUpdatesValuesOnly) {
  feed(agent_xml("agent_mode='0'", module_xml("m1", "1")));
  feed(agent_xml("interval='60'", module_xml("m1", "2") + module_xml("m2", "3"),
                 "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM module"), 1);
  EXPECT_EQ(state("m1").number, 2);
  EXPECT_EQ(number("SELECT interval_s FROM agent"), 300);
}

TEST_P(IngestAgents, D8DisabledAgentIsDroppedUnlessAutodisable) {
  feed(agent_xml("", kCpu));
  rows("SELECT 1");
  ASSERT_OK(db_->execute("UPDATE agent SET disabled=1", {}));
  ASSERT_OK(db_->execute("UPDATE agent_state SET version=version+1", {}));
  feed(agent_xml("", module_xml("cpu", "99"), "2024/03/01 10:05:00"));
  EXPECT_EQ(state("cpu").number, 12.5);
  EXPECT_EQ(server_->counters().refused, 1U);
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), 2);
  ASSERT_OK(db_->execute("UPDATE agent SET mode=2", {}));
  ASSERT_OK(db_->execute("UPDATE agent_state SET version=version+1", {}));
  feed(agent_xml("", module_xml("cpu", "98"), "2024/03/01 10:06:00"));
  EXPECT_EQ(state("cpu").number, 98);
  EXPECT_EQ(number("SELECT disabled FROM agent"), 0);
  EXPECT_THAT(event_codes(), ElementsAre("agent-created", "agent-reenabled"));
}

TEST_P(IngestAgents, NamesAreComparedExactly) {
  for (const char* name : {"Host A", "host a", "Host A "}) {
    feed(agent_xml("", kCpu, "2024/03/01 10:00:00", name));
    feed(agent_xml("", kCpu, "2024/03/01 10:05:00", name));
  }
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 3);
}

TEST_P(IngestAgents, D47CustomFieldsThatExist) {
  const std::string fields =
      "<custom_fields><field><name>Serial Number</name><value>A1</value></field>"
      "<field><name>No such</name><value>x</value></field></custom_fields>";
  feed(agent_xml("", kCpu + fields));
  EXPECT_EQ(number("SELECT COUNT(*) FROM custom_field_value"), 1);
  EXPECT_EQ(text("SELECT value FROM custom_field_value"), "A1");
  const std::string changed =
      "<custom_fields><field><name>Serial Number</name><value>B2</value></field></custom_fields>";
  feed(agent_xml("", kCpu + changed, "2024/03/01 10:05:00"));
  EXPECT_EQ(text("SELECT value FROM custom_field_value"), "B2");
}

TEST_P(IngestAgents, D51ParentIsANameThatExists) {
  server_->policy().header.update_parent = true;
  feed(agent_xml("", kCpu, "2024/03/01 10:00:00", "parent"));
  feed(agent_xml("parent_agent_name='nobody'", kCpu));
  EXPECT_EQ(number("SELECT parent_id FROM agent WHERE name='a1'"), 0);
  feed(agent_xml("parent_agent_name='parent'", kCpu, "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT parent_id FROM agent WHERE name='a1'"), agent_id("parent"));
  feed(agent_xml("parent_agent_name='nobody'", kCpu, "2024/03/01 10:10:00"));
  EXPECT_EQ(number("SELECT parent_id FROM agent WHERE name='a1'"), agent_id("parent"));
}

TEST_P(IngestAgents, D52FirstAddressIsTheMainOne) {
  feed(agent_xml("address=' 10.0.0.1 , 10.0.0.2'", kCpu));
  EXPECT_EQ(text("SELECT address FROM agent"), "10.0.0.1");
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent_address"), 2);
}

TEST_P(IngestAgents, ApproveHoldsTheLatestDocumentUntilAnOperatorDecides) {
  server_->policy().creation.mode = AutoCreate::kApprove;
  feed(agent_xml("group_password='s3cret'", module_xml("cpu", "1")));
  feed(agent_xml("", module_xml("cpu", "2"), "2024/03/01 10:05:00"));
  EXPECT_EQ(number("SELECT approval FROM agent"), 0);
  EXPECT_EQ(number("SELECT status_rank FROM agent"), 4);
  EXPECT_EQ(number("SELECT COUNT(*) FROM module"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM pending_document"), 1);
  EXPECT_EQ(number("SELECT dropped FROM pending_document"), 1);
  EXPECT_EQ(text("SELECT document FROM pending_document").find("s3cret"), std::string::npos);
  EXPECT_THAT(event_codes(), ElementsAre("agent-pending"));
  EXPECT_EQ(*server_->applier().release_pending(server_->db()), 0U);

  ASSERT_OK(db_->execute("UPDATE agent SET approval=1, disabled=0", {}));
  ASSERT_OK(db_->execute("UPDATE agent_state SET version=version+1", {}));
  EXPECT_EQ(*server_->applier().release_pending(server_->db()), 1U);
  EXPECT_EQ(state("cpu").number, 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM pending_document"), 0);
  EXPECT_GT(number("SELECT first_contact FROM agent"), 0);
  feed(agent_xml("", module_xml("cpu", "3"), "2024/03/01 10:10:00"));
  EXPECT_EQ(state("cpu").number, 3);
}

TEST_P(IngestAgents, RejectedAgentsGoToQuarantine) {
  server_->policy().creation.mode = AutoCreate::kApprove;
  feed(agent_xml("", kCpu));
  ASSERT_OK(db_->execute("UPDATE agent SET approval=2", {}));
  ASSERT_OK(db_->execute("UPDATE agent_state SET version=version+1", {}));
  feed(agent_xml("", kCpu, "2024/03/01 10:05:00"));
  EXPECT_EQ(text("SELECT code FROM quarantine"), "agent-rejected");
}

TEST_P(IngestAgents, LimitsOfCreationHoldWithinABatchToo) {
  server_->policy().creation.mode = AutoCreate::kApprove;
  server_->policy().creation.max_per_hour = 8;
  server_->policy().creation.max_per_peer_per_hour = 5;
  std::vector<Document> batch;
  for (int i = 0; i < 30; ++i) {
    Provenance from;
    from.peer = i % 2 == 0 ? "192.0.2.1" : "192.0.2.2";
    batch.push_back(server_->document(
        agent_xml("", kCpu, "2024/03/01 10:00:00", "flood" + std::to_string(i)), from));
  }
  ASSERT_OK(server_->feed_all(std::move(batch)));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 8);
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine"), 22);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='agent-pending'"), 8);
  EXPECT_LE(number("SELECT COUNT(*) FROM event WHERE code='agent-refused'"), 4);
  clock_.advance(kHour + kSecond);
  feed(agent_xml("", kCpu, "2024/03/01 11:00:00", "later"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 9);
}

TEST_P(IngestAgents, OnlyAllowedNetsAndNamesCreate) {
  auto nets = text::NetworkList::parse("198.51.100.0/24");
  ASSERT_OK(nets);
  server_->policy().allowed_nets = *nets;
  auto expression = text::Regex::compile("^web-");
  ASSERT_OK(expression);
  server_->policy().name_expression = *expression;
  feed(agent_xml("", kCpu, "2024/03/01 10:00:00", "web-1"));
  Provenance inside;
  inside.peer = "198.51.100.7";
  feed(agent_xml("", kCpu, "2024/03/01 10:00:00", "db-1"), inside);
  feed(agent_xml("", kCpu, "2024/03/01 10:00:00", "web-2"), inside);
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='peer-not-allowed'"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='name-not-allowed'"), 1);
}

TEST_P(IngestAgents, FullGroupTakesNoMore) {
  ASSERT_OK(db_->execute("UPDATE agent_group SET max_agents=1 WHERE id=2", {}));
  feed(agent_xml("group='Servers'", kCpu, "2024/03/01 10:00:00", "x1"));
  feed(agent_xml("group='Servers'", kCpu, "2024/03/01 10:00:00", "x2"));
  EXPECT_EQ(number("SELECT group_id FROM agent WHERE name='x1'"), 2);
  EXPECT_EQ(number("SELECT group_id FROM agent WHERE name='x2'"), 10);
}

TEST_P(IngestAgents, GroupPasswordIsAskedAlwaysAndRotatesWithGrace) {
  ASSERT_OK(
      set_group_password(*db_, GroupId{2}, crypto::Secret(std::string("old")), 0, clock_.now()));
  const std::string group = "group='Servers' ";
  feed(agent_xml(group + "group_password='old'", module_xml("cpu", "1")));
  ASSERT_EQ(number("SELECT group_id FROM agent WHERE name='a1'"), 2);
  feed(agent_xml(group, module_xml("cpu", "2"), "2024/03/01 10:01:00"));
  feed(agent_xml(group + "group_password='bad'", module_xml("cpu", "3"), "2024/03/01 10:02:00"));
  EXPECT_EQ(state("cpu").number, 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='group-password-missing'"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='group-password-wrong'"), 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='identity-check-failed'"), 1);
  EXPECT_EQ(number("SELECT last_remote_contact FROM agent_state"), kTen);
  feed(agent_xml(group + "group_password='old'", module_xml("cpu", "4"), "2024/03/01 10:03:00"));
  EXPECT_EQ(state("cpu").number, 4);

  ASSERT_OK(set_group_password(*db_, GroupId{2}, crypto::Secret(std::string("new")), kHour,
                               clock_.now()));
  clock_.advance(2 * kSecond);
  feed(agent_xml(group + "group_password='old'", module_xml("cpu", "5"), "2024/03/01 10:04:00"));
  EXPECT_EQ(state("cpu").number, 5);
  feed(agent_xml(group + "group_password='new'", module_xml("cpu", "6"), "2024/03/01 10:05:00"));
  EXPECT_EQ(state("cpu").number, 6);
  clock_.advance(kHour);
  feed(agent_xml(group + "group_password='old'", module_xml("cpu", "7"), "2024/03/01 11:05:00"));
  EXPECT_EQ(state("cpu").number, 6);

  server_->policy().password_check = PasswordCheck::kCreate;
  feed(agent_xml(group, module_xml("cpu", "8"), "2024/03/01 11:06:00"));
  EXPECT_EQ(state("cpu").number, 8);
}

TEST_P(IngestAgents, WrongPasswordAtCreationTriesTheNextGroup) {
  ASSERT_OK(
      set_group_password(*db_, GroupId{2}, crypto::Secret(std::string("pw")), 0, clock_.now()));
  feed(agent_xml("group='Servers' group_password='no'", kCpu));
  EXPECT_EQ(number("SELECT group_id FROM agent"), 10);
  ASSERT_OK(
      set_group_password(*db_, GroupId{10}, crypto::Secret(std::string("pw2")), 0, clock_.now()));
  clock_.advance(2 * kSecond);
  feed(agent_xml("group='Servers'", kCpu, "2024/03/01 10:00:00", "a2"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 1);
  EXPECT_EQ(text("SELECT code FROM quarantine"), "group-password");
}

TEST_P(IngestAgents, CertificateBindingWarnsOrRefuses) {
  const std::string first(64, 'a');
  const std::string second(64, 'b');
  Provenance from;
  from.level = tentacle::Level::kTls;
  feed(agent_xml("", module_xml("cpu", "1")), from);
  EXPECT_EQ(text("SELECT bound_fingerprint FROM agent"), "");
  from.level = tentacle::Level::kMutual;
  from.fingerprint = first;
  feed(agent_xml("", module_xml("cpu", "2"), "2024/03/01 10:01:00"), from);
  EXPECT_EQ(text("SELECT bound_fingerprint FROM agent"), first);
  EXPECT_GT(number("SELECT bound_at FROM agent"), 0);
  from.fingerprint = second;
  feed(agent_xml("", module_xml("cpu", "3"), "2024/03/01 10:02:00"), from);
  EXPECT_EQ(state("cpu").number, 2);
  EXPECT_EQ(text("SELECT code FROM quarantine"), "binding-mismatch");
  EXPECT_EQ(number("SELECT severity FROM event WHERE code='binding-mismatch'"), 6);
  server_->policy().binding = BindingMode::kOff;
  feed(agent_xml("", module_xml("cpu", "4"), "2024/03/01 10:03:00"), from);
  EXPECT_EQ(state("cpu").number, 4);
}

TEST_P(IngestAgents, SatellitesAreRefusedUnlessAccepted) {
  const std::string xml =
      "<?xml version='1.0'?><agent_data server_name='far' version='9' "
      "keepalive='60'>x</agent_data>";
  ASSERT_OK(db_->execute("INSERT INTO server (name, type) VALUES ('s1', 'data')", {}));
  feed(xml);
  EXPECT_EQ(text("SELECT code FROM quarantine"), "satellite-not-accepted");
  server_->policy().accept_satellites = true;
  feed(xml);
  EXPECT_EQ(text("SELECT type FROM server WHERE name='far'"), "satellite");
  feed("<?xml version='1.0'?><agent_data server_name='s1' version='9'>x</agent_data>");
  EXPECT_EQ(text("SELECT type FROM server WHERE name='s1'"), "data");
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine"), 2);
}

}  // namespace
}  // namespace yagura::monitor
