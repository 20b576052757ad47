#include "monitor/side_blocks.h"

#include <algorithm>

#include "base/log.h"
#include "monitor/fingerprint.h"
#include "monitor/inventory.h"
#include "text/utf8.h"

namespace yagura::monitor {
namespace {

constexpr std::size_t kMaxName = 255;

Result<std::int64_t> count_of(db::Connection& db, std::string_view sql, AgentId agent) {
  YAGURA_TRY(rows, db.query(sql, {agent.value}));
  return rows.front().integer(0);
}

Status store_addresses(const SideContext& c, CachedAgent& agent, const report::AgentReport& report,
                       Micros at, bool fresh) {
  if (report.addresses.empty()) return {};
  std::string all;
  for (const std::string& address : report.addresses)
    (all += address) += '\n';
  const std::uint64_t seen = fingerprint64(all) | 1;
  if (seen == agent.addresses_seen) return {};
  std::vector<std::string> addresses = document_addresses(report);
  if (!fresh) {
    YAGURA_TRY(known,
               count_of(c.db, "SELECT COUNT(*) FROM agent_address WHERE agent_id = ?", agent.id));
    const auto room = static_cast<std::int64_t>(c.policy.max_addresses) - known;
    if (room < static_cast<std::int64_t>(addresses.size())) {
      c.counters.cut += addresses.size();
      addresses.resize(static_cast<std::size_t>(std::max<std::int64_t>(room, 0)));
    }
  }
  agent.addresses_seen = seen;
  for (std::string& address : addresses) {
    c.rows.addresses.push_back({agent.id, std::move(address), at});
  }
  return {};
}

void store_custom_fields(const SideContext& c, CachedAgent& agent,
                         const report::AgentReport& report, Micros at) {
  if (report.custom_fields.empty()) return;
  std::string all;
  for (const auto& [name, value] : report.custom_fields) {
    (((all += name) += '\0') += value) += '\0';
  }
  const std::uint64_t seen = fingerprint64(all) | 1;
  if (seen == agent.custom_fields_seen) return;
  agent.custom_fields_seen = seen;
  for (const CustomFieldValue& field : custom_fields_of(report, c.reference.custom_fields())) {
    c.rows.custom_fields.push_back(
        {agent.id, c.reference.custom_field(field.name), std::string(field.value), at});
  }
}

struct KnownInventory {
  bool exists = false;
  Micros at = 0;
  std::uint64_t digest = 0;
  std::string content;
};

/// The content only if it may differ: an inventory is tens of kilobytes and seldom changes.
Result<KnownInventory> load_inventory(db::Connection& db, AgentId agent, std::string_view name,
                                      std::uint64_t digest) {
  KnownInventory out;
  YAGURA_TRY(rows, db.query("SELECT at, digest, CASE WHEN digest = ? THEN '' ELSE content END "
                            "FROM inventory_current WHERE agent_id = ? AND name = ?",
                            {static_cast<std::int64_t>(digest), agent.value, name}));
  if (rows.empty()) return out;
  out.exists = true;
  out.at = rows.front().integer(0);
  out.digest = static_cast<std::uint64_t>(rows.front().integer(1));
  out.content = rows.front().text(2);
  return out;
}

Status raise_change(const SideContext& c, const CachedAgent& agent, std::string_view name,
                    const InventoryDiff& diff, Micros at) {
  YAGURA_TRY(rule, c.db.query("SELECT raise_event, severity FROM inventory_definition "
                              "WHERE name = ?",
                              {name}));
  Severity severity = Severity::kMaintenance;
  if (!rule.empty()) {
    if (rule.front().integer(0) == 0) return {};
    severity = severity_from_code(static_cast<int>(rule.front().integer(1))).value_or(severity);
  }
  if (agent.fields.quiet) return {};
  const EventSubject subject{agent.id, {}, agent.fields.group, agent.fields.alias};
  c.rows.put(inventory_event(subject, name, diff, severity, at));
  return {};
}

Status write_inventory(db::Connection& db, AgentId agent, std::string_view name, Micros at,
                       const InventoryText& text, std::uint64_t digest, const InventoryDiff& diff) {
  YAGURA_CHECK(db.execute(
      "REPLACE INTO inventory_current (agent_id, name, at, changed_at, digest, row_count, content) "
      "VALUES (?,?,?,?,?,?,?)",
      {agent.value, name, at, at, static_cast<std::int64_t>(digest),
       static_cast<std::int64_t>(text.rows), std::string_view(text.content)}));
  const std::string added = joined(diff.added);
  const std::string removed = joined(diff.removed);
  YAGURA_CHECK(db.execute(
      "INSERT INTO inventory_history (agent_id, name, at, added_count, removed_count, added, "
      "removed) VALUES (?,?,?,?,?,?,?)",
      {agent.value, name, at, static_cast<std::int64_t>(diff.added.size()),
       static_cast<std::int64_t>(diff.removed.size()), std::string_view(added),
       std::string_view(removed)}));
  return {};
}

Status store_inventory(const SideContext& c, const CachedAgent& agent,
                       const report::InventoryReport& inventory, Micros at,
                       const LearnRights& rights) {
  const std::string_view name = text::truncate_utf8(inventory.name, kMaxName);
  if (name.empty()) return {};
  const InventoryText text = normal_form(inventory.rows, c.policy.max_inventory_rows);
  c.counters.cut += text.cut;
  const std::uint64_t digest = fingerprint64(text.content);
  YAGURA_TRY(known, load_inventory(c.db, agent.id, name, digest));
  if (!known.exists) {
    if (!rights.new_inventory) return {};
    YAGURA_TRY(present, count_of(c.db, "SELECT COUNT(*) FROM inventory_current WHERE agent_id = ?",
                                 agent.id));
    if (present >= static_cast<std::int64_t>(c.policy.max_inventories)) {
      ++c.counters.cut;
      return {};
    }
  }
  if (known.exists && at < known.at) return {};  // late: the newer one stays
  if (known.exists && known.digest == digest) {
    YAGURA_CHECK(c.db.execute("UPDATE inventory_current SET at = ? WHERE agent_id = ? AND name = ?",
                              {at, agent.id.value, name}));
    return {};
  }
  const InventoryDiff diff = difference(known.content, text.content);
  YAGURA_CHECK(write_inventory(c.db, agent.id, name, at, text, digest, diff));
  return known.exists ? raise_change(c, agent, name, diff, at) : Status();
}

/// The source's id; 0 = the document may not add it.
Result<std::int64_t> log_source(const SideContext& c, AgentId agent, std::string_view name,
                                Micros at, const LearnRights& rights) {
  YAGURA_TRY(rows, c.db.query("SELECT id FROM log_source WHERE agent_id = ? AND name = ?",
                              {agent.value, name}));
  if (!rows.empty()) return rows.front().integer(0);
  if (!rights.new_inventory) return std::int64_t{0};
  YAGURA_TRY(present, count_of(c.db, "SELECT COUNT(*) FROM log_source WHERE agent_id = ?", agent));
  if (present >= static_cast<std::int64_t>(c.policy.max_log_sources)) return std::int64_t{0};
  YAGURA_TRY(made, c.db.execute("INSERT INTO log_source (agent_id, name, first_at, last_at) "
                                "VALUES (?,?,?,?)",
                                {agent.value, name, at, at}));
  return made.last_id;
}

struct CutLines {
  std::string_view kept;
  std::int64_t lines = 0;
  std::int64_t cut = 0;
};

CutLines cut_lines(std::string_view data, std::size_t max_lines, std::size_t max_bytes) {
  while (!data.empty() && (data.back() == '\n' || data.back() == '\r'))
    data.remove_suffix(1);
  CutLines out;
  std::size_t at = 0;
  while (at < data.size()) {
    const std::size_t end = std::min(data.find('\n', at), data.size());
    if (out.lines == static_cast<std::int64_t>(max_lines) || end > max_bytes) {
      out.cut = 1 + std::count(data.begin() + static_cast<std::ptrdiff_t>(at), data.end(), '\n');
      break;
    }
    ++out.lines;
    out.kept = data.substr(0, end);
    at = end + 1;
  }
  return out;
}

Status store_log(const SideContext& c, const CachedAgent& agent, const report::LogReport& log,
                 Micros at, const LearnRights& rights) {
  const std::string_view name = text::truncate_utf8(log.source, kMaxName);
  const CutLines lines = cut_lines(log.data, c.policy.max_log_lines, c.policy.max_log_bytes);
  c.counters.cut += static_cast<std::uint64_t>(lines.cut);
  if (name.empty() || lines.lines + lines.cut == 0) return {};
  YAGURA_TRY(source, log_source(c, agent.id, name, at, rights));
  if (source == 0) {
    c.counters.cut += static_cast<std::uint64_t>(lines.lines);
    return {};
  }
  YAGURA_CHECK(
      c.db.execute("UPDATE log_source SET last_at=?, line_total=line_total+?, "
                   "cut_total=cut_total+? WHERE id=?",
                   {at, lines.lines, lines.cut, source}));
  if (lines.lines > 0) {
    c.rows.log_chunks.push_back({source, at, lines.lines, text::sanitize_utf8(lines.kept)});
  }
  return {};
}

}  // namespace

Status store_side_blocks(const SideContext& context, CachedAgent& agent,
                         const report::AgentReport& report, const Provenance& from,
                         const LearnRights& rights, bool fresh) {
  if (rights.update_addresses) {
    YAGURA_CHECK(store_addresses(context, agent, report, from.received, fresh));
  }
  if (rights.update_custom_fields) store_custom_fields(context, agent, report, from.received);
  for (const report::InventoryReport& inventory : report.inventory) {
    YAGURA_CHECK(store_inventory(context, agent, inventory, report.time, rights));
  }
  for (const report::LogReport& log : report.logs) {
    YAGURA_CHECK(store_log(context, agent, log, report.time, rights));
  }
  return {};
}

}  // namespace yagura::monitor
