#include "monitor/query_platform.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "monitor/query_util.h"
#include "text/numbers.h"

namespace yagura::monitor {
namespace {

// Borders of the health checks.
constexpr double kSpoolAgeDegraded = 60;
constexpr double kSpoolAgeFailing = 600;
constexpr double kDiskFreeDegraded = 10;
constexpr double kDiskFreeFailing = 3;
constexpr double kLagDegradedMs = 5'000;
constexpr double kLatencyDegradedMs = 250;
constexpr std::int64_t kMissedKeepalives = 3;

constexpr std::string_view kServers =
    "SELECT name, version, status, keepalive_s, last_keepalive, spool_items, spool_bytes,"
    " spool_oldest_at, disk_free_percent, quarantine_items, items_per_s, samples_per_s,"
    " delay_p99_ms, last_item_at, refused_total, quarantined_total, invalid_values_total,"
    " duplicates_total, database_tls_version, database_tls_cipher"
    " FROM server WHERE type = 'data' ORDER BY name";

enum Column : std::size_t {
  kName,
  kVersion,
  kStatus,
  kKeepaliveS,
  kLastKeepalive,
  kSpoolItems,
  kSpoolBytes,
  kSpoolOldest,
  kDiskFree,
  kQuarantine,
  kItemsPerS,
  kSamplesPerS,
  kLag,
  kLastItem,
  kRefused,
  kQuarantined,
  kInvalid,
  kDuplicates,
  kTlsVersion,
  kTlsCipher,
};

std::string tenth(double number) {
  return text::format_fixed(number, 1);
}

ServerState state_of(const db::Row& row, Micros now) {
  if (row.integer(kStatus) == 0) return ServerState::kStopped;
  const Micros patience =
      kMissedKeepalives * std::max<std::int64_t>(1, row.integer(kKeepaliveS)) * kSecond;
  const bool late = now - row.integer(kLastKeepalive) > patience;
  return late || row.integer(kStatus) < 0 ? ServerState::kSilent : ServerState::kUp;
}

void add_check(Health& health, std::string code, HealthStatus status, TextParams params) {
  health.status = std::max(health.status, status);
  health.checks.push_back({std::move(code), status, std::move(params)});
}

HealthStatus by_border(double value, double degraded, double failing) {
  if (value >= failing) return HealthStatus::kFailing;
  return value >= degraded ? HealthStatus::kDegraded : HealthStatus::kOk;
}

void add_server(const db::Row& row, Micros now, Health& out) {
  const ServerState state = state_of(row, now);
  out.servers.push_back({.name = row.text(kName),
                         .status = state,
                         .version = row.text(kVersion),
                         .last_keepalive = time_or_none(row.integer(kLastKeepalive))});
  out.losses.refused += row.integer(kRefused);
  out.losses.quarantined += row.integer(kQuarantined);
  out.losses.invalid_values += row.integer(kInvalid);
  out.losses.duplicates += row.integer(kDuplicates);
  const auto last_item = time_or_none(row.integer(kLastItem));
  if (last_item && (!out.ingest.last_item_at || *last_item > *out.ingest.last_item_at)) {
    out.ingest.last_item_at = last_item;
  }
  // Figures of a server that is not running say nothing about now.
  if (state != ServerState::kUp) return;
  out.spool.items += row.integer(kSpoolItems);
  out.spool.bytes += row.integer(kSpoolBytes);
  if (row.integer(kSpoolOldest) > 0) {
    const double age = static_cast<double>(now - row.integer(kSpoolOldest)) / kSecond;
    out.spool.oldest_age_s = std::max(out.spool.oldest_age_s, age);
  }
  const double free = row.real(kDiskFree);
  const bool first = out.spool.disk_free_percent == 0;
  out.spool.disk_free_percent = first ? free : std::min(out.spool.disk_free_percent, free);
  out.ingest.items_per_s += row.real(kItemsPerS);
  out.ingest.samples_per_s += row.real(kSamplesPerS);
  out.ingest.lag_ms_p99 = std::max(out.ingest.lag_ms_p99, row.real(kLag));
  if (!row.text(kTlsVersion).empty()) {
    out.links.push_back({.name = "server-database:" + row.text(kName),
                         .tls_version = row.text(kTlsVersion),
                         .cipher = row.text(kTlsCipher),
                         .verified = true});
  }
}

void check_servers(Health& out) {
  const bool any_up = std::ranges::any_of(
      out.servers, [](const ServerHealth& s) { return s.status == ServerState::kUp; });
  if (!any_up) {
    add_check(out, "data-server", HealthStatus::kFailing, {});
    return;
  }
  for (const ServerHealth& server : out.servers) {
    const bool up = server.status == ServerState::kUp;
    add_check(out, "data-server", up ? HealthStatus::kOk : HealthStatus::kDegraded,
              {{"server", server.name}, {"state", std::string(to_string(server.status))}});
  }
  add_check(out, "spool-age",
            by_border(out.spool.oldest_age_s, kSpoolAgeDegraded, kSpoolAgeFailing),
            {{"age_s", tenth(out.spool.oldest_age_s)}, {"items", std::to_string(out.spool.items)}});
  const double free = out.spool.disk_free_percent;
  add_check(out, "disk-space", by_border(-free, -kDiskFreeDegraded, -kDiskFreeFailing),
            {{"free_percent", tenth(free)}});
  add_check(out, "ingest-delay",
            out.ingest.lag_ms_p99 >= kLagDegradedMs ? HealthStatus::kDegraded : HealthStatus::kOk,
            {{"p99_ms", tenth(out.ingest.lag_ms_p99)}});
}

std::string_view flavor_word(db::Flavor flavor) {
  switch (flavor) {
    case db::Flavor::kMariaDb:
      return "mariadb";
    case db::Flavor::kMySql:
      return "mysql";
    case db::Flavor::kSqlite:
      break;
  }
  return "sqlite";
}

Status check_database(db::Connection& db, Health& out) {
  const auto begin = std::chrono::steady_clock::now();
  YAGURA_CHECK(db.query("SELECT 1"));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  YAGURA_TRY(link, db.link());
  out.database = {.dialect = std::string(flavor_word(db.flavor())),
                  .version = link.server_version,
                  .location = link.location,
                  .tls_version = link.tls_version,
                  .tls_cipher = link.tls_cipher,
                  .latency_ms = took.count()};
  if (!link.tls_version.empty()) {
    out.links.push_back({.name = "console-database",
                         .tls_version = link.tls_version,
                         .cipher = link.tls_cipher,
                         .verified = link.tls_verified});
  }
  add_check(out, "database",
            took.count() >= kLatencyDegradedMs ? HealthStatus::kDegraded : HealthStatus::kOk,
            {{"latency_ms", tenth(took.count())}});
  return {};
}

Status check_quarantine(db::Connection& db, Health& out) {
  YAGURA_TRY(rows, db.query("SELECT COUNT(*) FROM quarantine WHERE state = 'held'"));
  out.quarantine.items = rows.front().integer(0);
  add_check(out, "quarantine",
            out.quarantine.items > 0 ? HealthStatus::kDegraded : HealthStatus::kOk,
            {{"items", std::to_string(out.quarantine.items)}});
  return {};
}

constexpr std::string_view kQuarantineList = "quarantine";

/// Where a page begins: below this time and id.
struct Position {
  Micros at = INT64_MAX;
  std::int64_t id = INT64_MAX;
};

Result<Position> read_position(const QuarantineFilter& filter) {
  if (filter.cursor.empty()) return Position{};
  YAGURA_TRY(keys, decode_cursor(filter.cursor, kQuarantineList, 2));
  YAGURA_TRY(at, cursor_number(keys[0]));
  YAGURA_TRY(id, cursor_number(keys[1]));
  return Position{at, id};
}

}  // namespace

Result<GroupList> list_groups(db::Connection& db, const identity::Actor& actor) {
  YAGURA_TRY(rows, db.query("SELECT g.id, g.name, g.parent_id, COUNT(a.id) FROM agent_group g"
                            " LEFT JOIN agent a ON a.group_id = g.id"
                            " GROUP BY g.id, g.name, g.parent_id ORDER BY g.name, g.id"));
  const identity::GroupScope scope = actor.scope(identity::Bit::kAR);
  GroupList out;
  for (const db::Row& row : rows) {
    const GroupId id{row.integer(0)};
    const GroupId parent{row.integer(2)};
    if (!scope.contains(id)) continue;
    GroupView group{
        .id = id, .name = row.text(1), .parent_id = std::nullopt, .agents = row.integer(3)};
    // A parent that may not be seen is not named.
    if (parent.valid() && scope.contains(parent)) group.parent_id = parent;
    out.items.push_back(std::move(group));
  }
  return out;
}

Result<Health> read_health(db::Connection& db, const identity::Actor& actor,
                           const LinkHealth& own_link, Micros now) {
  if (!actor.may_somewhere(identity::Bit::kAR)) {
    return Error{ErrorCode::kDenied, "health needs AR"};
  }
  Health out;
  out.links.push_back(own_link);
  YAGURA_CHECK(check_database(db, out));
  YAGURA_TRY(servers, db.query(kServers));
  for (const db::Row& row : servers)
    add_server(row, now, out);
  check_servers(out);
  YAGURA_CHECK(check_quarantine(db, out));
  return out;
}

bool has_valid_cursor(const QuarantineFilter& filter) {
  return read_position(filter).ok();
}

Result<QuarantinePage> list_quarantine(db::Connection& db, const identity::Actor& actor,
                                       const QuarantineFilter& filter) {
  if (!actor.may_somewhere(identity::Bit::kPM) && !actor.scope(identity::Bit::kAW).all) {
    return Error{ErrorCode::kDenied, "the quarantine needs PM, or AW in all groups"};
  }
  YAGURA_TRY(position, read_position(filter));
  YAGURA_TRY(rows, db.query("SELECT id, at, code, params, peer, agent_name, file_name, bytes, state"
                            " FROM quarantine WHERE (at, id) < (?, ?)"
                            " ORDER BY at DESC, id DESC LIMIT ?",
                            {position.at, position.id, filter.limit + 1}));
  QuarantinePage page;
  const auto limit = static_cast<std::size_t>(filter.limit);
  for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) {
    const db::Row& row = rows[i];
    page.items.push_back({.id = row.integer(0),
                          .at = row.integer(1),
                          .reason = {row.text(2), read_params(row.text(3))},
                          .peer = row.text(4),
                          .agent_name = row.text(5),
                          .file_name = row.text(6),
                          .bytes = row.integer(7),
                          .state = row.text(8)});
  }
  if (rows.size() > limit) {
    const db::Row& last = rows[limit - 1];
    page.next_cursor = encode_cursor(
        kQuarantineList, {std::to_string(last.integer(1)), std::to_string(last.integer(0))});
  }
  return page;
}

}  // namespace yagura::monitor
