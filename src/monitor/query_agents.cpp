#include "monitor/query_agents.h"

#include <algorithm>
#include <array>
#include <utility>

#include "monitor/agent_status.h"
#include "monitor/query_latest.h"
#include "monitor/query_util.h"
#include "tentacle/spool_envelope.h"

namespace yagura::monitor {
namespace {

// The statements are put together by the compiler, never at run time: each is one constant.
#define AGENT_COLUMNS                                                                           \
  "SELECT a.id, a.name, a.alias, a.address, a.os_name, a.os_version, a.group_id,"               \
  " COALESCE(g.name, ''), a.status, a.status_since, st.last_contact, a.interval_s, a.disabled," \
  " a.approval, a.modules_total, a.modules_normal, a.modules_critical, a.modules_warning,"      \
  " a.modules_unknown, a.modules_not_init, a.worst_module_id, COALESCE(m.name, ''),"            \
  " COALESCE(m.status, 4), COALESCE(m.status_since, 0), a.demo, st.latest, a.status_rank,"      \
  " a.alias_folded"
#define AGENT_FROM                                          \
  " FROM agent a JOIN agent_state st ON st.agent_id = a.id" \
  " LEFT JOIN agent_group g ON g.id = a.group_id"           \
  " LEFT JOIN module m ON m.id = a.worst_module_id"
#define AGENT_SCOPE                                                             \
  " (? = '' OR INSTR(?, ',' || a.group_id || ',') > 0 OR EXISTS (SELECT 1 FROM" \
  " agent_secondary_group s WHERE s.agent_id = a.id"                            \
  " AND INSTR(?, ',' || s.group_id || ',') > 0))"
#define AGENT_FILTER                                              \
  " WHERE" AGENT_SCOPE                                            \
  " AND (? = 0 OR a.group_id = ?) AND (? = -1 OR a.approval = ?)" \
  " AND (? = '' OR INSTR(a.alias_folded, LOWER(?)) > 0"           \
  " OR INSTR(LOWER(a.name), LOWER(?)) > 0 OR INSTR(LOWER(a.address), LOWER(?)) > 0)"
#define AGENT_STATUS " AND a.status IN (?, ?, ?, ?, ?)"
#define AGENT_PAGE AGENT_COLUMNS AGENT_FROM AGENT_FILTER AGENT_STATUS

constexpr std::size_t kSorts = 3;
constexpr std::size_t kOrders = 2;

struct PageSql {
  std::string_view first;
  std::string_view next;
};

#define PAGE_SQL(key, direction, sign)                       \
  PageSql{AGENT_PAGE " ORDER BY " key(direction) " LIMIT ?", \
          AGENT_PAGE " AND " key(sign) " ORDER BY " key(direction) " LIMIT ?"}
#define BY_RANK_(x) BY_RANK_##x
#define BY_RANK_ASC "a.status_rank, a.alias_folded, a.id"
#define BY_RANK_DESC "a.status_rank DESC, a.alias_folded DESC, a.id DESC"
#define BY_RANK_AFTER "(a.status_rank, a.alias_folded, a.id) > (?, ?, ?)"
#define BY_RANK_BEFORE "(a.status_rank, a.alias_folded, a.id) < (?, ?, ?)"
#define BY_NAME_(x) BY_NAME_##x
#define BY_NAME_ASC "a.alias_folded, a.id"
#define BY_NAME_DESC "a.alias_folded DESC, a.id DESC"
#define BY_NAME_AFTER "(a.alias_folded, a.id) > (?, ?)"
#define BY_NAME_BEFORE "(a.alias_folded, a.id) < (?, ?)"
#define BY_CONTACT_(x) BY_CONTACT_##x
#define BY_CONTACT_ASC "st.last_contact, st.agent_id"
#define BY_CONTACT_DESC "st.last_contact DESC, st.agent_id DESC"
#define BY_CONTACT_AFTER "(st.last_contact, st.agent_id) > (?, ?)"
#define BY_CONTACT_BEFORE "(st.last_contact, st.agent_id) < (?, ?)"

// Indexed by AgentSort and SortOrder. "Descending worst" is worst first: the smallest rank first.
constexpr std::array<std::array<PageSql, kOrders>, kSorts> kPages = {{
    {{PAGE_SQL(BY_RANK_, DESC, BEFORE), PAGE_SQL(BY_RANK_, ASC, AFTER)}},
    {{PAGE_SQL(BY_NAME_, ASC, AFTER), PAGE_SQL(BY_NAME_, DESC, BEFORE)}},
    {{PAGE_SQL(BY_CONTACT_, ASC, AFTER), PAGE_SQL(BY_CONTACT_, DESC, BEFORE)}},
}};

// Without text and approval only two columns are needed, which an index covers: counting 10,000
// agents then takes a fraction of a millisecond.
constexpr std::string_view kCountPlain = "SELECT a.status, COUNT(*) FROM agent a WHERE" AGENT_SCOPE
                                         " AND (? = 0 OR a.group_id = ?) GROUP BY a.status";
constexpr std::string_view kCountFiltered =
    "SELECT a.status, COUNT(*) FROM agent a" AGENT_FILTER " GROUP BY a.status";

constexpr std::string_view kOne = AGENT_COLUMNS
    ", a.description, a.agent_version, a.mode, a.timezone_offset_h, a.quiet, a.bound_fingerprint,"
    " a.transport_level, a.transport_peer, a.created_at, a.first_contact, a.revision" AGENT_FROM
    " WHERE a.id = ?";

enum Column : std::size_t {
  kId,
  kName,
  kAlias,
  kAddress,
  kOsName,
  kOsVersion,
  kGroupId,
  kGroupName,
  kStatus,
  kStatusSince,
  kLastContact,
  kInterval,
  kDisabled,
  kApproval,
  kTotal,
  kNormal,
  kCritical,
  kWarning,
  kUnknown,
  kNotInit,
  kWorstId,
  kWorstName,
  kWorstStatus,
  kWorstSince,
  kDemo,
  kLatest,
  kRank,
  kFolded,
  kDescription,
  kVersion,
  kMode,
  kTimezone,
  kQuiet,
  kFingerprint,
  kLevel,
  kPeer,
  kCreated,
  kFirst,
  kRevision,
};

StatusCode status_at(const db::Row& row, std::size_t column) {
  return status_from_code(static_cast<int>(row.integer(column))).value_or(StatusCode::kNotInit);
}

std::optional<WorstModule> worst_of(const db::Row& row) {
  const ModuleId id{row.integer(kWorstId)};
  if (!id.valid() || row.text(kWorstName).empty()) return std::nullopt;
  return WorstModule{.module_id = id,
                     .module = row.text(kWorstName),
                     .status = status_at(row, kWorstStatus),
                     .value = latest_value(row.text(kLatest), id),
                     .since = time_or_none(row.integer(kWorstSince))};
}

void fill_summary(const db::Row& row, AgentSummary& out) {
  out.id = AgentId{row.integer(kId)};
  out.name = row.text(kName);
  out.alias = row.text(kAlias);
  out.address = row.text(kAddress);
  out.os_name = row.text(kOsName);
  out.os_version = row.text(kOsVersion);
  out.group = {GroupId{row.integer(kGroupId)}, row.text(kGroupName)};
  out.status = status_at(row, kStatus);
  out.status_since = time_or_none(row.integer(kStatusSince));
  out.last_contact = time_or_none(row.integer(kLastContact));
  out.interval_s = row.integer(kInterval);
  out.disabled = row.integer(kDisabled) != 0;
  out.approval = static_cast<Approval>(std::clamp<std::int64_t>(row.integer(kApproval), 0, 2));
  out.modules.total = row.integer(kTotal);
  out.modules.normal = row.integer(kNormal);
  out.modules.critical = row.integer(kCritical);
  out.modules.warning = row.integer(kWarning);
  out.modules.unknown = row.integer(kUnknown);
  out.modules.not_init = row.integer(kNotInit);
  out.worst = worst_of(row);
  out.demo = row.integer(kDemo) != 0;
}

/// The bound values of one filter; views into `filter` and itself, so it stays where it is.
class FilterParams {
 public:
  FilterParams(const identity::GroupScope& scope, const AgentFilter& filter)
      : scope_(scope_text(scope)), filter_(filter) {}

  [[nodiscard]] bool plain() const { return filter_.q.empty() && !filter_.approval; }

  [[nodiscard]] std::vector<db::Param> group_params() const {
    const std::string_view scope = scope_;
    const std::int64_t group = filter_.group ? filter_.group->value : 0;
    return {scope, scope, scope, group, group};
  }

  [[nodiscard]] std::vector<db::Param> filter_params() const {
    std::vector<db::Param> out = group_params();
    const std::int64_t approval = filter_.approval ? static_cast<int>(*filter_.approval) : -1;
    const std::string_view q = filter_.q;
    out.insert(out.end(), {approval, approval, q, q, q, q});
    return out;
  }

  [[nodiscard]] std::vector<db::Param> page_params() const {
    std::vector<db::Param> out = filter_params();
    for (int code = 0; code < kStatusCount; ++code) {
      const bool wanted =
          filter_.status.empty() ||
          std::ranges::find(filter_.status, static_cast<StatusCode>(code)) != filter_.status.end();
      constexpr std::int64_t kNoStatus = -1;
      out.emplace_back(wanted ? std::int64_t{code} : kNoStatus);
    }
    return out;
  }

 private:
  std::string scope_;
  const AgentFilter& filter_;
};

SortOrder order_of(const AgentFilter& filter) {
  return filter.order.value_or(filter.sort == AgentSort::kName ? SortOrder::kAsc
                                                               : SortOrder::kDesc);
}

std::string list_name(const AgentFilter& filter) {
  return "agents-" + std::string(to_string(filter.sort)) + "-" +
         std::string(to_string(order_of(filter)));
}

/// The keys of a cursor, typed; texts are kept here for the parameters that view them.
struct Position {
  std::int64_t number = 0;
  std::string folded;
  std::int64_t id = 0;
};

Result<Position> read_position(const AgentFilter& filter) {
  YAGURA_TRY(keys, decode_cursor(filter.cursor, list_name(filter), 3));
  YAGURA_TRY(number, cursor_number(keys[0]));
  YAGURA_TRY(id, cursor_number(keys[2]));
  return Position{number, std::move(keys[1]), id};
}

void append_position(const AgentFilter& filter, const Position& at, std::vector<db::Param>& out) {
  if (filter.sort != AgentSort::kName) out.emplace_back(at.number);
  if (filter.sort != AgentSort::kLastContact) out.emplace_back(std::string_view(at.folded));
  out.emplace_back(at.id);
}

std::string cursor_after(const AgentFilter& filter, const db::Row& row) {
  const std::int64_t number =
      filter.sort == AgentSort::kLastContact ? row.integer(kLastContact) : row.integer(kRank);
  return encode_cursor(list_name(filter), {std::to_string(number), row.text(kFolded),
                                           std::to_string(row.integer(kId))});
}

Status read_page(db::Connection& db, const AgentFilter& filter, const FilterParams& params,
                 AgentPage& page) {
  const PageSql& sql = kPages.at(static_cast<std::size_t>(filter.sort))
                           .at(static_cast<std::size_t>(order_of(filter)));
  std::vector<db::Param> bound = params.page_params();
  Position position;
  if (!filter.cursor.empty()) {
    YAGURA_TRY(read, read_position(filter));
    position = std::move(read);
    append_position(filter, position, bound);
  }
  bound.emplace_back(filter.limit + 1);  // one more tells whether there is a next page
  YAGURA_TRY(rows, db.query_span(filter.cursor.empty() ? sql.first : sql.next, bound));
  const auto limit = static_cast<std::size_t>(filter.limit);
  for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) {
    fill_summary(rows[i], page.items.emplace_back());
  }
  if (rows.size() > limit) page.next_cursor = cursor_after(filter, rows[limit - 1]);
  return {};
}

Status read_counts(db::Connection& db, const AgentFilter& filter, const FilterParams& params,
                   AgentPage& page) {
  YAGURA_TRY(rows, params.plain() ? db.query_span(kCountPlain, params.group_params())
                                  : db.query_span(kCountFiltered, params.filter_params()));
  const std::array<std::int64_t*, kStatusCount> targets = {
      &page.counts.normal, &page.counts.critical, &page.counts.warning, &page.counts.unknown,
      &page.counts.not_init};
  for (const db::Row& row : rows) {
    const StatusCode status = status_at(row, 0);
    *targets.at(static_cast<std::size_t>(status)) += row.integer(1);
    const bool wanted =
        filter.status.empty() || std::ranges::find(filter.status, status) != filter.status.end();
    if (wanted) page.total += row.integer(1);
  }
  return {};
}

Result<std::vector<std::string>> read_addresses(db::Connection& db, AgentId id) {
  YAGURA_TRY(rows, db.query("SELECT address FROM agent_address WHERE agent_id = ?"
                            " ORDER BY first_seen, address LIMIT 1000",
                            {id.value}));
  std::vector<std::string> out;
  for (const db::Row& row : rows)
    out.push_back(row.text(0));
  return out;
}

// Fields of type password are shown as not shown: reading one back is a right of its own.
Result<std::vector<CustomField>> read_custom_fields(db::Connection& db, AgentId id) {
  YAGURA_TRY(rows, db.query("SELECT f.name, CASE WHEN f.is_password = 1 THEN '' ELSE v.value END"
                            " FROM custom_field_value v JOIN custom_field f ON f.id = v.field_id"
                            " WHERE v.agent_id = ? ORDER BY f.name",
                            {id.value}));
  std::vector<CustomField> out;
  for (const db::Row& row : rows)
    out.push_back({row.text(0), row.text(1)});
  return out;
}

std::string_view level_word(std::int64_t level) {
  constexpr std::array<std::string_view, 5> kWords = {"local", "none", "tls", "certificate",
                                                      "mutual"};
  static_assert(static_cast<int>(tentacle::Level::kMutual) == 4);
  return level >= 0 && level < std::ssize(kWords) ? kWords.at(static_cast<std::size_t>(level)) : "";
}

std::string_view field_value(const AgentDetail& agent, std::string_view name) {
  for (const CustomField& field : agent.custom_fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

Result<Completeness> completeness_of(db::Connection& db, const AgentDetail& agent) {
  YAGURA_TRY(rows, db.query("SELECT COUNT(*) FROM inventory_current WHERE agent_id = ?",
                            {agent.id.value}));
  Completeness out;
  const AgentDocumentation facts{.description = agent.description,
                                 .address = agent.address,
                                 .in_default_group = false,
                                 .department = field_value(agent, "Department"),
                                 .responsible = field_value(agent, "Responsible"),
                                 .location = field_value(agent, "Location")};
  for (const std::string_view word : missing_documentation(facts))
    out.missing.emplace_back(word);
  if (agent.modules.total == 0) out.missing.emplace_back("modules");
  if (rows.front().integer(0) == 0) out.missing.emplace_back("inventory");
  if (agent.transport.level == "none") out.missing.emplace_back("encryption");
  return out;
}

}  // namespace

bool has_valid_cursor(const AgentFilter& filter) {
  return filter.cursor.empty() || read_position(filter).ok();
}

Result<AgentPage> list_agents(db::Connection& db, const identity::Actor& actor,
                              const AgentFilter& filter) {
  AgentPage page;
  const identity::GroupScope scope = actor.scope(identity::Bit::kAR);
  if (scope.empty()) return page;
  const FilterParams params(scope, filter);
  YAGURA_CHECK(read_page(db, filter, params, page));
  YAGURA_CHECK(read_counts(db, filter, params, page));
  return page;
}

Result<AgentDetail> find_agent(db::Connection& db, const identity::Actor& actor, AgentId id) {
  YAGURA_TRY(visible, may_on_agent(db, actor, identity::Bit::kAR, id));
  if (!visible) return not_found();
  YAGURA_TRY(rows, db.query(kOne, {id.value}));
  if (rows.empty()) return not_found();
  const db::Row& row = rows.front();
  AgentDetail out;
  fill_summary(row, out);
  out.description = row.text(kDescription);
  out.agent_version = row.text(kVersion);
  out.mode = static_cast<AgentMode>(std::clamp<std::int64_t>(row.integer(kMode), 0, 2));
  out.timezone_offset_h = row.real(kTimezone);
  out.quiet = row.integer(kQuiet) != 0;
  out.bound_fingerprint = row.text(kFingerprint);
  out.transport = {std::string(level_word(row.integer(kLevel))), row.text(kPeer)};
  out.created_at = time_or_none(row.integer(kCreated));
  out.first_contact = time_or_none(row.integer(kFirst));
  out.revision = std::to_string(row.integer(kRevision));
  YAGURA_TRY(addresses, read_addresses(db, id));
  YAGURA_TRY(fields, read_custom_fields(db, id));
  out.addresses = std::move(addresses);
  out.custom_fields = std::move(fields);
  YAGURA_TRY(completeness, completeness_of(db, out));
  out.completeness = std::move(completeness);
  return out;
}

Result<bool> may_on_agent(db::Connection& db, const identity::Actor& actor, identity::Bit bit,
                          AgentId id) {
  YAGURA_TRY(rows, db.query("SELECT group_id FROM agent WHERE id = ? UNION ALL"
                            " SELECT group_id FROM agent_secondary_group WHERE agent_id = ?",
                            {id.value, id.value}));
  return std::ranges::any_of(
      rows, [&](const db::Row& row) { return actor.may(bit, GroupId{row.integer(0)}); });
}

}  // namespace yagura::monitor
