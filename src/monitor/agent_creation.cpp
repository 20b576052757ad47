#include "monitor/agent_creation.h"

#include "monitor/agent_store.h"
#include "text/utf8.h"

namespace yagura::monitor {
namespace {

constexpr std::size_t kMaxToldName = 200;

bool in_nets(const text::NetworkList& nets, const Provenance& from) {
  if (nets.empty() || from.level == tentacle::Level::kLocal) return true;
  const auto address = text::IpAddress::parse(from.peer);
  return address.ok() && nets.contains(*address);
}

}  // namespace

Status AgentCreation::reserve(std::size_t names) {
  YAGURA_TRY(first, take_agent_ids(db_, static_cast<std::int64_t>(names)));
  next_id_ = first;
  return {};
}

Result<CreationFacts> AgentCreation::facts_for(const report::AgentReport& report,
                                               const Provenance& from) {
  CreationFacts facts;
  facts.peer_in_allowed_nets = in_nets(policy_.allowed_nets, from);
  facts.name_matches =
      !policy_.name_expression || policy_.name_expression->found_in(report.agent_name);
  facts.certificate_names_agent = from.level >= tentacle::Level::kCertificate &&
                                  !from.fingerprint.empty() && from.subject == report.agent_name;
  if (policy_.creation.mode == AutoCreate::kNever) return facts;
  if (!created_last_hour_) {
    YAGURA_TRY(rows, db_.query("SELECT COUNT(*) FROM agent WHERE created_at > ?", {now_ - kHour}));
    created_last_hour_ = static_cast<std::uint32_t>(rows.front().integer(0));
  }
  const auto [peer, unknown] = created_by_peer_.try_emplace(from.peer, 0);
  if (unknown) {
    YAGURA_TRY(rows, db_.query("SELECT COUNT(*) FROM agent WHERE created_at > ? AND created_peer=?",
                               {now_ - kHour, std::string_view(from.peer)}));
    peer->second = static_cast<std::uint32_t>(rows.front().integer(0));
  }
  facts.created_last_hour = *created_last_hour_;
  facts.created_last_hour_by_peer = peer->second;
  return facts;
}

Result<bool> AgentCreation::has_room(const Group& group) {
  if (group.max_agents <= 0) return true;
  const auto [members, unknown] = members_.try_emplace(group.id.value, 0);
  if (unknown) {
    YAGURA_TRY(rows, db_.query("SELECT COUNT(*) FROM agent WHERE group_id = ?", {group.id.value}));
    members->second = rows.front().integer(0);
  }
  return members->second < group.max_agents;
}

GroupAnswer AgentCreation::ask(const Group* group, const report::AgentReport& report,
                               const Provenance& from) {
  if (group == nullptr) return GroupAnswer::kMissing;
  const PasswordVerdict verdict = judge_password(
      policy_.password_check, true, !group->password_hash.empty(), report.group_password,
      [&](const std::string& sent) { return passwords_.verify(*group, sent, from.peer, now_); });
  return passes(verdict) ? GroupAnswer::kAccepts : GroupAnswer::kPassword;
}

Result<GroupChoice> AgentCreation::choose(const report::AgentReport& report,
                                          const Provenance& from) {
  std::optional<Error> failed;
  const auto answer = [&](const Group* group) {
    const GroupAnswer first = ask(group, report, from);
    if (first != GroupAnswer::kAccepts) return first;
    const auto room = has_room(*group);
    if (!room.ok()) failed = room.error();
    return room.ok() && *room ? GroupAnswer::kAccepts : GroupAnswer::kFull;
  };
  GroupChoicePolicy policy;
  policy.default_first = policy_.default_group_first;
  if (policy_.default_group) {
    if (const Group* group = reference_.group(*policy_.default_group)) {
      policy.default_group = group->id;
    }
  }
  const GroupChoice choice = choose_group(
      report.group, policy,
      [&](std::string_view name) {
        const Group* group = reference_.group(name);
        return GroupCandidate{group == nullptr ? GroupId{} : group->id, answer(group)};
      },
      [&](GroupId id) { return answer(reference_.group(id)); });
  if (failed) return *failed;
  return choice;
}

Rejection AgentCreation::refuse(CreationRefusal why, const report::AgentReport& report,
                                const Provenance& from) {
  const std::string name(text::truncate_utf8(report.agent_name, kMaxToldName));
  const std::string_view reason = to_string(why);
  // A flood of invented names makes one event per peer and reason, not one per name; what concerns
  // a single name (never, no group, its password) is told per name.
  const bool about_flood = why == CreationRefusal::kPeerRate ||
                           why == CreationRefusal::kTotalRate ||
                           why == CreationRefusal::kPeerNotAllowed;
  const std::string key = std::string(reason) + '\n' + (about_flood ? from.peer : name);
  if (limits_.refused.allow(key, now_)) {
    rows_.put(agent_refused_event(name, reason, from.peer, now_));
  }
  return {std::string(reason),
          {{"agent", name}, {"peer", from.peer}},
          "agent '" + name + "' was not created: " + std::string(reason)};
}

void AgentCreation::put_rows(const CachedAgent& agent, const report::AgentReport& report,
                             const Provenance& from) {
  rows_.new_agents.push_back({agent.id, agent.fields, policy_.server_name, agent.bound_fingerprint,
                              agent.transport_level, from.peer, now_});
  const EventSubject subject{agent.id, {}, agent.fields.group, agent.fields.alias};
  rows_.put(agent.fields.approval == Approval::kPending
                ? pending_agent_event(subject, from.peer, now_)
                : new_agent_event(subject, policy_.server_name, now_));
  for (const std::string& name : report.secondary_groups) {
    const Group* group = reference_.group(name);
    if (group == nullptr || group->id == agent.fields.group) continue;
    if (ask(group, report, from) != GroupAnswer::kAccepts) continue;
    rows_.secondary_groups.push_back({agent.id, group->id});
  }
}

Result<AgentCreation::Answer> AgentCreation::create(const report::AgentReport& report,
                                                    const Provenance& from, AgentId parent) {
  YAGURA_TRY(facts, facts_for(report, from));
  const CreationDecision decision = decide_creation(policy_.creation, facts, report.agent_name);
  if (!decision.create()) return Answer(refuse(decision.refusal, report, from));
  YAGURA_TRY(choice, choose(report, from));
  if (!choice.group) return Answer(refuse(choice.refusal, report, from));

  auto agent = std::make_unique<CachedAgent>();
  agent->id = AgentId{next_id_++};
  agent->version = 1;
  agent->fields = new_agent(report, *choice.group, parent, decision.approval);
  const Group* group = reference_.group(*choice.group);
  if (!report.agent_mode && group->default_mode) agent->fields.mode = *group->default_mode;
  agent->rank = status_rank(StatusCode::kNotInit, agent->fields.disabled, agent->fields.approval);
  agent->transport_level = static_cast<int>(from.level);
  agent->transport_peer = from.peer;
  if (judge_binding(policy_.binding, from.level, "", from.fingerprint).bind) {
    agent->bound_fingerprint = from.fingerprint;
  }
  put_rows(*agent, report, from);
  ++*created_last_hour_;
  ++created_by_peer_[from.peer];
  if (const auto members = members_.find(choice.group->value); members != members_.end()) {
    ++members->second;
  }
  return Answer(std::move(agent));
}

}  // namespace yagura::monitor
