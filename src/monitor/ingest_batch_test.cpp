// Batches: order, exactly once, items at fault, several servers on one database, lost connections
// (conformance cases D46, D56; GEN-15; design §5).
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "monitor/agent_store.h"
#include "monitor/ingest_test_kit.h"

namespace yagura::monitor {
namespace {

using testing::ElementsAre;

class IngestBatch : public IngestTest {
 protected:
  static std::string minute(int m) {
    return "2024/03/01 10:" + std::string(m < 10 ? "0" : "") + std::to_string(m) + ":00";
  }
  Document document(int m, const std::string& value, const std::string& agent = "a1") {
    return server_->document(agent_xml("", module_xml("m", value), minute(m), agent), {});
  }
  std::size_t quarantined_files() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(server_->quarantine_path())) {
      count += entry.path().extension() == ".data" ? 1U : 0U;
    }
    return count;
  }
};
INSTANTIATE_INGEST(IngestBatch);

TEST_P(IngestBatch, D46ReportsOfOneAgentAreAppliedInTimeOrder) {
  std::vector<Document> batch;
  batch.push_back(document(3, "3"));
  batch.push_back(document(1, "1"));
  batch.push_back(document(2, "2"));
  ASSERT_OK(server_->feed_all(std::move(batch)));
  EXPECT_EQ(state("m").number, 3);
  EXPECT_THAT(history("m"),
              ElementsAre(std::pair(kTen + kMinute, 1.0), std::pair(kTen + 2 * kMinute, 2.0),
                          std::pair(kTen + 3 * kMinute, 3.0)));
  EXPECT_EQ(server_->counters().late, 0U);
  EXPECT_EQ(server_->counters().items, 3U);
  EXPECT_EQ(number("SELECT version FROM agent_state"), 4);
}

TEST_P(IngestBatch, TwoReportsWithTheSameTimeAreTwoRowsAndTheLaterWins) {
  std::vector<Document> batch;
  batch.push_back(document(1, "1"));
  batch.push_back(document(1, "2"));
  ASSERT_OK(server_->feed_all(std::move(batch)));
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 2);
  EXPECT_EQ(state("m").number, 2);
}

TEST_P(IngestBatch, D56ItemsStoredBeforeACrashAreNotStoredAgain) {
  const std::string critical = "<min_critical>10</min_critical>";
  const auto first = [&] {
    Provenance from;
    from.item = *item_id_from_hex("00000000000000000000000000000001");
    return server_->document(agent_xml("", module_xml("m", "20", critical)), from);
  };
  std::vector<Document> batch;
  batch.push_back(first());
  ASSERT_OK(server_->feed_all(std::move(batch)));
  const std::int64_t events = number("SELECT COUNT(*) FROM event");
  server_->restart();
  std::vector<Document> again;
  again.push_back(first());
  again.push_back(document(5, "30"));
  ASSERT_OK(server_->feed_all(std::move(again)));
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event"), events);
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), 2);
  EXPECT_EQ(server_->counters().duplicates, 1U);
  EXPECT_EQ(state("m").number, 30);
}

TEST_P(IngestBatch, TheSameDocumentOverTwoTransportsCountsOnce) {
  const std::string xml = agent_xml("", module_xml("m", "7"), minute(1));
  ASSERT_OK(server_->feed(xml));
  ASSERT_OK(server_->feed(xml));
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 1);
  EXPECT_EQ(server_->counters().duplicates, 1U);
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), 2);
}

TEST_P(IngestBatch, TheItemAtFaultIsFoundAndTheOthersAreStored) {
  // A rule of the database that one document breaks stands for any fault of a single item.
  const std::string trigger =
      on_sqlite()
          ? "CREATE TRIGGER bad BEFORE INSERT ON text_sample WHEN NEW.value = 'poison' BEGIN "
            "SELECT RAISE(ABORT, 'poison'); END;"
          : "CREATE TRIGGER bad BEFORE INSERT ON text_sample FOR EACH ROW IF NEW.value = "
            "'poison' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poison'; END IF;";
  ASSERT_OK(db_->script("--@begin\n" + trigger + "\n--@end\n"));
  std::vector<Document> batch;
  for (int i = 0; i < 9; ++i) {
    const std::string text = i == 4 ? "poison" : "fine";
    batch.push_back(
        server_->document(agent_xml("", module_xml("m", text, "<type>generic_data_string</type>"),
                                    minute(i), "agent" + std::to_string(i % 3)),
                          {}));
  }
  ASSERT_OK(server_->feed_all(std::move(batch)));
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), 9);
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine"), 1);
  EXPECT_EQ(text("SELECT code FROM quarantine"), "store-failed");
  EXPECT_EQ(quarantined_files(), 1U);
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 3);
  EXPECT_EQ(server_->counters().items, 8U);
  EXPECT_EQ(server_->counters().quarantined, 1U);
}

TEST_P(IngestBatch, RefusedDocumentsLeaveFileReasonRowAndEvent) {
  ASSERT_OK(server_->feed("<agent_data agent_name='a' group_password='pw1'><broken"));
  EXPECT_EQ(text("SELECT code FROM quarantine"), "malformed-xml");
  EXPECT_EQ(text("SELECT code FROM event"), "bad-document");
  EXPECT_EQ(text("SELECT type FROM event"), "error");
  EXPECT_EQ(quarantined_files(), 1U);
  const std::string file = text("SELECT file FROM quarantine");
  const auto payload = read_file(server_->quarantine_path() + "/" + file, 65536);
  ASSERT_OK(payload);
  EXPECT_EQ(payload->find("pw1"), std::string::npos);
  const std::string reason = file.substr(0, file.size() - 5) + ".reason.json";
  const auto told = read_file(server_->quarantine_path() + "/" + reason, 65536);
  ASSERT_OK(told);
  EXPECT_NE(told->find("\"code\":\"malformed-xml\""), std::string::npos);
  EXPECT_NE(told->find("\"peer\":\"192.0.2.1\""), std::string::npos);
}

TEST_P(IngestBatch, FloodOfBadDocumentsMakesFewEvents) {
  std::vector<Document> batch;
  for (int i = 0; i < 60; ++i)
    batch.push_back(server_->document("no xml", {}));
  ASSERT_OK(server_->feed_all(std::move(batch)));
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine"), 60);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event"), 20);
}

TEST_P(IngestBatch, ChangesByOthersAreSeenThroughTheVersion) {
  ASSERT_OK(server_->feed(agent_xml("", module_xml("m", "1", "<min_critical>10</min_critical>"))));
  ASSERT_OK(db_->execute("UPDATE module SET min_critical=100", {}));
  ASSERT_OK(db_->execute("UPDATE agent_state SET version=version+1", {}));
  ASSERT_OK(server_->feed(agent_xml("", module_xml("m", "50"), minute(1))));
  EXPECT_EQ(state("m").status, StatusCode::kNormal);
}

TEST_P(IngestBatch, AnAgentDeletedMeanwhileIsMadeAnew) {
  ASSERT_OK(server_->feed(agent_xml("", module_xml("m", "1"))));
  for (const char* sql : {"DELETE FROM module", "DELETE FROM agent_state", "DELETE FROM agent"}) {
    ASSERT_OK(db_->execute(sql, {}));
  }
  ASSERT_OK(server_->feed(agent_xml("", module_xml("m", "2"), minute(1))));
  EXPECT_EQ(state("m").number, 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 1);
}

TEST_P(IngestBatch, ALostConnectionLosesNothingAndStoresNothingTwice) {
  if (on_sqlite()) GTEST_SKIP() << "a file cannot be disconnected";
  ASSERT_OK(server_->feed(agent_xml("", module_xml("m", "1"))));
  auto id = server_->db().query("SELECT CONNECTION_ID()");
  ASSERT_OK(id);
  ASSERT_OK(db_->execute("KILL ?", {id->front().integer(0)}));
  std::vector<Document> batch;
  batch.push_back(document(1, "2"));
  const Status lost = server_->applier().apply(server_->db(), batch);
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::kUnavailable);
  server_->replace_connection(open());
  server_->applier().forget_reference();
  ASSERT_OK(server_->applier().apply(server_->db(), batch));
  // Had the commit got through before the loss, a repetition must change nothing either.
  ASSERT_OK(server_->applier().apply(server_->db(), batch));
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 2);
  EXPECT_EQ(state("m").number, 2);
}

TEST_P(IngestBatch, TwoServersShareAgentsWithoutLossOrDoubleWork) {
  constexpr int kAgents = 7;
  constexpr int kDocuments = 60;
  clock_.advance(kHour);
  IngestPolicy policy = shipped();
  policy.creation.max_per_peer_per_hour = 1000;
  server_->policy() = policy;
  TestServerSide other(open(), clock_, policy);
  server_->salt("one");
  other.salt("two");
  const auto run = [&](TestServerSide& server, int parity) {
    for (int i = parity; i < kDocuments; i += 2) {
      std::vector<Document> batch;
      for (int a = 0; a < kAgents; ++a) {
        batch.push_back(
            server.document(agent_xml("", module_xml("m", std::to_string(i)) + module_xml("n", "1"),
                                      minute(i), "agent" + std::to_string(a)),
                            {}));
      }
      ASSERT_OK(server.feed_all(std::move(batch)));
    }
  };
  std::thread second([&] { run(other, 1); });
  run(*server_, 0);
  second.join();
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), kAgents);
  EXPECT_EQ(number("SELECT COUNT(*) FROM module"), 2 * kAgents);
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), kAgents * kDocuments);
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), kAgents * kDocuments);
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent_state WHERE version = ?", {1 + kDocuments}),
            kAgents);
  for (int a = 0; a < kAgents; ++a) {
    const std::string agent = "agent" + std::to_string(a);
    EXPECT_EQ(state("m", agent).number, kDocuments - 1) << agent;
    EXPECT_EQ(history("m", agent).size(), static_cast<std::size_t>(kDocuments));
  }
  EXPECT_EQ(server_->counters().items + other.counters().items,
            static_cast<std::uint64_t>(kAgents * kDocuments));
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine"), 0);
}

TEST_P(IngestBatch, TwoServersCreateTheSameAgentsOnce) {
  clock_.advance(kHour);
  IngestPolicy policy = shipped();
  policy.creation.max_per_peer_per_hour = 1000;
  server_->policy() = policy;
  TestServerSide other(open(), clock_, policy);
  server_->salt("one");
  other.salt("two");
  const auto run = [&](TestServerSide& server, int parity) {
    for (int i = 0; i < 30; ++i) {
      ASSERT_OK(server.feed(agent_xml("", module_xml("m", std::to_string(i)),
                                      minute(2 * i % 60 + parity), "agent" + std::to_string(i))));
    }
  };
  std::thread second([&] { run(other, 1); });
  run(*server_, 0);
  second.join();
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 30);
  EXPECT_EQ(number("SELECT COUNT(*) FROM module"), 30);
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 60);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='agent-created'"), 30);
}

TEST_P(IngestBatch, TwoServersAndOneSpoolStoreEachItemOnce) {
  clock_.advance(kHour);
  IngestPolicy policy = shipped();
  policy.creation.max_per_peer_per_hour = 1000;
  server_->policy() = policy;
  TestServerSide other(open(), clock_, policy);
  const auto run = [&](TestServerSide& server) {
    for (int i = 0; i < 40; ++i) {
      Provenance from;
      from.item[0] = 1;
      from.item[15] = static_cast<std::uint8_t>(i);
      ASSERT_OK(server.feed(agent_xml("", module_xml("m", std::to_string(i)), minute(i)), from));
    }
  };
  std::thread second([&] { run(other); });
  run(*server_);
  second.join();
  EXPECT_EQ(number("SELECT COUNT(*) FROM ingested_item"), 40);
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 40);
  EXPECT_EQ(number("SELECT version FROM agent_state"), 41);
}

TEST_P(IngestBatch, ASmallCacheOnlyCostsTime) {
  for (int round = 0; round < 3; ++round) {
    for (int a = 0; a < 12; ++a) {
      ASSERT_OK(server_->feed(agent_xml("", module_xml("m", std::to_string(round)), minute(round),
                                        "agent" + std::to_string(a))));
    }
    server_->restart();
  }
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 36);
  EXPECT_EQ(state("m", "agent11").number, 2);
}

TEST(AgentCacheTest, TrimDropsTheLeastRecentlyUsed) {
  AgentCache cache(10);
  for (int i = 0; i < 20; ++i) {
    auto agent = std::make_unique<CachedAgent>();
    agent->fields.name = "agent" + std::to_string(i);
    cache.put(std::move(agent));
  }
  ASSERT_NE(cache.find("agent3"), nullptr);
  cache.trim();
  EXPECT_LE(cache.size(), 10U);
  EXPECT_NE(cache.find("agent3"), nullptr);
  EXPECT_NE(cache.find("agent19"), nullptr);
  EXPECT_EQ(cache.find("agent0"), nullptr);
  cache.forget("agent19");
  EXPECT_EQ(cache.find("agent19"), nullptr);
}

TEST(QuarantineTest, BlanksGroupPasswordsInEveryForm) {
  EXPECT_EQ(without_group_password("<a group_password='s3' b='c'/>"),
            "<a group_password='**' b='c'/>");
  EXPECT_EQ(without_group_password("<a group_password = \"s'3\"/>"),
            "<a group_password = \"***\"/>");
  EXPECT_EQ(without_group_password("<group_password>abc</group_password>"),
            "<group_password>***</group_password>");
  EXPECT_EQ(without_group_password("<a group_password=open>"), "<a group_password=****>");
  EXPECT_EQ(without_group_password("<a group_password='cut off"), "<a group_password='*******");
  std::string wide = "\xff\xfe";
  for (const char c : std::string("<a group_password='s3'/>"))
    (wide += c) += '\0';
  const std::string blanked = without_group_password(wide);
  EXPECT_EQ(blanked.size(), wide.size());
  EXPECT_EQ(blanked.find(std::string("s\0003", 3)), std::string::npos);
  EXPECT_NE(blanked.find(std::string("*\0*\0", 4)), std::string::npos);
  EXPECT_EQ(without_group_password("nothing here"), "nothing here");
}

TEST(QuarantineTest, HasRoomForSoMuchAndSaysSo) {
  db::TestFolder folder;
  auto opened = Quarantine::open(folder.path() + "/q", {.max_items = 2, .max_bytes = 1000});
  ASSERT_OK(opened);
  Quarantine& quarantine = *opened;
  const auto store = [&](int i, const std::string& payload) {
    Provenance from;
    from.item[0] = static_cast<std::uint8_t>(i);
    return *quarantine.store(from, {"code", {{"a", "b"}}, "text"}, "agent", payload, kTen);
  };
  const std::string first = store(1, "x");
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(store(1, "x"), first);  // the same item again
  EXPECT_EQ(quarantine.items(), 1U);
  EXPECT_TRUE(store(2, std::string(2000, 'x')).empty());  // too many bytes
  EXPECT_FALSE(store(3, "y").empty());
  EXPECT_TRUE(store(4, "z").empty());  // too many items
  ASSERT_OK(quarantine.sync());
  ASSERT_OK(quarantine.remove(first));
  ASSERT_OK(quarantine.remove(first));
  EXPECT_EQ(quarantine.items(), 1U);
  EXPECT_FALSE(quarantine.remove("../x").ok());
  auto reopened = Quarantine::open(folder.path() + "/q", {});
  ASSERT_OK(reopened);
  EXPECT_EQ(reopened->items(), 1U);
}

}  // namespace
}  // namespace yagura::monitor
