#include "monitor/write_set.h"

#include <string_view>

#include "text/json.h"
#include "text/utf8.h"

namespace yagura::monitor {
namespace {

using db::Blob;

/// Column widths of sql/0001_monitor.sql; texts are cut at a character below them.
constexpr std::size_t kShortText = 255;
constexpr std::size_t kUnitText = 100;
constexpr std::size_t kLongText = 65'535;
constexpr std::size_t kReasonText = 2000;
constexpr std::size_t kFileName = 1000;

std::string_view cut(std::string_view text, std::size_t bytes) {
  return text.size() <= bytes ? text : text::truncate_utf8(text, bytes);
}

std::int64_t number(bool flag) {
  return flag ? 1 : 0;
}
std::int64_t number(StatusCode status) {
  return static_cast<std::int64_t>(status);
}
std::int64_t count(const ModuleCounts& counts, StatusCode status) {
  return static_cast<std::int64_t>(counts.of(status));
}

/// A view, or NULL when there is no text.
db::Param maybe(const std::optional<std::string>& text, std::size_t bytes) {
  if (!text) return nullptr;
  return cut(*text, bytes);
}

std::string_view bytes_of(const ItemId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};  // NOLINT: bytes as bytes
}

}  // namespace

IngestCounters& IngestCounters::operator+=(const IngestCounters& other) {
  items += other.items;
  samples += other.samples;
  late += other.late;
  refused += other.refused;
  quarantined += other.quarantined;
  invalid_values += other.invalid_values;
  duplicates += other.duplicates;
  held += other.held;
  agents_created += other.agents_created;
  events += other.events;
  cut += other.cut;
  return *this;
}

std::string params_json(const EventParams& params) {
  text::JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : params)
    json.field(name, value);
  json.end_object();
  return json.take();
}

template <typename Row, typename Key>
static void put_last(std::vector<Row>& rows, std::unordered_map<std::int64_t, std::size_t>& index,
                     Key key, Row row) {
  const auto [at, added] = index.try_emplace(key, rows.size());
  if (added) {
    rows.push_back(std::move(row));
  } else {
    rows[at->second] = std::move(row);
  }
}

void WriteSet::put(StateRow row) {
  const std::int64_t key = row.agent.value;
  if (const auto at = state_of_.find(key); at != state_of_.end()) {
    row.fresh = row.fresh || states_[at->second].fresh;
  }
  put_last(states_, state_of_, key, std::move(row));
}

void WriteSet::put(AgentStatusRow row) {
  const std::int64_t key = row.agent.value;
  put_last(statuses_, status_of_, key, std::move(row));
}

void WriteSet::put(ModuleStatusRow row) {
  const std::int64_t key = row.module.value;
  put_last(module_statuses_, module_status_of_, key, std::move(row));
}

void WriteSet::put(Event event) {
  if (event.module.valid() && event.validates_older) {
    const auto [at, added] = open_event_of_.try_emplace(event.module.value, events_.size());
    if (!added) {
      Event& older = events_[at->second];
      if (older.status == EventStatus::kNew) older.status = EventStatus::kValidated;
      at->second = events_.size();
    }
  }
  events_.push_back(std::move(event));
}

void WriteSet::clear() {
  *this = WriteSet();
}

Status WriteSet::flush(db::Connection& db, const db::Series& series, Micros now) const {
  YAGURA_CHECK(flush_items(db, now));
  YAGURA_CHECK(flush_agents(db));
  YAGURA_CHECK(flush_headers(db, now));
  YAGURA_CHECK(flush_new_modules(db));
  YAGURA_CHECK(flush_module_updates(db));
  YAGURA_CHECK(flush_states(db));
  YAGURA_CHECK(flush_history(db, series));
  YAGURA_CHECK(flush_details(db));
  YAGURA_CHECK(flush_events(db));
  return flush_quarantine(db);
}

Status WriteSet::flush_items(db::Connection& db, Micros now) const {
  if (items.empty()) return {};
  db::Batch batch(2);
  batch.reserve(items.size());
  for (const ItemId& item : items)
    batch.add({Blob{bytes_of(item)}, now});
  YAGURA_CHECK(db.bulk("INSERT INTO ingested_item (item_id, stored_at) VALUES (?, ?)", batch));
  return {};
}

Status WriteSet::flush_agents(db::Connection& db) const {
  if (new_agents.empty()) return {};
  db::Batch agents(28);
  for (const NewAgentRow& row : new_agents) {
    const AgentFields& f = row.fields;
    agents.add({row.agent.value,
                std::string_view(f.name),
                cut(f.alias, kShortText),
                cut(f.description, kLongText),
                cut(f.address, kShortText),
                number(f.fixed_address),
                f.group.value,
                static_cast<std::int64_t>(f.mode),
                static_cast<std::int64_t>(f.interval_s),
                static_cast<std::int64_t>(f.os_id),
                cut(f.os_name, kShortText),
                cut(f.os_version, kShortText),
                cut(f.agent_version, kShortText),
                f.timezone_offset_h,
                cut(f.custom_id, kShortText),
                cut(f.url, kLongText),
                f.parent.value,
                std::string_view(row.server_name),
                number(f.disabled),
                number(f.remote_config),
                static_cast<std::int64_t>(f.approval),
                std::string_view(row.bound_fingerprint),
                row.bound_fingerprint.empty() ? std::int64_t{0} : row.at,
                static_cast<std::int64_t>(row.transport_level),
                cut(row.peer, kShortText),
                row.at,
                cut(row.peer, kShortText),
                f.approval == Approval::kApproved ? row.at : std::int64_t{0}});
  }
  YAGURA_CHECK(db.bulk(
      "INSERT INTO agent (id, name, alias, description, address, fixed_ip, group_id, mode, "
      "interval_s, os_id, os_name, os_version, agent_version, timezone_offset_h, custom_id, "
      "url_address, parent_id, server_name, disabled, remote_config, approval, bound_fingerprint, "
      "bound_at, transport_level, transport_peer, created_at, created_peer, first_contact) VALUES "
      "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      agents));
  return {};
}

Status WriteSet::flush_headers(db::Connection& db, Micros now) const {
  if (agent_headers.empty()) return {};
  db::Batch batch(17);
  for (const AgentHeaderRow& row : agent_headers) {
    const AgentFields& f = row.fields;
    batch.add({cut(f.os_version, kShortText), cut(f.agent_version, kShortText),
               static_cast<std::int64_t>(f.interval_s), f.timezone_offset_h,
               cut(f.address, kShortText), f.parent.value, number(f.remote_config),
               number(f.disabled), std::string_view(row.bound_fingerprint), row.bound_at,
               row.bound_at, static_cast<std::int64_t>(row.transport_level),
               cut(row.transport_peer, kShortText), row.at, number(row.settings_changed), row.at,
               row.agent.value});
  }
  YAGURA_CHECK(db.bulk(
      "UPDATE agent SET os_version=?, agent_version=?, interval_s=?, timezone_offset_h=?, "
      "address=?, parent_id=?, remote_config=?, disabled=?, bound_fingerprint=?, "
      "bound_at=CASE WHEN ? > 0 THEN ? ELSE bound_at END, transport_level=?, transport_peer=?, "
      "updated_at=?, revision=revision+?, "
      "first_contact=CASE WHEN first_contact = 0 THEN ? ELSE first_contact END WHERE id=?",
      batch));
  db::Batch off(2);
  for (const AgentId agent : autodisabled)
    off.add({now, agent.value});
  if (off.rows() > 0) YAGURA_CHECK(db.bulk("UPDATE agent SET disabled_at=? WHERE id=?", off));
  return {};
}

Status WriteSet::flush_new_modules(db::Connection& db) const {
  if (new_modules.empty()) return {};
  db::Batch batch(45);
  db::Batch tags(2);
  batch.reserve(new_modules.size());
  for (const NewModuleRow& row : new_modules) {
    const ModuleConfig& c = row.config;
    const ModuleTexts& t = row.texts;
    batch.add({row.module.value,
               agent_of(row.module).value,
               static_cast<std::int64_t>(slot_of(row.module)),
               std::string_view(c.name),
               static_cast<std::int64_t>(c.type),
               cut(t.description, kLongText),
               cut(t.extended_info, kLongText),
               cut(t.unit, kUnitText),
               row.module_group,
               cut(t.custom_id, kShortText),
               static_cast<std::int64_t>(c.interval_s),
               cut(t.crontab, kShortText),
               c.min,
               c.max,
               c.post_process,
               c.warning.lo,
               c.warning.hi,
               cut(str_warning(c), kLongText),
               number(c.warning_inverse),
               number(c.percentage_warning),
               c.critical.lo,
               c.critical.hi,
               cut(str_critical(c), kLongText),
               number(c.critical_inverse),
               number(c.percentage_critical),
               static_cast<std::int64_t>(c.warning_time),
               static_cast<std::int64_t>(c.min_ff),
               number(c.each_ff),
               static_cast<std::int64_t>(c.min_ff_normal),
               static_cast<std::int64_t>(c.min_ff_warning),
               static_cast<std::int64_t>(c.min_ff_critical),
               number(c.cumulative_ff),
               static_cast<std::int64_t>(c.ff_timeout_s),
               static_cast<std::int64_t>(c.ff_interval_s),
               number(c.history),
               number(c.disabled),
               number(c.quiet),
               number(c.ignore_unknown),
               static_cast<std::int64_t>(c.disabled_events),
               row.parent,
               cut(t.critical_instructions, kLongText),
               cut(t.warning_instructions, kLongText),
               cut(t.unknown_instructions, kLongText),
               number(initial_state(c.type).status),
               row.at});
    for (const std::int64_t tag : row.tags)
      tags.add({row.module.value, tag});
  }
  YAGURA_CHECK(db.bulk(
      "INSERT INTO module (id, agent_id, slot, name, type, description, extended_info, unit, "
      "module_group_id, custom_id, interval_s, cron, min_value, max_value, post_process, "
      "min_warning, max_warning, str_warning, warning_inverse, percentage_warning, min_critical, "
      "max_critical, str_critical, critical_inverse, percentage_critical, warning_time, "
      "min_ff_event, each_ff, min_ff_event_normal, min_ff_event_warning, min_ff_event_critical, "
      "ff_type, ff_timeout_s, ff_interval_s, history_data, disabled, quiet, ignore_unknown, "
      "disabled_events, parent_module_id, critical_instructions, warning_instructions, "
      "unknown_instructions, status, created_at) VALUES "
      "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      batch));
  if (tags.rows() == 0) return {};
  YAGURA_CHECK(db.bulk("INSERT INTO module_tag (module_id, tag_id) VALUES (?, ?)", tags));
  return {};
}

Status WriteSet::flush_module_updates(db::Connection& db) const {
  if (!module_updates.empty()) {
    db::Batch batch(13);
    for (const ModuleUpdateRow& row : module_updates) {
      const ModuleConfig& c = row.config;
      batch.add({maybe(row.description, kLongText), maybe(row.extended_info, kLongText),
                 static_cast<std::int64_t>(c.interval_s), c.warning.lo, c.warning.hi,
                 cut(str_warning(c), kLongText), number(c.warning_inverse), c.critical.lo,
                 c.critical.hi, cut(str_critical(c), kLongText), number(c.critical_inverse), row.at,
                 row.module.value});
    }
    YAGURA_CHECK(db.bulk(
        "UPDATE module SET description=COALESCE(?, description), "
        "extended_info=COALESCE(?, extended_info), interval_s=?, min_warning=?, max_warning=?, "
        "str_warning=?, warning_inverse=?, min_critical=?, max_critical=?, str_critical=?, "
        "critical_inverse=?, updated_at=? WHERE id=?",
        batch));
  }
  if (module_parents.empty()) return {};
  db::Batch parents(2);
  for (const ModuleParentRow& row : module_parents) {
    parents.add({row.parent.value, row.module.value});
  }
  YAGURA_CHECK(db.bulk("UPDATE module SET parent_module_id=? WHERE id=?", parents));
  return {};
}

Status WriteSet::flush_states(db::Connection& db) const {
  db::Batch states(7);
  db::Batch fresh(7);
  states.reserve(states_.size());
  for (const StateRow& row : states_) {
    db::Batch& batch = row.fresh ? fresh : states;
    batch.add({row.version, row.last_contact, row.last_remote_contact, row.next_check_at,
               static_cast<std::int64_t>(row.last_digest), Blob{row.latest}, row.agent.value});
  }
  if (states.rows() > 0) {
    YAGURA_CHECK(
        db.bulk("UPDATE agent_state SET version=?, last_contact=?, last_remote_contact=?, "
                "next_check_at=?, last_digest=?, latest=? WHERE agent_id=?",
                states));
  }
  if (fresh.rows() > 0) {
    YAGURA_CHECK(db.bulk(
        "INSERT INTO agent_state (version, last_contact, last_remote_contact, next_check_at, "
        "last_digest, latest, agent_id) VALUES (?,?,?,?,?,?,?)",
        fresh));
  }
  db::Batch statuses(11);
  for (const AgentStatusRow& row : statuses_) {
    statuses.add({number(row.status), static_cast<std::int64_t>(row.rank), row.since,
                  static_cast<std::int64_t>(row.counts.total()),
                  count(row.counts, StatusCode::kNormal), count(row.counts, StatusCode::kCritical),
                  count(row.counts, StatusCode::kWarning), count(row.counts, StatusCode::kUnknown),
                  count(row.counts, StatusCode::kNotInit), row.worst.value, row.agent.value});
  }
  if (statuses.rows() > 0) {
    YAGURA_CHECK(
        db.bulk("UPDATE agent SET status=?, status_rank=?, status_since=?, modules_total=?, "
                "modules_normal=?, modules_critical=?, modules_warning=?, modules_unknown=?, "
                "modules_not_init=?, worst_module_id=? WHERE id=?",
                statuses));
  }
  db::Batch modules(3);
  for (const ModuleStatusRow& row : module_statuses_) {
    modules.add({number(row.status), row.since, row.module.value});
  }
  if (modules.rows() == 0) return {};
  YAGURA_CHECK(db.bulk("UPDATE module SET status=?, status_since=? WHERE id=?", modules));
  return {};
}

Status WriteSet::flush_history(db::Connection& db, const db::Series& series) const {
  std::vector<db::NewReport> rows;
  rows.reserve(reports.size());
  for (const ReportRow& row : reports) {
    rows.push_back({row.agent.value, row.ts, row.version, row.body});
  }
  if (!rows.empty()) YAGURA_CHECK(series.append(db, rows));
  db::Batch late(2);
  for (const auto& [agent, hour] : late_hours_)
    late.add({agent, hour});
  if (late.rows() > 0) {
    YAGURA_CHECK(db.bulk("REPLACE INTO trend_dirty (agent_id, hour) VALUES (?,?)", late));
  }
  db::Batch samples(3);
  samples.reserve(texts.size());
  for (const TextRow& row : texts) {
    samples.add({row.module.value, row.ts, std::string_view(row.value)});
  }
  if (samples.rows() == 0) return {};
  // Of two texts with the same time the later one counts (agent-data §7.4).
  YAGURA_CHECK(db.bulk("REPLACE INTO text_sample (module_id, ts, value) VALUES (?,?,?)", samples));
  return {};
}

Status WriteSet::flush_details(db::Connection& db) const {
  db::Batch found(3);
  for (const AddressRow& row : addresses) {
    found.add({row.agent.value, cut(row.address, kShortText), row.at});
  }
  if (found.rows() > 0) {
    YAGURA_CHECK(db.bulk(
        db::by_dialect(
            db,
            "INSERT OR IGNORE INTO agent_address (agent_id, address, first_seen) VALUES (?,?,?)",
            "INSERT IGNORE INTO agent_address (agent_id, address, first_seen) VALUES (?,?,?)"),
        found));
  }
  db::Batch fields(4);
  for (const CustomFieldRow& row : custom_fields) {
    fields.add({row.agent.value, row.field, cut(row.value, kLongText), row.at});
  }
  if (fields.rows() > 0) {
    YAGURA_CHECK(db.bulk(
        "REPLACE INTO custom_field_value (agent_id, field_id, value, updated_at) VALUES (?,?,?,?)",
        fields));
  }
  db::Batch groups(2);
  for (const SecondaryGroupRow& row : secondary_groups)
    groups.add({row.agent.value, row.group.value});
  if (groups.rows() > 0) {
    YAGURA_CHECK(
        db.bulk("REPLACE INTO agent_secondary_group (agent_id, group_id) VALUES (?,?)", groups));
  }
  db::Batch logs(4);
  for (const LogChunkRow& row : log_chunks) {
    logs.add({row.source, row.at, row.lines, std::string_view(row.content)});
  }
  if (logs.rows() == 0) return {};
  YAGURA_CHECK(
      db.bulk("INSERT INTO log_chunk (source_id, at, line_count, content) VALUES (?,?,?,?)", logs));
  return {};
}

Status WriteSet::flush_events(db::Connection& db) const {
  if (events_.empty()) return {};
  db::Batch older(2);
  std::vector<std::string> params;
  params.reserve(events_.size());
  db::Batch batch(13);
  for (const Event& event : events_) {
    if (event.validates_older && event.module.valid()) older.add({event.at, event.module.value});
    params.push_back(params_json(event.params));
    const bool validated = event.status == EventStatus::kValidated;
    batch.add({event.at, event.agent.value, event.module.value, event.group.value,
               to_string(event.type), static_cast<std::int64_t>(event.severity),
               static_cast<std::int64_t>(event.status), cut(event.code, 64),
               cut(params.back(), kLongText), cut(event.text, kLongText),
               validated ? std::string_view("SYSTEM") : std::string_view(),
               validated ? event.at : std::int64_t{0}, std::string_view("server")});
  }
  if (older.rows() > 0) {
    YAGURA_CHECK(
        db.bulk("UPDATE event SET status=1, acknowledged_by='SYSTEM', acknowledged_at=? "
                "WHERE module_id=? AND status=0",
                older));
  }
  YAGURA_CHECK(db.bulk(
      "INSERT INTO event (at, agent_id, module_id, group_id, type, severity, status, code, params, "
      "text, acknowledged_by, acknowledged_at, source) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
      batch));
  return {};
}

Status WriteSet::flush_quarantine(db::Connection& db) const {
  if (quarantined.empty()) return {};
  db::Batch batch(13);
  std::vector<std::string> owned;
  owned.reserve(quarantined.size() * 2);
  for (const QuarantineRow& row : quarantined) {
    const std::string& item = owned.emplace_back(to_hex(row.from.item));
    const std::string& params = owned.emplace_back(params_json(row.why.params));
    batch.add({row.at, cut(row.why.code, 64), cut(params, kLongText),
               cut(row.why.text, kReasonText), std::string_view(row.server_name),
               std::string_view(item), cut(row.from.peer, kShortText),
               static_cast<std::int64_t>(row.from.level), std::string_view(row.from.fingerprint),
               cut(row.agent_name, 600), cut(row.from.file_name, kFileName),
               std::string_view(row.file), static_cast<std::int64_t>(row.from.bytes)});
  }
  YAGURA_CHECK(
      db.bulk("INSERT INTO quarantine (at, code, params, text, server_name, item_id, peer, level, "
              "fingerprint, agent_name, file_name, file, bytes) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
              batch));
  return {};
}

}  // namespace yagura::monitor
