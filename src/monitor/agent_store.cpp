#include "monitor/agent_store.h"

#include <algorithm>
#include <utility>

#include "text/numbers.h"

namespace yagura::monitor {
namespace {

/// Names or ids asked for in one statement; shorter lists repeat their last entry.
constexpr std::size_t kNamesAtOnce = 32;
constexpr std::size_t kIdsAtOnce = 128;

std::string list_of_marks(std::string_view before, std::size_t marks, std::string_view after) {
  std::string sql(before);
  for (std::size_t i = 0; i < marks; ++i)
    sql += i == 0 ? "?" : ",?";
  sql += after;
  return sql;
}

/// Runs `sql`, which has `width` marks, over all values and hands each row to `use`.
template <typename Value, typename Use>
Status for_lists(db::Connection& db, const std::string& sql, std::size_t width,
                 std::span<const Value> values, const Use& use) {
  std::vector<db::Param> params(width);
  for (std::size_t at = 0; at < values.size(); at += width) {
    for (std::size_t i = 0; i < width; ++i) {
      const Value& value = values[std::min(at + i, values.size() - 1)];
      if constexpr (std::is_same_v<Value, AgentId>) {
        params[i] = value.value;
      } else {
        params[i] = std::string_view(value);
      }
    }
    YAGURA_TRY(rows, db.query_span(sql, params));
    for (const db::Row& row : rows)
      use(row);
  }
  return {};
}

template <typename T>
T small(const db::Row& row, std::size_t column) {
  return static_cast<T>(row.integer(column));
}

ModuleConfig config_from_row(const db::Row& row) {
  ModuleConfig c;
  c.name = row.text(1);
  c.type = module_type_from_id(small<int>(row, 2)).value_or(ModuleType::kGenericData);
  c.description_digest = ModuleConfig::digest_of(row.text(3));
  c.extended_info_digest = ModuleConfig::digest_of(row.text(4));
  c.interval_s = small<std::int32_t>(row, 5);
  c.min = row.real(6);
  c.max = row.real(7);
  c.post_process = row.real(8);
  c.warning = {row.real(9), row.real(10)};
  c.patterns = make_patterns(row.text(11), row.text(17));
  c.warning_inverse = row.integer(12) != 0;
  c.percentage_warning = row.integer(13) != 0;
  c.critical = {row.real(14), row.real(15)};
  c.critical_inverse = row.integer(16) != 0;
  c.percentage_critical = row.integer(18) != 0;
  c.warning_time = small<std::uint16_t>(row, 19);
  c.min_ff = small<std::uint16_t>(row, 20);
  c.each_ff = row.integer(21) != 0;
  c.min_ff_normal = small<std::uint16_t>(row, 22);
  c.min_ff_warning = small<std::uint16_t>(row, 23);
  c.min_ff_critical = small<std::uint16_t>(row, 24);
  c.cumulative_ff = row.integer(25) != 0;
  c.ff_timeout_s = small<std::int32_t>(row, 26);
  c.ff_interval_s = small<std::int32_t>(row, 27);
  c.history = row.integer(28) != 0;
  c.disabled = row.integer(29) != 0;
  c.quiet = row.integer(30) != 0;
  c.ignore_unknown = row.integer(31) != 0;
  c.disabled_events = small<std::uint32_t>(row, 32);
  c.policy_linked = row.integer(33) != 0;
  return c;
}

constexpr std::string_view kModules =
    "SELECT slot, name, type, description, extended_info, interval_s, min_value, max_value, "
    "post_process, min_warning, max_warning, str_warning, warning_inverse, percentage_warning, "
    "min_critical, max_critical, critical_inverse, str_critical, percentage_critical, "
    "warning_time, min_ff_event, each_ff, min_ff_event_normal, min_ff_event_warning, "
    "min_ff_event_critical, ff_type, ff_timeout_s, ff_interval_s, history_data, disabled, quiet, "
    "ignore_unknown, disabled_events, policy_linked, parent_module_id, delete_pending "
    "FROM module WHERE id >= ? AND id < ? ORDER BY id";

Status load_modules(db::Connection& db, CachedAgent& agent) {
  const std::int64_t first = module_id(agent.id, 0).value;
  YAGURA_TRY(rows, db.query(kModules, {first, first + kSlotsPerAgent}));
  agent.modules.reserve(rows.size());
  for (const db::Row& row : rows) {
    const auto slot = small<std::uint32_t>(row, 0);
    agent.next_slot = slot + 1;
    if (row.integer(35) != 0) continue;  // waits for its deletion: takes no data any more
    CachedModule& module = agent.modules.emplace_back();
    module.slot = slot;
    module.config = config_from_row(row);
    if (const ModuleId parent{row.integer(34)}; parent.valid()) {
      module.has_parent = true;
      module.parent_slot = slot_of(parent);
    }
  }
  return {};
}

constexpr std::string_view kAgent =
    "SELECT a.name, a.alias, a.description, a.address, a.fixed_ip, a.group_id, a.mode, "
    "a.interval_s, a.os_id, a.os_name, a.os_version, a.agent_version, a.timezone_offset_h, "
    "a.custom_id, a.url_address, a.parent_id, a.disabled, a.quiet, a.ignore_unknown, "
    "a.remote_config, a.approval, a.bound_fingerprint, a.transport_level, a.transport_peer, "
    "a.status, a.status_rank, a.status_since, a.worst_module_id, a.modules_normal, "
    "a.modules_critical, a.modules_warning, a.modules_unknown, a.modules_not_init, s.version, "
    "s.last_contact, s.last_remote_contact, s.last_digest, s.latest "
    "FROM agent a JOIN agent_state s ON s.agent_id = a.id WHERE a.id = ?";

AgentFields fields_from_row(const db::Row& row) {
  AgentFields f;
  f.name = row.text(0);
  f.alias = row.text(1);
  f.description = row.text(2);
  f.address = row.text(3);
  f.fixed_address = row.integer(4) != 0;
  f.group = GroupId{row.integer(5)};
  f.mode = agent_mode_from_document(small<int>(row, 6));
  f.interval_s = small<std::int32_t>(row, 7);
  f.os_id = small<int>(row, 8);
  f.os_name = row.text(9);
  f.os_version = row.text(10);
  f.agent_version = row.text(11);
  f.timezone_offset_h = row.real(12);
  f.custom_id = row.text(13);
  f.url = row.text(14);
  f.parent = AgentId{row.integer(15)};
  f.disabled = row.integer(16) != 0;
  f.quiet = row.integer(17) != 0;
  f.ignore_unknown = row.integer(18) != 0;
  f.remote_config = row.integer(19) != 0;
  f.approval = static_cast<Approval>(row.integer(20));
  return f;
}

}  // namespace

Result<std::unordered_map<std::string, AgentId>> find_agents(db::Connection& db,
                                                             std::span<const std::string> names) {
  static const std::string sql =
      list_of_marks("SELECT id, name FROM agent WHERE name IN (", kNamesAtOnce, ")");
  std::unordered_map<std::string, AgentId> out;
  YAGURA_CHECK(for_lists(db, sql, kNamesAtOnce, names, [&](const db::Row& row) {
    out.emplace(row.text(1), AgentId{row.integer(0)});
  }));
  return out;
}

Result<std::unordered_map<std::int64_t, std::int64_t>> lock_agents(db::Connection& db,
                                                                   std::span<const AgentId> ids) {
  static const std::string plain = list_of_marks(
      "SELECT agent_id, version FROM agent_state WHERE agent_id IN (", kIdsAtOnce, ")");
  static const std::string locking = plain + " ORDER BY agent_id FOR UPDATE";
  std::unordered_map<std::int64_t, std::int64_t> out;
  out.reserve(ids.size());
  // Ascending, so that two servers that want the same rows wait instead of blocking each other.
  std::vector<AgentId> sorted(ids.begin(), ids.end());
  std::sort(sorted.begin(), sorted.end());
  const std::string& sql = db.dialect() == db::Dialect::kSqlite ? plain : locking;
  YAGURA_CHECK(for_lists<AgentId>(db, sql, kIdsAtOnce, sorted, [&](const db::Row& row) {
    out.emplace(row.integer(0), row.integer(1));
  }));
  return out;
}

Result<std::unique_ptr<CachedAgent>> load_agent(db::Connection& db, AgentId id) {
  YAGURA_TRY(rows, db.query(kAgent, {id.value}));
  if (rows.empty()) return std::unique_ptr<CachedAgent>();
  const db::Row& row = rows.front();
  auto agent = std::make_unique<CachedAgent>();
  agent->id = id;
  agent->fields = fields_from_row(row);
  agent->bound_fingerprint = row.text(21);
  agent->transport_level = small<int>(row, 22);
  agent->transport_peer = row.text(23);
  agent->status = status_from_code(small<int>(row, 24)).value_or(StatusCode::kNotInit);
  agent->rank = small<int>(row, 25);
  agent->status_since = row.integer(26);
  agent->worst = ModuleId{row.integer(27)};
  constexpr StatusCode kOrder[] = {StatusCode::kNormal, StatusCode::kCritical, StatusCode::kWarning,
                                   StatusCode::kUnknown, StatusCode::kNotInit};
  for (std::size_t i = 0; i < std::size(kOrder); ++i) {
    agent->counts.by_status[static_cast<int>(kOrder[i])] = small<std::uint32_t>(row, 28 + i);
  }
  agent->version = row.integer(33);
  agent->last_contact = row.integer(34);
  agent->last_remote_contact = row.integer(35);
  agent->last_digest = static_cast<std::uint64_t>(row.integer(36));
  agent->latest = row.text(37);
  YAGURA_CHECK(load_modules(db, *agent));
  return agent;
}

Result<std::vector<AgentId>> due_agents(db::Connection& db, Micros now, std::int64_t limit) {
  YAGURA_TRY(rows, db.query("SELECT agent_id FROM agent_state WHERE next_check_at < ? "
                            "ORDER BY next_check_at LIMIT ?",
                            {now, limit}));
  std::vector<AgentId> out;
  out.reserve(rows.size());
  for (const db::Row& row : rows)
    out.push_back(AgentId{row.integer(0)});
  return out;
}

Result<std::int64_t> take_agent_ids(db::Connection& db, std::int64_t count) {
  // The update comes first: it takes the row's lock, and what is read then is nobody else's.
  YAGURA_TRY(
      updated,
      db.execute("UPDATE id_sequence SET next_id = next_id + ? WHERE name = 'agent'", {count}));
  if (updated.affected != 1) return Error{ErrorCode::kInternal, "id_sequence has no row 'agent'"};
  YAGURA_TRY(rows, db.query("SELECT next_id FROM id_sequence WHERE name = 'agent'", {}));
  return rows.front().integer(0) - count;
}

}  // namespace yagura::monitor
