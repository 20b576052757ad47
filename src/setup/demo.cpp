#include "setup/demo.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/file.h"
#include "base/random.h"
#include "db/series.h"
#include "monitor/batch_applier.h"
#include "monitor/ingest_policy.h"
#include "monitor/quarantine.h"
#include "report/writer.h"
#include "setup/demo_fleet.h"

namespace yagura::setup {
namespace {

constexpr std::uint64_t kSeed = 20'260'101;
constexpr Micros kHistory = kDay;
/// How often the feed looks whose turn it is.
constexpr Micros kPoll = kSecond;
constexpr const char* kEpochSetting = "demo.epoch";

Result<std::int64_t> count_demo(db::Connection& db) {
  YAGURA_TRY(rows, db.query("SELECT COUNT(*) FROM agent WHERE demo = 1"));
  return rows.at(0).integer(0);
}

Status make_groups(db::Connection& db, Micros now) {
  for (const std::string& name : DemoFleet::groups()) {
    YAGURA_TRY(present, db.query("SELECT id FROM agent_group WHERE name = ?", {name}));
    if (!present.empty()) continue;
    YAGURA_CHECK(
        db.execute("INSERT INTO agent_group (name, created_at, updated_at) VALUES (?, ?, ?)",
                   {name, now, now}));
  }
  return {};
}

/// The applier's policy for simulated hosts: they may all come at once.
monitor::IngestPolicy demo_policy() {
  monitor::IngestPolicy policy;
  policy.server_name = "demo";
  policy.creation.mode = monitor::AutoCreate::kOn;
  policy.creation.max_per_hour = 1'000'000;
  policy.creation.max_per_peer_per_hour = 1'000'000;
  policy.binding = monitor::BindingMode::kOff;
  return policy;
}

monitor::Document document(report::AgentReport report, Micros received, SeededRandom& random) {
  monitor::Document made;
  random.fill(made.from.item);
  made.from.received = received;
  made.from.level = tentacle::Level::kLocal;
  made.from.peer = "local";
  made.from.file_name = report.agent_name + ".data";
  made.content = std::move(report);
  return made;
}

Status mark(db::Connection& db, Micros epoch) {
  return db::transaction(db, [epoch](db::Connection& c) -> Status {
    const std::string pattern = std::string(kDemoPrefix) + "%";
    YAGURA_CHECK(c.execute("UPDATE agent SET demo = 1, revision = revision + 1 WHERE name LIKE ?",
                           {pattern}));
    YAGURA_CHECK(
        c.execute("UPDATE agent_state SET version = version + 1 WHERE agent_id IN "
                  "(SELECT id FROM agent WHERE demo = 1)"));
    YAGURA_CHECK(c.execute("DELETE FROM setting WHERE name = ?", {kEpochSetting}));
    YAGURA_CHECK(c.execute("INSERT INTO setting (name, value) VALUES (?, ?)",
                           {kEpochSetting, std::to_string(epoch)}));
    return {};
  });
}

/// A day of reports in the order in which they would have come.
Status apply_history(db::Connection& db, monitor::BatchApplier& applier, ManualClock& clock,
                     const DemoFleet& fleet, Micros epoch, Micros now, const Say& say) {
  SeededRandom random(kSeed);
  int last_percent = 0;
  for (Micros slot = epoch; slot < now; slot += DemoFleet::kInterval) {
    std::vector<monitor::Document> batch;
    for (int host = 0; host < fleet.size(); ++host) {
      const Micros at = slot + fleet.offset(host);
      if (at >= now) continue;
      if (auto report = fleet.report(host, at, epoch)) {
        batch.push_back(document(std::move(*report), at, random));
      }
    }
    if (batch.empty()) continue;
    clock.jump_to(slot + DemoFleet::kInterval);
    YAGURA_CHECK(applier.apply(db, batch));
    const int percent = static_cast<int>(100 * (slot - epoch) / (now - epoch));
    if (percent >= last_percent + 20) {
      last_percent = percent;
      say("  demonstration fleet: " + std::to_string(percent) + " % of its day");
    }
  }
  return {};
}

}  // namespace

Status seed_demo(const Installation& installation, db::Connection& db, const Clock& clock,
                 const Say& say) {
  YAGURA_TRY(present, count_demo(db));
  if (present > 0) return {};
  const Micros now = clock.now();
  const Micros epoch = now - kHistory;
  say("  demonstration fleet: making " + std::to_string(DemoFleet::kDefaultAgents) +
      " simulated hosts with a day of history");
  YAGURA_CHECK(make_groups(db, now));
  const auto series = db::make_sql_series();
  YAGURA_CHECK(series->prepare_days(db, db::day_of(epoch), db::day_of(now) + 1));
  YAGURA_TRY(quarantine, monitor::Quarantine::open(installation.path("quarantine"), {}));
  const monitor::IngestPolicy policy = demo_policy();
  ManualClock past(epoch);
  const DemoFleet fleet(kSeed, DemoFleet::kDefaultAgents);
  monitor::BatchApplier applier(
      policy, *series, quarantine, past,
      [](const monitor::Document&) -> Result<std::string> {
        return Error{ErrorCode::kNotFound, "simulated documents have no file"};
      },
      [](std::string_view, monitor::Provenance from) {
        return monitor::Document{{}, std::move(from), monitor::Vanished{}};  // nothing is ever held
      },
      static_cast<std::size_t>(fleet.size()));
  YAGURA_CHECK(apply_history(db, applier, past, fleet, epoch, now, say));
  return mark(db, epoch);
}

Status feed_demo(const Installation& installation, db::Connection& db, const Clock& clock,
                 StopSignals& signals) {
  YAGURA_TRY(local, Directory::open(installation.path("spool/local")));
  const DemoFleet fleet(kSeed, DemoFleet::kDefaultAgents);
  Micros done = clock.now();
  while (signals.wait(static_cast<int>(kPoll / 1000)) != StopSignals::Signal::kStop) {
    const Micros now = clock.now();
    YAGURA_TRY(present, count_demo(db));
    YAGURA_TRY(settings, db.query("SELECT value FROM setting WHERE name = ?", {kEpochSetting}));
    if (present > 0 && !settings.empty()) {
      const Micros epoch = std::stoll(settings.at(0).text(0));
      for (int host = 0; host < fleet.size(); ++host) {
        // The last moment at or before now at which this host reports.
        const Micros phase = fleet.offset(host);
        const Micros at =
            epoch + phase + (now - epoch - phase) / DemoFleet::kInterval * DemoFleet::kInterval;
        if (at <= done || at > now) continue;
        const auto report = fleet.report(host, at, epoch);
        if (!report) continue;
        YAGURA_CHECK(
            local.write_durable(report->agent_name + "." + std::to_string(at / kSecond) + ".data",
                                report::write(*report), 0640));
      }
    }
    done = now;
  }
  return {};
}

Result<DemoRemoval> remove_demo(db::Connection& db) {
  // Agent by agent, so that a running data server waits for moments only. Ids of modules are
  // agent * 65536 + slot (sql/0001_monitor.sql).
  constexpr std::array kByModule{"DELETE FROM module_tag WHERE module_id BETWEEN ? AND ?",
                                 "DELETE FROM text_sample WHERE module_id BETWEEN ? AND ?",
                                 "DELETE FROM trend WHERE module_id BETWEEN ? AND ?"};
  constexpr std::array kByAgent{
      "DELETE FROM event_comment WHERE event_id IN (SELECT id FROM event WHERE agent_id = ?)",
      "DELETE FROM event WHERE agent_id = ?",
      "DELETE FROM log_chunk WHERE source_id IN (SELECT id FROM log_source WHERE agent_id = ?)",
      "DELETE FROM log_source WHERE agent_id = ?",
      "DELETE FROM inventory_history WHERE agent_id = ?",
      "DELETE FROM inventory_current WHERE agent_id = ?",
      "DELETE FROM custom_field_value WHERE agent_id = ?",
      "DELETE FROM agent_secondary_group WHERE agent_id = ?",
      "DELETE FROM agent_address WHERE agent_id = ?",
      "DELETE FROM pending_document WHERE agent_id = ?",
      "DELETE FROM module WHERE agent_id = ?",
      "DELETE FROM report WHERE agent_id = ?",
      "DELETE FROM agent WHERE id = ?",
      "DELETE FROM agent_state WHERE agent_id = ?"};
  YAGURA_TRY(agents, db.query("SELECT id FROM agent WHERE demo = 1 ORDER BY id"));
  DemoRemoval removal;
  for (const db::Row& row : agents) {
    const std::int64_t id = row.integer(0);
    std::int64_t rows = 0;
    const Status removed = db::transaction(db, [&](db::Connection& c) -> Status {
      rows = 0;
      // The same lock that ingestion takes: no report of this agent is half way through.
      YAGURA_CHECK(
          c.execute("UPDATE agent_state SET version = version + 1 WHERE agent_id = ?", {id}));
      for (const char* sql : kByModule) {
        YAGURA_TRY(done, c.execute(sql, {id * 65'536, id * 65'536 + 65'535}));
        rows += done.affected;
      }
      for (const char* sql : kByAgent) {
        YAGURA_TRY(done, c.execute(sql, {id}));
        rows += done.affected;
      }
      return {};
    });
    if (!removed.ok()) return removed.error();
    ++removal.agents;
    removal.rows += rows;
  }
  YAGURA_CHECK(db.execute("DELETE FROM setting WHERE name = ?", {kEpochSetting}));
  return removal;
}

}  // namespace yagura::setup
