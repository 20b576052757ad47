// History of one module. Numbers come from the packed reports, and before their retention from the
// hourly trend; texts have a table of their own, with a row when the text changed.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "db/series.h"
#include "monitor/history_fold.h"
#include "monitor/query_agents.h"
#include "monitor/query_latest.h"
#include "monitor/query_modules.h"
#include "monitor/query_util.h"
#include "monitor/value.h"
#include "report/sample_codec.h"

namespace yagura::monitor {
namespace {

/// Most reports unpacked for one answer: about 70 days of an agent that reports every 5 minutes.
constexpr std::int64_t kMaxReports = 20'000;
constexpr std::size_t kReportsPerRead = 5'000;
constexpr std::int64_t kHourS = 3600;
/// Longer than this many intervals without a value is a gap.
constexpr double kGapIntervals = 2;

struct ModuleFacts {
  ModuleId id;
  std::string name;
  ModuleType type = ModuleType::kGenericData;
  std::int64_t interval_s = 300;
};

Result<ModuleFacts> find_module(db::Connection& db, const identity::Actor& actor, ModuleId id) {
  YAGURA_TRY(visible, may_on_agent(db, actor, identity::Bit::kAR, agent_of(id)));
  if (!visible) return not_found();
  YAGURA_TRY(rows, db.query("SELECT m.name, m.type, m.interval_s, a.interval_s FROM module m"
                            " JOIN agent a ON a.id = m.agent_id"
                            " WHERE m.id = ? AND m.delete_pending = 0",
                            {id.value}));
  if (rows.empty()) return not_found();
  const db::Row& row = rows.front();
  const auto type = module_type_from_id(static_cast<int>(row.integer(1)));
  const std::int64_t interval_s = row.integer(2) > 0 ? row.integer(2) : row.integer(3);
  return ModuleFacts{.id = id,
                     .name = row.text(0),
                     .type = type.value_or(ModuleType::kGenericData),
                     .interval_s = std::max<std::int64_t>(1, interval_s)};
}

double seconds(Micros time) {
  return static_cast<double>(time) / static_cast<double>(kSecond);
}

void unpack(const db::StoredReport& report, std::uint32_t slot, std::vector<Bucket>& out) {
  report::SampleDecoder decoder(report.body);
  while (const auto sample = decoder.next()) {
    if (sample->slot != slot) continue;
    const double value = presented(sample->value);
    out.push_back({seconds(report.ts), 1, value, value, value});
  }
  if (const Status status = decoder.status(); !status) {
    log::error("report-damaged", {{"time", format_utc(report.ts)}, {"error", status.error()}});
  }
}

/// Every stored value in [from, to), oldest first.
Result<std::vector<Bucket>> read_raw(db::Connection& db, const ModuleFacts& module,
                                     std::int64_t from, std::int64_t to) {
  static const std::unique_ptr<db::Series> series = db::make_sql_series();
  std::vector<Bucket> out;
  db::ReportRange range{.agent_id = agent_of(module.id).value,
                        .from = from * kSecond,
                        .to = to * kSecond,
                        .limit = kReportsPerRead};
  for (std::int64_t read = 0; read < kMaxReports;) {
    YAGURA_TRY(reports, series->read(db, range));
    for (const db::StoredReport& report : reports)
      unpack(report, slot_of(module.id), out);
    read += std::ssize(reports);
    if (reports.size() < range.limit) break;
    range.from = reports.back().ts;
    range.after_version = reports.back().version;
  }
  return out;
}

/// Hours of the trend in [from, to), oldest first.
Result<std::vector<Bucket>> read_trend(db::Connection& db, ModuleId module, std::int64_t from,
                                       std::int64_t to) {
  YAGURA_TRY(rows, db.query("SELECT hour, n, min, max, sum FROM trend"
                            " WHERE module_id = ? AND hour >= ? AND hour < ? ORDER BY hour",
                            {module.value, from / kHourS, (to + kHourS - 1) / kHourS}));
  std::vector<Bucket> out;
  out.reserve(rows.size());
  for (const db::Row& row : rows) {
    out.push_back({static_cast<double>(row.integer(0) * kHourS), row.integer(1), row.real(2),
                   row.real(3), row.real(4)});
  }
  return out;
}

std::vector<double> times_of(std::span<const Bucket> buckets) {
  std::vector<double> out;
  out.reserve(buckets.size());
  for (const Bucket& b : buckets)
    out.push_back(b.at);
  return out;
}

void set_points(std::span<const Bucket> values, std::int64_t max_points, History& out) {
  const auto most = static_cast<std::size_t>(max_points);
  if (values.size() > most) {
    values = values.last(most);
    out.truncated = true;
  }
  for (const Bucket& b : values)
    out.points.emplace_back(b.at, b.sum);
}

void set_trend(std::span<const Bucket> values, std::int64_t width_s, History& out) {
  out.resolution = HistoryForm::kTrend;
  out.step_s = width_s;
  for (const Bucket& b : fold(values, width_s)) {
    out.trend.emplace_back(b.at, b.n, b.min, b.max, b.sum / static_cast<double>(b.n));
  }
}

void set_gaps(std::span<const Bucket> values, const ModuleFacts& module, double step_s, Micros now,
              History& out) {
  // A module without a period has no gaps: nobody knows when its next value was due.
  if (traits(module.type).asynchronous) return;
  const double end = std::min(static_cast<double>(out.to), seconds(now));
  const double longest = kGapIntervals * std::max(step_s, static_cast<double>(module.interval_s));
  out.gaps = find_gaps(times_of(values), static_cast<double>(out.from), end, longest);
}

Status read_numbers(db::Connection& db, const ModuleFacts& module, const HistoryQuery& query,
                    Micros now, History& out) {
  // Where unpacked reports would be too many, the older part comes from the trend alone.
  const std::int64_t reach = query.to - kMaxReports * module.interval_s;
  const std::int64_t raw_from = std::max(query.from, reach);
  YAGURA_TRY(raw, read_raw(db, module, raw_from, query.to));
  if (query.resolution == HistoryResolution::kRaw) {
    out.truncated = raw_from > query.from;
    set_points(raw, query.max_points, out);
    set_gaps(raw, module, 0, now, out);
    return {};
  }
  const std::int64_t trend_end = raw.empty() ? query.to : static_cast<std::int64_t>(raw.front().at);
  YAGURA_TRY(older, read_trend(db, module.id, query.from, trend_end / kHourS * kHourS));
  const bool folded_already = !older.empty();
  older.insert(older.end(), raw.begin(), raw.end());
  const bool wants_trend = query.resolution == HistoryResolution::kTrend || folded_already;
  if (!wants_trend && std::ssize(raw) <= query.max_points) {
    set_points(raw, query.max_points, out);
    set_gaps(raw, module, 0, now, out);
    return {};
  }
  const std::int64_t least = wants_trend ? kHourS : module.interval_s;
  set_trend(older, bucket_width(query.to - query.from, query.max_points, least), out);
  set_gaps(older, module, folded_already ? static_cast<double>(kHourS) : 0, now, out);
  return {};
}

Status read_texts(db::Connection& db, const ModuleFacts& module, const HistoryQuery& query,
                  History& out) {
  out.kind = HistoryKind::kText;
  YAGURA_TRY(rows, db.query("SELECT ts, value FROM text_sample WHERE module_id = ? AND ts >= ?"
                            " AND ts < ? ORDER BY ts DESC LIMIT ?",
                            {module.id.value, query.from * kSecond, query.to * kSecond,
                             query.max_points + 1}));
  out.truncated = std::ssize(rows) > query.max_points;
  if (out.truncated) {
    rows.pop_back();
  } else {
    // What the text was when the range begins: the last change before it.
    YAGURA_TRY(before, db.query("SELECT ts, value FROM text_sample WHERE module_id = ? AND ts < ?"
                                " ORDER BY ts DESC LIMIT 1",
                                {module.id.value, query.from * kSecond}));
    for (db::Row& row : before)
      rows.push_back(std::move(row));
  }
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    out.texts.emplace_back(seconds(row->integer(0)), row->text(1));
  }
  return {};
}

}  // namespace

Result<History> read_history(db::Connection& db, const identity::Actor& actor, ModuleId module,
                             const HistoryQuery& query, Micros now) {
  YAGURA_TRY(facts, find_module(db, actor, module));
  History out{.module = {facts.id, facts.name},
              .kind = HistoryKind::kNumber,
              .resolution = HistoryForm::kRaw,
              .step_s = facts.interval_s,
              .from = query.from,
              .to = query.to,
              .points = {},
              .trend = {},
              .texts = {},
              .gaps = {}};
  if (traits(facts.type).value_class == ValueClass::kText) {
    YAGURA_CHECK(read_texts(db, facts, query, out));
  } else {
    YAGURA_CHECK(read_numbers(db, facts, query, now, out));
  }
  return out;
}

}  // namespace yagura::monitor
