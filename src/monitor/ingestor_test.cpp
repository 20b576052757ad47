// The pipeline with real files: what is taken, what is left, what is refused; conformance cases
// D40, D41 (local files), D45, D56 of agent-data §18 and SRV-06.
#include "monitor/ingestor.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "monitor/ingest_test_kit.h"
#include "tentacle/spool_envelope.h"

namespace yagura::monitor {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class IngestorTest : public IngestTest {
 protected:
  void SetUp() override {
    IngestTest::SetUp();
    if (testing::Test::IsSkipped()) return;
    for (const char* name : {"incoming", "local"})
      fs::create_directory(path(name));
    options_.policy = shipped();
    options_.policy.creation.max_per_peer_per_hour = 100'000;
    options_.policy.creation.max_per_hour = 100'000;
  }
  void TearDown() override {
    ingestor_.reset();
    IngestTest::TearDown();
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return files_.path() + "/" + name;
  }

  void start() {
    auto incoming = Directory::open(path("incoming"));
    auto local = Directory::open(path("local"));
    auto quarantine = Quarantine::open(path("quarantine"), {});
    ASSERT_OK(incoming);
    ASSERT_OK(local);
    ASSERT_OK(quarantine);
    ingestor_ = std::make_unique<Ingestor>(
        options_, std::move(*incoming), std::move(*local), std::move(*quarantine),
        [this]() -> Result<std::unique_ptr<db::Connection>> {
          if (database_away_) return Error{ErrorCode::kUnavailable, "away"};
          return db::connect(options());
        },
        system_clock_);
    ASSERT_OK(ingestor_->start());
  }
  const db::Options& options() const { return DatabaseTest::options_; }

  /// Puts an item as the transport does; returns its file name.
  std::string put(const std::string& payload, tentacle::Envelope envelope = {}) {
    SystemRandom random;
    if (envelope.id.empty()) envelope.id = random.hex(16);
    if (envelope.received == 0) envelope.received = system_clock_.now();
    envelope.peer = "192.0.2.1";
    if (envelope.name.empty()) envelope.name = "agent.1.data";
    envelope.length = payload.size();
    if (envelope.sha256.empty()) envelope.sha256 = crypto::sha256_hex(payload);
    const std::string name = tentacle::file_name(envelope);
    write(path("incoming/.tmp-" + name), tentacle::write_header(envelope) + payload);
    fs::rename(path("incoming/.tmp-" + name), path("incoming/" + name));
    return name;
  }
  static tentacle::Envelope received_at(Micros time) {
    tentacle::Envelope out;
    out.received = time;
    return out;
  }
  static tentacle::Envelope named(const std::string& name) {
    tentacle::Envelope out;
    out.name = name;
    return out;
  }
  static void write(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }
  std::string document(int value, const std::string& agent = "a1", Micros time = 0) {
    if (time == 0) time = system_clock_.now();
    std::string text = format_utc(time).substr(0, 19);
    text[10] = ' ';
    return agent_xml("", module_xml("m", std::to_string(value)), text, agent);
  }
  void await(const std::function<bool()>& predicate) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!predicate()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "waited in vain";
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  void await_empty(const std::string& folder = "incoming") {
    await([&] { return fs::is_empty(path(folder)); });
  }
  std::vector<std::string> names(const std::string& folder) {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(path(folder))) {
      out.push_back(entry.path().filename().string());
    }
    return out;
  }

  db::TestFolder files_;
  SystemClock system_clock_;
  IngestorOptions options_;
  std::atomic<bool> database_away_ = false;
  std::unique_ptr<Ingestor> ingestor_;
};
INSTANTIATE_INGEST(IngestorTest);

TEST_P(IngestorTest, ItemsBeforeAndAfterTheStartAreStoredAndGone) {
  put(document(1));
  start();
  await_empty();
  put(document(2, "a2"));
  await_empty();
  await([&] { return ingestor_->status().counters.items == 2; });
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 2);
  EXPECT_EQ(text("SELECT transport_peer FROM agent WHERE name='a1'"), "192.0.2.1");
  const IngestStatus status = ingestor_->status();
  EXPECT_GT(status.delay_p99, 0);
  EXPECT_TRUE(status.database_usable);
  EXPECT_EQ(status.cached_agents, 2U);
  EXPECT_FALSE(status.spool.oldest);
}

TEST_P(IngestorTest, ManyReportsOfOneAgentKeepTheirOrderThroughSeveralParsers) {
  options_.parse_threads = 4;
  options_.batch = 16;
  const Micros begin = system_clock_.now() - 300 * kSecond;
  for (int i = 0; i < 200; ++i) {
    put(document(i, "a1", begin + i * kSecond), received_at(begin + i * kSecond));
  }
  start();
  await_empty();
  await([&] { return ingestor_->status().counters.items == 200; });
  EXPECT_EQ(ingestor_->status().counters.late, 0U);
  EXPECT_EQ(state("m").number, 199);
  EXPECT_EQ(number("SELECT version FROM agent_state"), 201);
}

TEST_P(IngestorTest, WhatIsNoItemStaysAndWhatIsWrongGoesToQuarantine) {
  write(path("incoming/.tmp-half"), "x");
  write(path("incoming/stranger.data"), "x");
  write(path("incoming/" + std::string(16, '0') + "-" + std::string(32, 'a') + ".item"), "junk");
  put(document(1), named("agent.conf"));
  tentacle::Envelope wrong;
  wrong.sha256 = std::string(64, '0');
  put(document(2), wrong);
  put("<a><b></a>");
  put("<!DOCTYPE a [<!ENTITY e SYSTEM '/etc/passwd'>]><a b='c'>&e;</a>");
  put(std::string(2'100'000, 'x'));
  const std::string other = put(document(3));
  fs::rename(path("incoming/" + other),
             path("incoming/" + other.substr(0, 16) + "-" + std::string(32, 'b') + ".item"));
  start();
  await([&] { return ingestor_->status().counters.quarantined == 7; });
  await([&] { return names("incoming").size() == 2; });
  EXPECT_THAT(names("incoming"), UnorderedElementsAre(".tmp-half", "stranger.data"));
  std::vector<std::string> codes;
  for (const db::Row& row : rows("SELECT code FROM quarantine"))
    codes.push_back(row.text(0));
  EXPECT_THAT(
      codes, UnorderedElementsAre("provenance-unreadable", "not-a-data-file", "provenance-mismatch",
                                  "malformed-xml", "doctype", "too-large", "provenance-mismatch"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='bad-document'"), 7);
}

TEST_P(IngestorTest, FilesOfAnotherAccountAreRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of another account";
  const std::string name = put(document(1));
  ASSERT_EQ(::chown(path("incoming/" + name).c_str(), 65534, 65534), 0);
  write(path("local/a.1.data"), document(2));
  ASSERT_EQ(::chown(path("local/a.1.data").c_str(), 65534, 65534), 0);
  start();
  await_empty();
  await_empty("local");
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='foreign-owner'"), 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE type='security'"), 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 0);
  ingestor_->stop();
  options_.read.spool_owners = {65534};
  const std::string allowed = put(document(3));
  ASSERT_EQ(::chown(path("incoming/" + allowed).c_str(), 65534, 65534), 0);
  start();
  await_empty();
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 1);
}

TEST_P(IngestorTest, LinksAreNeverFollowed) {
  write(path("secret"), document(1));
  fs::create_symlink(path("secret"), path("incoming/" + std::string(16, '0') + "-" +
                                          std::string(32, 'c') + ".item"));
  fs::create_symlink(path("secret"), path("local/a.1.data"));
  start();
  await_empty();
  await_empty("local");
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine WHERE code='not-a-file'"), 2);
  EXPECT_TRUE(fs::exists(path("secret")));
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 0);
}

TEST_P(IngestorTest, D45NamesOfPlainFiles) {
  for (const char* name :
       {"ag.1700000000.data", "ag_1700000000.data", "a.b_c.5.data", ".1700000000.data"}) {
    write(path("local/" + std::string(name)), document(1, name));
  }
  for (const char* name : {"ag-1700000000.data", "1700000000.data", "ag.x.data", "ag.12a.data",
                           "ag.12.DATA", "ag.1.data.gz"}) {
    write(path("local/" + std::string(name)), document(1, "never"));
  }
  start();
  await([&] { return names("local").size() == 6; });
  await([&] { return ingestor_->status().counters.items == 4; });
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent"), 4);
  EXPECT_EQ(number("SELECT COUNT(*) FROM agent WHERE name='never'"), 0);
  EXPECT_EQ(text("SELECT transport_peer FROM agent"), "local");
}

TEST_P(IngestorTest, D41PlainFileCompletedLaterIsProcessed) {
  const std::string whole = document(5);
  write(path("local/a.1.data"), whole.substr(0, whole.size() / 2));
  start();
  await([&] { return ingestor_->status().spool.waiting > 0; });
  write(path("local/a.1.data"), whole);
  await_empty("local");
  await([&] { return ingestor_->status().counters.items == 1; });
  EXPECT_EQ(number("SELECT COUNT(*) FROM quarantine"), 0);
  EXPECT_EQ(state("m").number, 5);
}

TEST_P(IngestorTest, D40UnreadablePlainFileIsSetAsideAfterAMinute) {
  write(path("local/a.1.data"), "<agent_data agent_name='a'><module>");
  const auto old = fs::file_time_type::clock::now() - std::chrono::seconds(61);
  fs::last_write_time(path("local/a.1.data"), old);
  start();
  await([&] { return fs::exists(path("local/a.1.data_BADXML")); });
  await([&] { return ingestor_->status().counters.quarantined == 1; });
  EXPECT_EQ(text("SELECT text FROM event"), "Unable to process XML data file 'a.1.data'.");
  EXPECT_EQ(text("SELECT code FROM quarantine"), "malformed-xml");
}

TEST_P(IngestorTest, D56ACrashBetweenCommitAndUnlinkChangesNothing) {
  const std::string payload = document(1);
  const std::string name = put(payload);
  fs::copy_file(path("incoming/" + name), path("copy"));
  start();
  await_empty();
  ingestor_->stop();
  fs::copy_file(path("copy"), path("incoming/" + name));
  put(document(2));
  start();
  await_empty();
  await([&] { return ingestor_->status().counters.items == 1; });
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM event WHERE code='agent-created'"), 1);
}

TEST_P(IngestorTest, ItStopsAtOnceWhileTheDatabaseIsAwayAndKeepsTheFiles) {
  database_away_ = true;
  for (int i = 0; i < 50; ++i)
    put(document(i, "a" + std::to_string(i)));
  start();
  await([&] { return ingestor_->status().spool.in_work > 0; });
  EXPECT_FALSE(ingestor_->status().database_usable);
  const auto begin = std::chrono::steady_clock::now();
  ingestor_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(names("incoming").size(), 50U);
  database_away_ = false;
  start();
  await_empty();
  EXPECT_EQ(number("SELECT COUNT(*) FROM report"), 50);
}

}  // namespace
}  // namespace yagura::monitor
