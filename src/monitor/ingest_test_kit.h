// For tests of ingestion: a database of each back end with the real schema, an applier on a clock
// that moves by hand, and documents given as text.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "db/migrations.h"
#include "db/series.h"
#include "db/test_database.h"
#include "monitor/batch_applier.h"
#include "monitor/document_reader.h"
#include "monitor/ingest_policy.h"
#include "monitor/state_codec.h"
#include "report/reader.h"
#include "report/sample_codec.h"
#include "text/time_text.h"

namespace yagura::monitor {

/// 2024-03-01 10:00:00 UTC, the time of the conformance cases.
constexpr Micros kTen = 1'709'287'200LL * kSecond;

/// One data server over a database: its own connection, cache and quarantine.
class TestServerSide {
 public:
  TestServerSide(std::unique_ptr<db::Connection> db, const Clock& clock, IngestPolicy policy)
      : db_(std::move(db)), clock_(clock), policy_(std::move(policy)) {
    auto opened = Quarantine::open(folder_.path() + "/quarantine", {});
    EXPECT_TRUE(opened.ok());
    quarantine_ = std::make_unique<Quarantine>(std::move(opened).value());
    restart();
  }

  /// Forgets everything in memory, as a restart does.
  void restart() {
    applier_ = std::make_unique<BatchApplier>(
        policy_, *series_, *quarantine_, clock_,
        [this](const Document& document) -> Result<std::string> {
          const auto at = payloads_.find(to_hex(document.from.item));
          if (at == payloads_.end()) return Error{ErrorCode::kNotFound, "gone"};
          return at->second;
        },
        [this](std::string_view payload, Provenance from) { return parse(payload, from); }, 1000);
  }

  Document parse(std::string_view payload, Provenance from) {
    Document out;
    report::ReadOptions options;
    options.received = from.received;
    options.now = clock_.now();
    report::Document parsed = report::read(payload, options);
    if (auto* refused = std::get_if<report::Refusal>(&parsed)) {
      out.content = Rejection{std::string(report::to_string(refused->code)), {}, refused->what};
    } else if (auto* server = std::get_if<report::ServerReport>(&parsed)) {
      out.content = std::move(*server);
    } else {
      out.content = std::move(std::get<report::AgentReport>(parsed));
    }
    out.from = std::move(from);
    return out;
  }

  Document document(std::string_view xml, Provenance from) {
    const crypto::Sha256Digest digest = crypto::sha256(xml);
    if (from.item == ItemId{}) {
      const crypto::Sha256Digest id = crypto::sha256("item " + std::to_string(++serial_) + salt_);
      std::copy_n(id.begin(), from.item.size(), from.item.begin());
    }
    if (from.received == 0) from.received = clock_.now();
    if (from.peer.empty()) from.peer = "192.0.2.1";
    std::uint64_t first = 0;
    std::memcpy(&first, digest.data(), sizeof first);
    from.digest = first;
    from.bytes = xml.size();
    if (from.file_name.empty()) from.file_name = "a.1.data";
    payloads_[to_hex(from.item)] = std::string(xml);
    return parse(xml, std::move(from));
  }

  Status feed(std::string_view xml, Provenance from = {}) {
    std::vector<Document> batch;
    batch.push_back(document(xml, std::move(from)));
    return applier_->apply(*db_, batch);
  }
  Status feed_all(std::vector<Document> batch) { return applier_->apply(*db_, batch); }

  db::Connection& db() { return *db_; }
  BatchApplier& applier() { return *applier_; }
  IngestPolicy& policy() { return policy_; }
  Quarantine& quarantine() { return *quarantine_; }
  const IngestCounters& counters() const { return applier_->counters(); }
  void salt(std::string text) { salt_ = std::move(text); }
  void replace_connection(std::unique_ptr<db::Connection> db) { db_ = std::move(db); }
  std::string quarantine_path() const { return folder_.path() + "/quarantine"; }

 private:
  db::TestFolder folder_;
  std::unique_ptr<db::Connection> db_;
  const Clock& clock_;
  IngestPolicy policy_;
  std::unique_ptr<db::Series> series_ = db::make_sql_series();
  std::unique_ptr<Quarantine> quarantine_;
  std::unique_ptr<BatchApplier> applier_;
  std::map<std::string, std::string> payloads_;
  std::uint64_t serial_ = 0;
  std::string salt_;
};

/// "<module>…" with a number or text.
inline std::string module_xml(std::string_view name, std::string_view data,
                              std::string_view more = "") {
  return "<module><name>" + std::string(name) + "</name>" + std::string(more) + "<data>" +
         std::string(data) + "</data></module>";
}

/// The minimal document with further root attributes.
inline std::string agent_xml(std::string_view attributes, std::string_view modules,
                             std::string_view time = "2024/03/01 10:00:00",
                             std::string_view name = "a1") {
  return "<?xml version='1.0' encoding='UTF-8'?>\n<agent_data agent_name='" + std::string(name) +
         "' timestamp='" + std::string(time) + "' " + std::string(attributes) + ">" +
         std::string(modules) + "</agent_data>";
}

class IngestTest : public db::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (testing::Test::IsSkipped()) return;
    ASSERT_OK(db::migrate(*db_));
    server_ = std::make_unique<TestServerSide>(open(), clock_, shipped());
  }
  void TearDown() override {
    server_.reset();
    DatabaseTest::TearDown();
  }

  /// The shipped settings of the reference: agents create themselves.
  static IngestPolicy shipped() {
    IngestPolicy policy;
    policy.server_name = "s1";
    policy.creation.mode = AutoCreate::kOn;
    policy.time.max_backlog = 0;
    return policy;
  }

  void feed(std::string_view xml, Provenance from = {}) { ASSERT_OK(server_->feed(xml, from)); }

  db::Rows rows(std::string_view sql, std::initializer_list<db::Param> params = {}) {
    auto answer = db_->query(sql, params);
    EXPECT_TRUE(answer.ok()) << answer.error().what;
    return answer.ok() ? *answer : db::Rows{};
  }
  std::int64_t number(std::string_view sql, std::initializer_list<db::Param> params = {}) {
    const db::Rows answer = rows(sql, params);
    EXPECT_FALSE(answer.empty()) << sql;
    return answer.empty() ? -1 : answer.front().integer(0);
  }
  std::string text(std::string_view sql, std::initializer_list<db::Param> params = {}) {
    const db::Rows answer = rows(sql, params);
    EXPECT_FALSE(answer.empty()) << sql;
    return answer.empty() ? std::string() : answer.front().text(0);
  }

  std::int64_t agent_id(std::string_view name = "a1") {
    return number("SELECT id FROM agent WHERE name = ?", {name});
  }
  std::int64_t module(std::string_view name, std::string_view agent = "a1") {
    return number(
        "SELECT m.id FROM module m JOIN agent a ON a.id = m.agent_id "
        "WHERE a.name = ? AND m.name = ?",
        {agent, name});
  }
  /// Live state of a module as it stands in the database.
  ModuleState state(std::string_view name, std::string_view agent = "a1") {
    const auto slot = slot_of(ModuleId{module(name, agent)});
    const auto decoded =
        decode_states(text("SELECT latest FROM agent_state WHERE agent_id = ?", {agent_id(agent)}));
    EXPECT_TRUE(decoded.ok());
    for (const SlotState& s : *decoded) {
      if (s.slot == slot) return s.state;
    }
    ADD_FAILURE() << "no state of " << name;
    return {};
  }
  /// All stored numbers of a module: time and value, oldest first.
  std::vector<std::pair<Micros, double>> history(std::string_view name,
                                                 std::string_view agent = "a1") {
    const auto slot = slot_of(ModuleId{module(name, agent)});
    std::vector<std::pair<Micros, double>> out;
    for (const db::Row& row :
         rows("SELECT ts, body FROM report WHERE agent_id = ? ORDER BY ts, version",
              {agent_id(agent)})) {
      const auto samples = report::decode_samples(row.text(1));
      EXPECT_TRUE(samples.ok());
      for (const report::PackedSample& sample : *samples) {
        if (sample.slot == slot) out.emplace_back(row.integer(0), sample.value);
      }
    }
    return out;
  }
  std::vector<std::string> event_codes() {
    std::vector<std::string> out;
    for (const db::Row& row : rows("SELECT code FROM event ORDER BY id")) {
      out.push_back(row.text(0));
    }
    return out;
  }

  ManualClock clock_{kTen + 5 * kSecond};
  std::unique_ptr<TestServerSide> server_;
};

#define INSTANTIATE_INGEST(suite)                                                              \
  INSTANTIATE_TEST_SUITE_P(Backends, suite,                                                    \
                           testing::Values(db::Backend::kSqlite, db::Backend::kMariaDbArrays), \
                           db::backend_name)

}  // namespace yagura::monitor
