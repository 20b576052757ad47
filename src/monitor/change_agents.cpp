#include "monitor/change_agents.h"

#include <utility>

#include "audit/record.h"
#include "monitor/query_util.h"

namespace yagura::monitor {
namespace {

// The rank orders the list (sql/0001_monitor.sql): disabled and unapproved agents come last. The
// data server keeps it with every status change, this keeps it when a person changes the rest.
constexpr std::string_view kUpdateRank =
    "UPDATE agent SET status_rank = CASE WHEN disabled <> 0 OR approval <> 1 THEN 5"
    " WHEN status = 1 THEN 0 WHEN status = 2 THEN 1 WHEN status = 3 THEN 2 WHEN status = 0 THEN 3"
    " ELSE 4 END WHERE id = ?";

std::string_view flag_word(bool flag) {
  return flag ? "1" : "0";
}

/// The record of one act, filled while the new values are chosen.
class ChangeList {
 public:
  ChangeList(const identity::Actor& actor, const AgentDetail& agent, std::string_view action,
             Micros now) {
    record_.at = now;
    record_.source = actor.source();
    record_.category = audit::Category::kAgent;
    record_.action = action;
    record_.object_type = "agent";
    record_.object_id = std::to_string(agent.id.value);
    record_.object_name = agent.name;
  }
  void note(std::string_view field, std::string_view before, std::string_view after) {
    if (before == after) return;
    record_.changes.push_back({std::string(field), std::string(before), std::string(after)});
  }
  [[nodiscard]] bool empty() const { return record_.changes.empty(); }
  [[nodiscard]] const audit::Record& record() const { return record_; }

 private:
  audit::Record record_;
};

Status need(db::Connection& db, const identity::Actor& actor, identity::Bit bit, AgentId id) {
  YAGURA_TRY(allowed, may_on_agent(db, actor, bit, id));
  if (allowed) return {};
  return Error{ErrorCode::kDenied,
               "needs " + std::string(identity::to_string(bit)) + " in a group of the agent"};
}

Status check_rights(db::Connection& db, const identity::Actor& actor, AgentId id,
                    const AgentPatch& patch) {
  const bool only_disabled =
      !patch.alias && !patch.description && !patch.group_id && !patch.quiet && !patch.mode;
  YAGURA_CHECK(need(db, actor, only_disabled ? identity::Bit::kAD : identity::Bit::kAW, id));
  if (!patch.group_id) return {};
  YAGURA_TRY(rows,
             db.query("SELECT COUNT(*) FROM agent_group WHERE id = ?", {patch.group_id->value}));
  // A group that is not there and one where nothing may be done are one answer.
  if (rows.front().integer(0) == 0 || !actor.may(identity::Bit::kAW, *patch.group_id)) {
    return Error{ErrorCode::kDenied, "needs AW in the new group"};
  }
  return {};
}

/// Every data server that holds the agent in memory reads it anew: `version` is what they compare.
/// First in each transaction, because data servers lock this row first too.
Status bump_version(db::Connection& db, AgentId id) {
  YAGURA_CHECK(
      db.execute("UPDATE agent_state SET version = version + 1 WHERE agent_id = ?", {id.value}));
  return {};
}

Status store(db::Connection& tx, const AgentDetail& before, const AgentPatch& patch, Micros now,
             const ChangeList& changes) {
  const std::string& alias = patch.alias ? *patch.alias : before.alias;
  const std::string& description = patch.description ? *patch.description : before.description;
  const std::int64_t group = patch.group_id.value_or(before.group.id).value;
  const bool disabled = patch.disabled.value_or(before.disabled);
  const auto mode = static_cast<std::int64_t>(patch.mode.value_or(before.mode));
  YAGURA_CHECK(bump_version(tx, before.id));
  YAGURA_CHECK(
      tx.execute("UPDATE agent SET alias = ?, description = ?, group_id = ?, quiet = ?, mode = ?,"
                 " disabled_at = CASE WHEN ? = disabled THEN disabled_at ELSE ? END, disabled = ?,"
                 " revision = revision + 1, updated_at = ? WHERE id = ?",
                 {alias, description, group, std::int64_t{patch.quiet.value_or(before.quiet)}, mode,
                  std::int64_t{disabled}, disabled ? now : Micros{0}, std::int64_t{disabled}, now,
                  before.id.value}));
  YAGURA_CHECK(tx.execute(kUpdateRank, {before.id.value}));
  return audit::append(tx, changes.record());
}

void note_changes(const AgentDetail& before, const AgentPatch& patch, ChangeList& changes) {
  if (patch.alias) changes.note("alias", before.alias, *patch.alias);
  if (patch.description) changes.note("description", before.description, *patch.description);
  if (patch.group_id) {
    changes.note("group_id", std::to_string(before.group.id.value),
                 std::to_string(patch.group_id->value));
  }
  if (patch.disabled) {
    changes.note("disabled", flag_word(before.disabled), flag_word(*patch.disabled));
  }
  if (patch.quiet) changes.note("quiet", flag_word(before.quiet), flag_word(*patch.quiet));
  if (patch.mode) changes.note("mode", to_string(before.mode), to_string(*patch.mode));
}

}  // namespace

Result<AgentDetail> change_agent(db::Connection& db, const identity::Actor& actor, AgentId id,
                                 const AgentPatch& patch, const std::string& revision, Micros now) {
  AgentDetail after;
  const Status done = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_TRY(before, find_agent(tx, actor, id));
    YAGURA_CHECK(check_rights(tx, actor, id, patch));
    if (before.revision != revision) {
      return Error{ErrorCode::kConflict, "the agent was changed in the meantime"};
    }
    ChangeList changes(actor, before, "agent.update", now);
    note_changes(before, patch, changes);
    if (!changes.empty()) YAGURA_CHECK(store(tx, before, patch, now, changes));
    YAGURA_TRY(stored, find_agent(tx, actor, id));
    after = std::move(stored);
    return {};
  });
  if (!done.ok()) return done.error();
  return after;
}

Result<AgentDetail> decide_agent(db::Connection& db, const identity::Actor& actor, AgentId id,
                                 Approval decision, Micros now) {
  AgentDetail after;
  const Status done = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_TRY(before, find_agent(tx, actor, id));
    YAGURA_CHECK(need(tx, actor, identity::Bit::kAW, id));
    const bool approved = decision == Approval::kApproved;
    ChangeList changes(actor, before, approved ? "agent.approve" : "agent.reject", now);
    changes.note("approval", to_string(before.approval), to_string(decision));
    if (!changes.empty()) {
      changes.note("disabled", flag_word(before.disabled), flag_word(!approved));
      YAGURA_CHECK(bump_version(tx, id));
      YAGURA_CHECK(
          tx.execute("UPDATE agent SET approval = ?, disabled = ?, disabled_at = ?,"
                     " revision = revision + 1, updated_at = ? WHERE id = ?",
                     {std::int64_t{static_cast<int>(decision)}, std::int64_t{!approved},
                      approved ? Micros{0} : now, now, id.value}));
      YAGURA_CHECK(tx.execute(kUpdateRank, {id.value}));
      YAGURA_CHECK(audit::append(tx, changes.record()));
    }
    YAGURA_TRY(stored, find_agent(tx, actor, id));
    after = std::move(stored);
    return {};
  });
  if (!done.ok()) return done.error();
  return after;
}

}  // namespace yagura::monitor
