#include "monitor/query_events.h"

#include <algorithm>
#include <array>
#include <utility>

#include "audit/record.h"
#include "monitor/query_util.h"

namespace yagura::monitor {
namespace {

#define EVENT_COLUMNS                                                                            \
  "SELECT e.id, e.at, e.type, e.severity, e.status, e.code, e.params, e.text, e.agent_id,"       \
  " COALESCE(a.alias, ''), e.module_id, COALESCE(m.name, ''), e.group_id, COALESCE(g.name, '')," \
  " e.acknowledged_by, e.acknowledged_at, e.owner, e.tags"
#define EVENT_FROM                                       \
  " FROM event e LEFT JOIN agent a ON a.id = e.agent_id" \
  " LEFT JOIN module m ON m.id = e.module_id LEFT JOIN agent_group g ON g.id = e.group_id"
#define EVENT_FILTER                                                               \
  " (? = '' OR INSTR(?, ',' || e.group_id || ',') > 0) AND e.at >= ? AND e.at < ?" \
  " AND e.severity IN (?, ?, ?, ?, ?, ?, ?) AND e.status IN (?, ?, ?)"             \
  " AND (? = '' OR INSTR(?, ',' || e.type || ',') > 0)"                            \
  " AND (? = '' OR INSTR(LOWER(e.text), LOWER(?)) > 0 OR INSTR(a.alias_folded, LOWER(?)) > 0)"
#define EVENT_ORDER " AND (e.at, e.id) < (?, ?) ORDER BY e.at DESC, e.id DESC LIMIT ?"

// One statement for each index that can carry the order: by time, of an agent, of a module.
struct ListSql {
  std::string_view page;
  std::string_view count;
};
#define LIST_SQL(where)                                                                   \
  ListSql{EVENT_COLUMNS EVENT_FROM " WHERE " where EVENT_FILTER EVENT_ORDER,              \
          "SELECT COUNT(*) FROM (SELECT 1 AS one" EVENT_FROM " WHERE " where EVENT_FILTER \
          " LIMIT ?) counted"}
constexpr ListSql kAll = LIST_SQL("");
constexpr ListSql kOfAgent = LIST_SQL("e.agent_id = ? AND");
constexpr ListSql kOfModule = LIST_SQL("e.agent_id = ? AND e.module_id = ? AND");
constexpr std::string_view kOne = EVENT_COLUMNS EVENT_FROM " WHERE e.id = ?";

constexpr std::string_view kListName = "events";
constexpr Micros kEndOfTime = 253'402'300'800 * kSecond;
constexpr std::int64_t kSlotsPerAgent = 65'536;

enum Column : std::size_t {
  kId,
  kAt,
  kType,
  kSeverity,
  kStatus,
  kCode,
  kParams,
  kText,
  kAgentId,
  kAgentAlias,
  kModuleId,
  kModuleName,
  kGroupId,
  kGroupName,
  kAckBy,
  kAckAt,
  kOwner,
  kTags,
};

std::vector<std::string> split_tags(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

EventView view_of(const db::Row& row) {
  EventView out{.id = EventId{row.integer(kId)},
                .at = row.integer(kAt),
                .type = event_type_from_word(row.text(kType)).value_or(EventType::kSystem),
                .severity = severity_from_code(static_cast<int>(row.integer(kSeverity)))
                                .value_or(Severity::kInformational),
                .status = event_status_from_code(static_cast<int>(row.integer(kStatus)))
                              .value_or(EventStatus::kNew),
                .code = row.text(kCode),
                .params = read_params(row.text(kParams)),
                .text = row.text(kText),
                .agent = std::nullopt,
                .module = std::nullopt,
                .group = std::nullopt,
                .acknowledged_by = row.text(kAckBy),
                .acknowledged_at = time_or_none(row.integer(kAckAt)),
                .owner = row.text(kOwner),
                .tags = split_tags(row.text(kTags))};
  if (row.integer(kAgentId) != 0) {
    out.agent = AgentRef{AgentId{row.integer(kAgentId)}, row.text(kAgentAlias)};
  }
  if (row.integer(kModuleId) != 0) {
    out.module = ModuleRef{ModuleId{row.integer(kModuleId)}, row.text(kModuleName)};
  }
  if (row.integer(kGroupId) != 0) {
    out.group = GroupRef{GroupId{row.integer(kGroupId)}, row.text(kGroupName)};
  }
  return out;
}

/// The bound values of a filter; texts live here.
class FilterParams {
 public:
  FilterParams(const identity::GroupScope& scope, const EventFilter& filter)
      : scope_(scope_text(scope)), filter_(filter) {
    for (const EventType type : filter.type) {
      types_ += types_.empty() ? "," : "";
      types_.append(to_string(type)).append(",");
    }
  }

  [[nodiscard]] const ListSql& sql() const {
    if (filter_.module) return kOfModule;
    return filter_.agent ? kOfAgent : kAll;
  }

  [[nodiscard]] std::vector<db::Param> params() const {
    std::vector<db::Param> out;
    if (filter_.module) {
      const std::int64_t owner = filter_.module->value / kSlotsPerAgent;
      // A module of another agent than the one asked for: no event can match.
      const bool same = !filter_.agent || filter_.agent->value == owner;
      out = {same ? owner : std::int64_t{-1}, filter_.module->value};
    } else if (filter_.agent) {
      out = {filter_.agent->value};
    }
    const std::string_view scope = scope_;
    const std::string_view types = types_;
    const std::string_view q = filter_.q;
    out.insert(out.end(), {scope, scope, bound(filter_.from, 0), bound(filter_.to, kEndOfTime)});
    constexpr int kSeverities = 7;
    for (int code = 0; code < kSeverities; ++code) {
      out.emplace_back(wanted(filter_.severity, static_cast<Severity>(code), code));
    }
    constexpr int kStatuses = 3;
    for (int code = 0; code < kStatuses; ++code) {
      out.emplace_back(wanted(filter_.status, static_cast<EventStatus>(code), code));
    }
    out.insert(out.end(), {types, types, q, q, q});
    return out;
  }

 private:
  static std::int64_t bound(const std::optional<std::int64_t>& seconds, Micros otherwise) {
    if (!seconds) return otherwise;
    return std::min(*seconds, kEndOfTime / kSecond) * kSecond;
  }
  template <typename E>
  static std::int64_t wanted(const std::vector<E>& list, E value, int code) {
    const bool any = list.empty() || std::ranges::find(list, value) != list.end();
    return any ? code : -1;
  }

  std::string scope_;
  std::string types_;
  const EventFilter& filter_;
};

/// Where a page begins: below this time and id.
struct Position {
  Micros at = kEndOfTime;
  std::int64_t id = 0;
};

Result<Position> read_position(const EventFilter& filter) {
  if (filter.cursor.empty()) return Position{};
  YAGURA_TRY(keys, decode_cursor(filter.cursor, kListName, 2));
  YAGURA_TRY(at, cursor_number(keys[0]));
  YAGURA_TRY(id, cursor_number(keys[1]));
  return Position{at, id};
}

Result<EventView> load_event(db::Connection& db, const identity::Actor& actor, EventId id) {
  YAGURA_TRY(rows, db.query(kOne, {id.value}));
  if (rows.empty()) return not_found();
  const GroupId group{rows.front().integer(kGroupId)};
  if (!actor.may(identity::Bit::kER, group)) return not_found();
  return view_of(rows.front());
}

Status store_validation(db::Connection& tx, const identity::Actor& actor, const EventView& event,
                        const std::string& comment, Micros now) {
  const std::string& who = actor.source().user;
  YAGURA_CHECK(tx.execute(
      "UPDATE event SET status = ?, acknowledged_by = ?, acknowledged_at = ?"
      " WHERE id = ?",
      {std::int64_t{static_cast<int>(EventStatus::kValidated)}, who, now, event.id.value}));
  if (!comment.empty()) {
    YAGURA_CHECK(
        tx.execute("INSERT INTO event_comment (event_id, at, user_name, comment)"
                   " VALUES (?, ?, ?, ?)",
                   {event.id.value, now, who, comment}));
  }
  audit::Record record{.at = now,
                       .source = actor.source(),
                       .category = audit::Category::kEvent,
                       .action = "event.validate",
                       .object_type = "event",
                       .object_id = std::to_string(event.id.value),
                       .object_name = event.text,
                       .changes = {{"status", std::string(to_string(event.status)),
                                    std::string(to_string(EventStatus::kValidated))}}};
  if (!comment.empty()) record.changes.push_back({"comment", "", comment});
  return audit::append(tx, record);
}

}  // namespace

bool has_valid_cursor(const EventFilter& filter) {
  return read_position(filter).ok();
}

Result<EventPage> list_events(db::Connection& db, const identity::Actor& actor,
                              const EventFilter& filter) {
  EventPage page;
  const identity::GroupScope scope = actor.scope(identity::Bit::kER);
  if (scope.empty()) return page;
  const FilterParams filter_params(scope, filter);
  std::vector<db::Param> params = filter_params.params();
  std::vector<db::Param> count_params = params;
  YAGURA_TRY(position, read_position(filter));
  params.insert(params.end(), {position.at, position.id, filter.limit + 1});
  YAGURA_TRY(rows, db.query_span(filter_params.sql().page, params));
  const auto limit = static_cast<std::size_t>(filter.limit);
  for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) {
    page.items.push_back(view_of(rows[i]));
  }
  if (rows.size() > limit) {
    const db::Row& last = rows[limit - 1];
    page.next_cursor = encode_cursor(
        kListName, {std::to_string(last.integer(kAt)), std::to_string(last.integer(kId))});
  }
  count_params.emplace_back(kMaxEventTotal);
  YAGURA_TRY(counted, db.query_span(filter_params.sql().count, count_params));
  page.total = counted.front().integer(0);
  return page;
}

Result<EventView> validate_event(db::Connection& db, const identity::Actor& actor, EventId id,
                                 const std::string& comment, Micros now) {
  EventView after;
  const Status done = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_TRY(event, load_event(tx, actor, id));
    const GroupId group = event.group ? event.group->id : GroupId{0};
    if (!actor.may(identity::Bit::kEW, group)) {
      return Error{ErrorCode::kDenied, "validating events of this group needs EW"};
    }
    if (event.status != EventStatus::kValidated) {
      YAGURA_CHECK(store_validation(tx, actor, event, comment, now));
    }
    YAGURA_TRY(stored, load_event(tx, actor, id));
    after = std::move(stored);
    return {};
  });
  if (!done.ok()) return done.error();
  return after;
}

}  // namespace yagura::monitor
