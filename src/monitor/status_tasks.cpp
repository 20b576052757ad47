#include "monitor/status_tasks.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/log.h"
#include "monitor/agent_status.h"
#include "monitor/agent_store.h"
#include "monitor/unknown.h"
#include "report/sample_codec.h"

namespace yagura::monitor {
namespace {

constexpr std::string_view kMasterLease = "master";
/// An agent that the rules left as it is, though it was due, is looked at again after this.
constexpr Micros kLookAgain = 30 * kSecond;

}  // namespace

Event system_event(std::string code, Severity severity, EventParams params, std::string text,
                   Micros at) {
  Event event;
  event.at = at;
  event.type = EventType::kSystem;
  event.severity = severity;
  event.code = std::move(code);
  event.params = std::move(params);
  event.text = std::move(text);
  return event;
}

Status Mastership::update(db::Connection& db, Micros now) {
  if (priority_ <= 0) return {};
  YAGURA_TRY(rows,
             db.query("SELECT name FROM server WHERE type = 'data' AND status = 1 "
                      "AND master_priority > 0 AND last_keepalive > ? - keepalive_s * 2000000 "
                      "ORDER BY master_priority DESC, name LIMIT 1",
                      {now}));
  if (!rows.empty() && rows.front().text(0) != name_) {
    if (lease_) {
      log::info("master-resigned", {{"to", rows.front().text(0)}});
      resign(db);
    }
    return {};
  }
  const bool was = lease_.has_value();
  YAGURA_TRY(lease, db::acquire_lease(db, kMasterLease, holder_, now));
  lease_ = std::move(lease);
  if (lease_.has_value() != was) {
    log::info(was ? "master-lost" : "master-taken", {{"server", name_}});
  }
  return {};
}

void Mastership::resign(db::Connection& db) {
  if (!lease_) return;
  if (const Status done = db::release_lease(db, *lease_); !done.ok()) {
    log::warning("lease-not-released", {{"reason", done.error()}});
  }
  lease_.reset();
}

void StatusTasks::sweep_agent(OpenAgent& open, Micros now, WriteSet& rows, Pass& pass) const {
  CachedAgent& agent = *open.agent;
  const SilenceContext context{.agent_interval_s = agent.fields.interval_s,
                               .agent_disabled = agent.fields.disabled,
                               .agent_ignores_unknown = agent.fields.ignore_unknown};
  EventGate gate = policy_.events;
  gate.agent_quiet = agent.fields.quiet;
  ++agent.version;
  report::SampleEncoder body;
  Micros down_at = 0;
  for (std::size_t i = 0; i < open.states.size(); ++i) {
    const CachedModule& module = agent.modules[i];
    ModuleState& state = open.states[i];
    const SweepOutcome outcome =
        ::yagura::monitor::sweep(module.config, state, context, policy_.silence, now);
    if (outcome.keep_alive_down && module.config.history) {
      down_at = *outcome.keep_alive_down;
      body.add(module.slot, 0);
    }
    if (!outcome.change) continue;
    const ModuleId id = module_id(agent.id, module.slot);
    rows.put(ModuleStatusRow{id, state.status, state.status_since});
    if (raises_event(*outcome.change, module.config, gate)) {
      rows.put(status_event(*outcome.change, module.config, state,
                            {agent.id, id, agent.fields.group, agent.fields.alias}, now, gate));
    }
  }
  if (body.count() > 0) rows.reports.push_back({agent.id, down_at, agent.version, body.take()});

  const StatusCode before = agent.status;
  refresh_status(open, now, rows);
  if (agent.status == StatusCode::kUnknown && before != StatusCode::kUnknown) ++pass.unknown;
  if (!agent.fields.disabled && should_autodisable(agent.fields.mode, agent.counts, agent.status)) {
    agent.fields.disabled = true;
    ++pass.disabled;
    refresh_status(open, now, rows);
    rows.put(autodisabled_event({agent.id, {}, agent.fields.group, agent.fields.alias}, now));
    rows.agent_headers.push_back({agent.id, agent.fields, agent.bound_fingerprint, 0,
                                  agent.transport_level, agent.transport_peer, now, true});
    rows.autodisabled.push_back(agent.id);
  }
  pack_states(open);
  Micros next = next_check(open, policy_);
  if (next <= now) next = now + kLookAgain;
  rows.put(StateRow{agent.id, agent.version, agent.last_contact, agent.last_remote_contact, next,
                    agent.last_digest, agent.latest, false});
}

Status StatusTasks::sweep_some(db::Connection& db, std::span<const AgentId> ids, Micros now,
                               Pass& pass) {
  WriteSet rows;
  YAGURA_TRY(versions, lock_agents(db, ids));
  std::vector<std::unique_ptr<CachedAgent>> agents;
  for (const AgentId id : ids) {
    if (!versions.contains(id.value)) continue;
    YAGURA_TRY(agent, load_agent(db, id));
    if (!agent) continue;
    OpenAgent open = open_agent(*agent);
    sweep_agent(open, now, rows, pass);
    agents.push_back(std::move(agent));
    ++pass.agents;
  }
  return rows.flush(db, series_, now);
}

Result<StatusTasks::Pass> StatusTasks::sweep(db::Connection& db, const db::Lease& lease, Micros now,
                                             Micros warm_up_until) {
  Pass pass;
  if (now < warm_up_until) return pass;
  for (int round = 0; round < kMaxRounds; ++round) {
    YAGURA_TRY(due, due_agents(db, now, kAgentsAtOnce));
    if (due.empty()) break;
    Pass part;
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      part = {};
      YAGURA_CHECK(db::guard(t, lease));
      return sweep_some(t, due, now, part);
    });
    if (!done.ok()) return done.error();
    pass.agents += part.agents;
    pass.unknown += part.unknown;
    pass.disabled += part.disabled;
  }
  if (pass.unknown >= kMassUnknownLeast) {
    YAGURA_TRY(rows, db.query("SELECT COUNT(*) FROM agent WHERE disabled = 0", {}));
    const std::int64_t all = rows.front().integer(0);
    if (static_cast<double>(pass.unknown) > kMassUnknownShare * static_cast<double>(all) &&
        mass_unknown_.allow("", now)) {
      WriteSet notice;
      notice.put(
          system_event("mass-unknown", Severity::kCritical,
                       {{"agents", std::to_string(pass.unknown)}, {"total", std::to_string(all)}},
                       std::to_string(pass.unknown) + " of " + std::to_string(all) +
                           " agents became unknown at once: possible outage on the "
                           "server's side",
                       now));
      YAGURA_CHECK(notice.flush(db, series_, now));
    }
  }
  return pass;
}

Status StatusTasks::mark_silent_servers(db::Connection& db, const db::Lease& lease, Micros now) {
  // Satellites report over their transport, so they get a period more.
  constexpr std::string_view kSilent =
      "SELECT name FROM server WHERE status = 1 AND last_keepalive < ? - keepalive_s * "
      "CASE WHEN type = 'satellite' THEN 3000000 ELSE 2000000 END";
  YAGURA_TRY(silent, db.query(kSilent, {now}));
  if (silent.empty()) return {};
  return db::transaction(db, [&](db::Connection& t) -> Status {
    YAGURA_CHECK(db::guard(t, lease));
    WriteSet rows;
    for (const db::Row& row : silent) {
      const std::string& name = row.text(0);
      YAGURA_TRY(marked,
                 t.execute("UPDATE server SET status = -1, is_master = 0 WHERE name = ? AND "
                           "status = 1",
                           {std::string_view(name)}));
      if (marked.affected == 0) continue;
      rows.put(system_event("server-down", Severity::kCritical, {{"server", name}},
                            "Server '" + name + "' is down", now));
    }
    return rows.flush(t, series_, now);
  });
}

}  // namespace yagura::monitor
