#include "monitor/retention.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

#include "base/log.h"
#include "monitor/ingest_types.h"
#include "report/sample_codec.h"

namespace yagura::monitor {
namespace {

constexpr std::string_view kFoldedUntil = "trend.folded_until";
/// Hours folded in one call: after a long pause the rest follows at the next.
constexpr std::int64_t kHoursAtOnce = 24 * 8;
/// Modules whose texts are looked at in one statement.
constexpr std::int64_t kModuleRange = 512;

struct Trend {
  std::int64_t n = 0;
  double min = 0;
  double max = 0;
  double sum = 0;
};

Result<std::int64_t> read_number(db::Connection& db, std::string_view name) {
  YAGURA_TRY(rows, db.query("SELECT value FROM setting WHERE name = ?", {name}));
  return rows.empty() ? std::int64_t{-1} : std::stoll("0" + rows.front().text(0));
}

Status write_number(db::Connection& db, std::string_view name, std::int64_t value) {
  const std::string text = std::to_string(value);
  YAGURA_TRY(updated, db.execute("UPDATE setting SET value = ? WHERE name = ?",
                                 {std::string_view(text), name}));
  if (updated.affected > 0) return {};
  YAGURA_CHECK(db.execute("INSERT INTO setting (name, value, changed_by) VALUES (?, ?, 'server')",
                          {name, std::string_view(text)}));
  return {};
}

void add(std::map<std::int64_t, Trend>& trends, AgentId agent, const std::string& body) {
  report::SampleDecoder decoder(body);
  while (const auto sample = decoder.next()) {
    Trend& trend = trends[module_id(agent, sample->slot).value];
    trend.min = trend.n == 0 ? sample->value : std::min(trend.min, sample->value);
    trend.max = trend.n == 0 ? sample->value : std::max(trend.max, sample->value);
    trend.sum += sample->value;
    ++trend.n;
  }
  if (const Status whole = decoder.status(); !whole.ok()) {
    log::error("report-damaged", {{"agent", agent.value}, {"reason", whole.error()}});
  }
}

}  // namespace

bool Retention::pause() {
  if (stopping_()) return false;
  std::this_thread::sleep_for(std::chrono::microseconds(kPause));
  return true;
}

Status Retention::prepare_days(db::Connection& db, Micros now) {
  const std::int64_t today = db::day_of(now);
  return series_.prepare_days(db, today - 1, today + kDaysAhead);
}

Status Retention::fold_agent(db::Connection& db, std::int64_t agent, std::int64_t hour) {
  std::map<std::int64_t, Trend> trends;
  db::ReportRange range;
  range.agent_id = agent;
  range.from = hour * kHour;
  range.to = (hour + 1) * kHour;
  for (;;) {
    YAGURA_TRY(reports, series_.read(db, range));
    for (const db::StoredReport& report : reports)
      add(trends, AgentId{agent}, report.body);
    if (reports.size() < range.limit) break;
    range.from = reports.back().ts;
    range.after_version = reports.back().version;
  }
  if (trends.empty()) return {};
  db::Batch batch(6);
  batch.reserve(trends.size());
  for (const auto& [module, t] : trends)
    batch.add({module, hour, t.n, t.min, t.max, t.sum});
  YAGURA_CHECK(db.bulk(
      "REPLACE INTO trend (module_id, hour, n, min, max, sum) VALUES (?,?,?,?,?,?)", batch));
  return {};
}

Status Retention::fold_hour(db::Connection& db, const db::Lease& lease, std::int64_t hour) {
  // Agents are walked by their key in slices; whoever reported in the hour was in contact since.
  std::int64_t after = 0;
  for (;;) {
    YAGURA_TRY(rows, db.query("SELECT agent_id FROM agent_state WHERE agent_id > ? AND "
                              "last_contact >= ? ORDER BY agent_id LIMIT 200",
                              {after, hour * kHour - kHour}));
    if (rows.empty()) return {};
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      for (const db::Row& row : rows)
        YAGURA_CHECK(fold_agent(t, row.integer(0), hour));
      return {};
    });
    if (!done.ok()) return done.error();
    after = rows.back().integer(0);
    if (stopping_()) return Error{ErrorCode::kUnavailable, "the server stops"};
  }
}

Status Retention::fold_late(db::Connection& db, const db::Lease& lease, Micros now) {
  const std::int64_t complete = (now - kFoldAfter) / kHour;
  for (;;) {
    YAGURA_TRY(rows, db.query("SELECT agent_id, hour FROM trend_dirty WHERE hour < ? LIMIT 200",
                              {complete}));
    if (rows.empty()) return {};
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      for (const db::Row& row : rows) {
        // First the mark goes: a report that comes from here on makes a new one.
        YAGURA_CHECK(t.execute("DELETE FROM trend_dirty WHERE agent_id = ? AND hour = ?",
                               {row.integer(0), row.integer(1)}));
        YAGURA_CHECK(fold_agent(t, row.integer(0), row.integer(1)));
      }
      return {};
    });
    if (!done.ok()) return done.error();
    if (!pause()) return {};
  }
}

Status Retention::fold(db::Connection& db, const db::Lease& lease, Micros now) {
  const std::int64_t complete = (now - kFoldAfter) / kHour;  // hours below it are over
  YAGURA_TRY(folded, read_number(db, kFoldedUntil));
  // The first time: only what is being reported from now on; older hours come as late ones.
  std::int64_t hour = folded < 0 ? complete - 1 : folded;
  const std::int64_t last = std::min(complete, hour + kHoursAtOnce);
  for (; hour < last; ++hour) {
    YAGURA_CHECK(fold_hour(db, lease, hour));
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      return write_number(t, kFoldedUntil, hour + 1);
    });
    if (!done.ok()) return done.error();
  }
  return fold_late(db, lease, now);
}

Status Retention::purge_by_id(db::Connection& db, const db::Lease& lease, std::string_view select,
                              std::string_view remove, Micros before) {
  std::int64_t removed = 0;
  for (;;) {
    YAGURA_TRY(rows, db.query(select, {before, kSlice}));
    if (rows.empty()) break;
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      db::Batch batch(1);
      for (const db::Row& row : rows)
        batch.add({row.integer(0)});
      YAGURA_CHECK(t.bulk(remove, batch));
      return {};
    });
    if (!done.ok()) return done.error();
    removed += static_cast<std::int64_t>(rows.size());
    if (static_cast<std::int64_t>(rows.size()) < kSlice || !pause()) break;
  }
  if (removed > 0) log::info("purged", {{"what", remove.substr(0, 40)}, {"rows", removed}});
  return {};
}

Status Retention::purge_items(db::Connection& db, const db::Lease& lease, Micros before) {
  for (;;) {
    YAGURA_TRY(rows, db.query("SELECT stored_at FROM ingested_item WHERE stored_at < ? "
                              "ORDER BY stored_at LIMIT ?",
                              {before, kSlice}));
    if (rows.empty()) return {};
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      YAGURA_CHECK(
          t.execute("DELETE FROM ingested_item WHERE stored_at <= ?", {rows.back().integer(0)}));
      return {};
    });
    if (!done.ok()) return done.error();
    if (!pause()) return {};
  }
}

Status Retention::purge_texts(db::Connection& db, const db::Lease& lease, Micros before) {
  std::int64_t after = 0;
  for (;;) {
    YAGURA_TRY(rows, db.query("SELECT id FROM module WHERE id > ? ORDER BY id LIMIT ?",
                              {after, kModuleRange}));
    if (rows.empty()) return {};
    const std::int64_t last = rows.back().integer(0);
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      YAGURA_CHECK(
          t.execute("DELETE FROM text_sample WHERE module_id > ? AND module_id <= ? "
                    "AND ts < ?",
                    {after, last, before}));
      return {};
    });
    if (!done.ok()) return done.error();
    after = last;
    if (!pause()) return {};
  }
}

Status Retention::purge_trends(db::Connection& db, const db::Lease& lease, Micros now) {
  const std::int64_t before = (now - policy_.trends * kDay) / kHour;
  std::int64_t after = 0;
  for (;;) {
    YAGURA_TRY(rows, db.query("SELECT id FROM module WHERE id > ? ORDER BY id LIMIT ?",
                              {after, kModuleRange}));
    if (rows.empty()) return {};
    const std::int64_t last = rows.back().integer(0);
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      YAGURA_CHECK(
          t.execute("DELETE FROM trend WHERE module_id > ? AND module_id <= ? AND hour < ?",
                    {after, last, before}));
      return {};
    });
    if (!done.ok()) return done.error();
    after = last;
    if (!pause()) return {};
  }
}

Status Retention::purge_logs(db::Connection& db, const db::Lease& lease, Micros now) {
  const auto purge = [&](std::int64_t days, std::string_view select) -> Status {
    if (days == 0) return {};
    return purge_by_id(db, lease, select, "DELETE FROM log_chunk WHERE id = ?", now - days * kDay);
  };
  YAGURA_CHECK(purge(policy_.logs,
                     "SELECT c.id FROM log_chunk c JOIN log_source s ON s.id = c.source_id "
                     "WHERE s.security = 0 AND c.at < ? ORDER BY c.at LIMIT ?"));
  return purge(policy_.security_logs,
               "SELECT c.id FROM log_chunk c JOIN log_source s ON s.id = c.source_id "
               "WHERE s.security = 1 AND c.at < ? ORDER BY c.at LIMIT ?");
}

Status Retention::purge_modules(db::Connection& db, const db::Lease& lease) {
  YAGURA_TRY(rows, db.query("SELECT id FROM module WHERE delete_pending = 1 LIMIT ?", {kSlice}));
  for (const db::Row& row : rows) {
    const std::int64_t id = row.integer(0);
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      YAGURA_CHECK(t.execute("UPDATE agent_state SET version = version + 1 WHERE agent_id = ?",
                             {agent_of(ModuleId{id}).value}));
      YAGURA_CHECK(t.execute("DELETE FROM text_sample WHERE module_id = ?", {id}));
      YAGURA_CHECK(t.execute("DELETE FROM trend WHERE module_id = ?", {id}));
      YAGURA_CHECK(t.execute("DELETE FROM module_tag WHERE module_id = ?", {id}));
      YAGURA_CHECK(t.execute("DELETE FROM module WHERE id = ?", {id}));
      return {};
    });
    if (!done.ok()) return done.error();
    if (!pause()) return {};
  }
  return {};
}

Status Retention::purge_agents(db::Connection& db, const db::Lease& lease, Micros now) {
  YAGURA_TRY(rows, db.query("SELECT id FROM agent WHERE mode = 2 AND disabled = 1 AND "
                            "disabled_at > 0 AND disabled_at < ? LIMIT ?",
                            {now - policy_.autodisabled_agents * kDay, kSlice}));
  for (const db::Row& row : rows) {
    const AgentId id{row.integer(0)};
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      YAGURA_CHECK(db::guard(t, lease));
      return delete_agent(t, id);
    });
    if (!done.ok()) return done.error();
    log::info("agent-deleted", {{"agent", id.value}, {"reason", "autodisabled too long"}});
    if (!pause()) return {};
  }
  return {};
}

Status Retention::purge(db::Connection& db, const db::Lease& lease, Micros now) {
  if (policy_.reports > 0) {
    for (bool done = false; !done;) {
      YAGURA_TRY(step, series_.drop_days(db, db::day_of(now) - policy_.reports, kSlice));
      done = step.done;
      if (!pause()) return {};
    }
  }
  if (policy_.trends > 0) YAGURA_CHECK(purge_trends(db, lease, now));
  if (policy_.texts > 0) YAGURA_CHECK(purge_texts(db, lease, now - policy_.texts * kDay));
  if (policy_.events > 0) {
    YAGURA_CHECK(purge_by_id(db, lease, "SELECT id FROM event WHERE at < ? ORDER BY at LIMIT ?",
                             "DELETE FROM event WHERE id = ?", now - policy_.events * kDay));
    YAGURA_CHECK(
        purge_by_id(db, lease, "SELECT id FROM event_comment WHERE at < ? ORDER BY id LIMIT ?",
                    "DELETE FROM event_comment WHERE id = ?", now - policy_.events * kDay));
  }
  if (policy_.inventory > 0) {
    YAGURA_CHECK(
        purge_by_id(db, lease, "SELECT id FROM inventory_history WHERE at < ? ORDER BY at LIMIT ?",
                    "DELETE FROM inventory_history WHERE id = ?", now - policy_.inventory * kDay));
  }
  YAGURA_CHECK(purge_logs(db, lease, now));
  if (policy_.items > 0) YAGURA_CHECK(purge_items(db, lease, now - policy_.items * kDay));
  YAGURA_CHECK(purge_modules(db, lease));
  return policy_.autodisabled_agents > 0 ? purge_agents(db, lease, now) : Status();
}

Status purge_quarantine(db::Connection& db, Quarantine& quarantine, std::string_view server_name,
                        Micros before) {
  YAGURA_TRY(rows, db.query("SELECT id, file FROM quarantine WHERE server_name = ? AND "
                            "state <> 'deleted' AND at < ? ORDER BY at LIMIT ?",
                            {server_name, before, Retention::kSlice}));
  for (const db::Row& row : rows) {
    if (!row.text(1).empty()) YAGURA_CHECK(quarantine.remove(row.text(1)));
    YAGURA_CHECK(db.execute("UPDATE quarantine SET state = 'deleted', file = '' WHERE id = ?",
                            {row.integer(0)}));
  }
  return {};
}

Status delete_agent(db::Connection& db, AgentId agent) {
  const std::int64_t first = module_id(agent, 0).value;
  const std::int64_t end = first + kSlotsPerAgent;
  for (const std::string_view sql :
       {"DELETE FROM text_sample WHERE module_id >= ? AND module_id < ?",
        "DELETE FROM trend WHERE module_id >= ? AND module_id < ?",
        "DELETE FROM module_tag WHERE module_id >= ? AND module_id < ?",
        "DELETE FROM module WHERE id >= ? AND id < ?"}) {
    YAGURA_CHECK(db.execute(sql, {first, end}));
  }
  YAGURA_CHECK(
      db.execute("DELETE FROM log_chunk WHERE source_id IN (SELECT id FROM log_source "
                 "WHERE agent_id = ?)",
                 {agent.value}));
  for (const std::string_view sql :
       {"DELETE FROM log_source WHERE agent_id = ?",
        "DELETE FROM inventory_current WHERE agent_id = ?",
        "DELETE FROM inventory_history WHERE agent_id = ?",
        "DELETE FROM custom_field_value WHERE agent_id = ?",
        "DELETE FROM agent_secondary_group WHERE agent_id = ?",
        "DELETE FROM agent_address WHERE agent_id = ?",
        "DELETE FROM pending_document WHERE agent_id = ?",
        "DELETE FROM trend_dirty WHERE agent_id = ?", "DELETE FROM agent_state WHERE agent_id = ?",
        "DELETE FROM agent WHERE id = ?"}) {
    YAGURA_CHECK(db.execute(sql, {agent.value}));
  }
  return {};
}

}  // namespace yagura::monitor
