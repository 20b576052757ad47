#include "db/series.h"

#include <algorithm>
#include <charconv>

namespace yagura::db {
namespace {

std::vector<StoredReport> to_reports(const Rows& rows) {
  std::vector<StoredReport> out;
  out.reserve(rows.size());
  for (const Row& row : rows)
    out.push_back({row.integer(0), row.integer(1), row.text(2)});
  return out;
}

/// Agents are walked by the key: no index on time alone is needed, which would cost each insert.
Result<DropStep> drop_slice_sqlite(Connection& db, Micros before, std::int64_t slice) {
  DropStep step;
  std::int64_t agent = -1;
  while (step.rows < slice) {
    YAGURA_TRY(next, db.query("SELECT MIN(agent_id) FROM report WHERE agent_id > ?", {agent}));
    if (next[0].is_null(0)) {
      step.done = true;
      return step;
    }
    agent = next[0].integer(0);
    YAGURA_TRY(gone, db.execute("DELETE FROM report WHERE agent_id = ? AND (ts, version) IN "
                                "(SELECT ts, version FROM report WHERE agent_id = ? AND ts < ? "
                                "ORDER BY ts, version LIMIT ?)",
                                {agent, agent, before, slice - step.rows}));
    step.rows += gone.affected;
  }
  return step;
}

class SqlSeries final : public Series {
 public:
  Status append(Connection& db, std::span<const NewReport> reports) const override {
    Batch batch(4);
    batch.reserve(reports.size());
    for (const NewReport& r : reports)
      batch.add({r.agent_id, r.ts, r.version, Blob{r.body}});
    YAGURA_CHECK(
        db.bulk("INSERT INTO report (agent_id, ts, version, body) VALUES (?, ?, ?, ?)", batch));
    return {};
  }

  Result<std::vector<StoredReport>> read(Connection& db, const ReportRange& r) const override {
    YAGURA_TRY(rows, db.query("SELECT ts, version, body FROM report WHERE agent_id = ? AND ts >= ? "
                              "AND ts < ? AND (ts > ? OR version > ?) ORDER BY ts, version LIMIT ?",
                              {r.agent_id, r.from, r.to, r.from, r.after_version,
                               static_cast<std::int64_t>(r.limit)}));
    return to_reports(rows);
  }

  Result<std::vector<StoredReport>> last(Connection& db, std::int64_t agent_id,
                                         Micros before) const override {
    YAGURA_TRY(rows, db.query("SELECT ts, version, body FROM report WHERE agent_id = ? AND ts < ? "
                              "ORDER BY ts DESC, version DESC LIMIT 1",
                              {agent_id, before}));
    return to_reports(rows);
  }

  Status prepare_days(Connection& db, std::int64_t first_day,
                      std::int64_t last_day) const override {
    if (first_day < 0 || last_day < first_day || last_day - first_day >= kMaxPreparedDays) {
      return Error{ErrorCode::kInvalid, "range of days to prepare: " + std::to_string(first_day) +
                                            " to " + std::to_string(last_day)};
    }
    if (db.dialect() == Dialect::kSqlite) return {};
    YAGURA_TRY(present, prepared_days(db));
    for (std::int64_t day = first_day; day <= last_day; ++day) {
      if (std::find(present.begin(), present.end(), day) != present.end()) continue;
      YAGURA_CHECK(db.execute("CALL report_add_day(?)", {day}));
    }
    return {};
  }

  Result<DropStep> drop_days(Connection& db, std::int64_t first_kept_day,
                             std::int64_t slice) const override {
    if (db.dialect() == Dialect::kSqlite) {
      DropStep step;
      YAGURA_CHECK(transaction(db, [&](Connection& t) -> Status {
        YAGURA_TRY(done, drop_slice_sqlite(t, first_kept_day * kDay, slice));
        step = done;
        return {};
      }));
      return step;
    }
    YAGURA_TRY(days, prepared_days(db));
    DropStep step;
    step.done = true;
    for (const std::int64_t day : days)
      step.partitions += day < first_kept_day ? 1 : 0;
    if (step.partitions > 0) YAGURA_CHECK(db.execute("CALL report_drop_days(?)", {first_kept_day}));
    return step;
  }

  Result<std::vector<std::int64_t>> prepared_days(Connection& db) const override {
    std::vector<std::int64_t> days;
    if (db.dialect() == Dialect::kSqlite) return days;
    YAGURA_TRY(rows, db.query("SELECT PARTITION_DESCRIPTION FROM information_schema.PARTITIONS "
                              "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'report' "
                              "AND PARTITION_DESCRIPTION <> 'MAXVALUE' "
                              "ORDER BY PARTITION_ORDINAL_POSITION"));
    for (const Row& row : rows) {
      const std::string& bound = row.text(0);
      std::int64_t upper = 0;
      std::from_chars(bound.data(), bound.data() + bound.size(), upper);
      days.push_back(upper / kDay - 1);
    }
    return days;
  }
};

}  // namespace

std::unique_ptr<Series> make_sql_series() {
  return std::make_unique<SqlSeries>();
}

}  // namespace yagura::db
