#include "monitor/self_metrics.h"

#include <algorithm>
#include <cstdio>

#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "monitor/status_tasks.h"

namespace yagura::monitor {
namespace {

/// Weight of the newest interval in the rates shown: about the last half minute counts.
constexpr double kNewest = 0.3;
/// Usual bytes of a document, for the size of a long queue that is not measured file by file.
constexpr std::int64_t kUsualBytes = 12'000;

std::int64_t grown(std::uint64_t now, std::uint64_t before) {
  return static_cast<std::int64_t>(now - std::min(now, before));
}

}  // namespace

double disk_free_percent(const std::string& path) {
  struct statvfs st{};
  if (::statvfs(path.c_str(), &st) != 0 || st.f_blocks == 0) return 0;
  return 100.0 * static_cast<double>(st.f_bavail) / static_cast<double>(st.f_blocks);
}

std::int64_t resident_bytes() {
  const auto text = read_file("/proc/self/statm", 4096);
  long long size = 0;
  long long resident = 0;
  if (!text.ok() || std::sscanf(text->c_str(), "%lld %lld", &size, &resident) != 2) return 0;
  return resident * ::sysconf(_SC_PAGESIZE);
}

Status SelfMetrics::announce(db::Connection& db, Micros now) {
  return db::transaction(db, [&](db::Connection& t) -> Status {
    YAGURA_TRY(rows, t.query("SELECT status FROM server WHERE name = ?",
                             {std::string_view(identity_.name)}));
    if (rows.empty()) {
      YAGURA_CHECK(t.execute("INSERT INTO server (name, type) VALUES (?, 'data')",
                             {std::string_view(identity_.name)}));
    } else if (rows.front().integer(0) == -1) {
      WriteSet back;
      back.put(system_event("server-up", Severity::kWarning, {{"server", identity_.name}},
                            "Server '" + identity_.name + "' is up again", now));
      YAGURA_CHECK(back.flush(t, series_, now));
    }
    YAGURA_CHECK(t.execute(
        "UPDATE server SET type='data', version=?, status=1, master_priority=?, "
        "keepalive_s=?, last_keepalive=?, started_at=?, threads=? WHERE name=?",
        {std::string_view(identity_.version), identity_.master_priority, identity_.keepalive_s, now,
         now, identity_.threads, std::string_view(identity_.name)}));
    return {};
  });
}

Status SelfMetrics::write(db::Connection& db, const IngestStatus& status, bool master, Micros now,
                          Micros steady) {
  const IngestCounters& c = status.counters;
  if (last_steady_ != 0 && steady > last_steady_) {
    const double seconds = static_cast<double>(steady - last_steady_) / kSecond;
    const auto blend = [&](double& rate, std::uint64_t count, std::uint64_t before) {
      rate += kNewest * (static_cast<double>(grown(count, before)) / seconds - rate);
    };
    blend(items_per_s_, c.items, last_.items);
    blend(samples_per_s_, c.samples, last_.samples);
  }
  last_ = c;
  last_steady_ = steady;
  const auto waiting = static_cast<std::int64_t>(status.spool.waiting + status.spool.in_work);
  const auto link = db.link();
  const std::string tls = link.ok() ? link->tls_version : "";
  const std::string cipher = link.ok() ? link->tls_cipher : "";
  YAGURA_TRY(
      updated,
      db.execute(
          "UPDATE server SET status=1, is_master=?, last_keepalive=?, spool_items=?, "
          "spool_bytes=?, spool_oldest_at=?, disk_free_percent=?, quarantine_items=?, "
          "items_per_s=?, samples_per_s=?, delay_p99_ms=?, "
          "last_item_at=CASE WHEN ? > 0 THEN ? ELSE last_item_at END, "
          "items_total=items_total+?, samples_total=samples_total+?, late_total=late_total+?, "
          "refused_total=refused_total+?, quarantined_total=quarantined_total+?, "
          "invalid_values_total=invalid_values_total+?, duplicates_total=duplicates_total+?, "
          "cached_agents=?, resident_bytes=?, database_tls_version=?, database_tls_cipher=? "
          "WHERE name=?",
          {std::int64_t{master ? 1 : 0},
           now,
           waiting,
           waiting * kUsualBytes,
           status.spool.oldest.value_or(0),
           disk_free_percent(identity_.spool_path),
           static_cast<std::int64_t>(status.quarantine_items),
           items_per_s_,
           samples_per_s_,
           static_cast<double>(status.delay_p99) / 1000.0,
           status.last_item_at,
           status.last_item_at,
           grown(c.items, written_.items),
           grown(c.samples, written_.samples),
           grown(c.late, written_.late),
           grown(c.refused, written_.refused),
           grown(c.quarantined, written_.quarantined),
           grown(c.invalid_values, written_.invalid_values),
           grown(c.duplicates, written_.duplicates),
           static_cast<std::int64_t>(status.cached_agents),
           resident_bytes(),
           std::string_view(tls),
           std::string_view(cipher),
           std::string_view(identity_.name)}));
  if (updated.affected == 0) return announce(db, now);  // somebody removed the row
  written_ = c;
  return {};
}

Status SelfMetrics::farewell(db::Connection& db, Micros now) {
  YAGURA_CHECK(db.execute("UPDATE server SET status=0, is_master=0, last_keepalive=? WHERE name=?",
                          {now, std::string_view(identity_.name)}));
  return {};
}

}  // namespace yagura::monitor
