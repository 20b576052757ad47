#include "monitor/report_applier.h"

#include <algorithm>
#include <limits>

#include "base/log.h"
#include "monitor/agent_status.h"
#include "monitor/fingerprint.h"
#include "monitor/state_codec.h"
#include "monitor/unknown.h"
#include "report/sample_codec.h"

namespace yagura::monitor {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
/// "Not until it reports": beyond every clock.
constexpr Micros kFarFuture = std::numeric_limits<Micros>::max();

SilenceContext silence_context(const CachedAgent& agent) {
  return {.agent_interval_s = agent.fields.interval_s,
          .agent_disabled = agent.fields.disabled,
          .agent_ignores_unknown = agent.fields.ignore_unknown};
}

bool is_keep_alive(const CachedModule& module) {
  return module.config.type == ModuleType::kKeepAlive;
}

}  // namespace

OpenAgent open_agent(CachedAgent& agent) {
  OpenAgent open;
  open.agent = &agent;
  open.states.resize(agent.modules.size());
  std::vector<bool> found(agent.modules.size());
  if (!agent.latest.empty()) {
    auto decoded = decode_states(agent.latest);
    if (!decoded.ok()) {
      log::error("agent-state-damaged",
                 {{"agent", agent.fields.name}, {"reason", decoded.error()}});
    } else {
      std::size_t index = 0;
      for (SlotState& slot : *decoded) {
        while (index < agent.modules.size() && agent.modules[index].slot < slot.slot)
          ++index;
        if (index == agent.modules.size()) break;
        if (agent.modules[index].slot != slot.slot) continue;  // a module deleted since
        open.states[index] = std::move(slot.state);
        found[index] = true;
      }
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) open.states[i] = initial_state(agent.modules[i].config.type);
  }
  return open;
}

void pack_states(OpenAgent& open) {
  std::vector<SlotView> views;
  views.reserve(open.states.size());
  for (std::size_t i = 0; i < open.states.size(); ++i) {
    views.push_back({open.agent->modules[i].slot, &open.states[i]});
  }
  open.agent->latest.clear();
  encode_states(views, open.agent->latest);
  open.agent->latest.shrink_to_fit();
}

Micros next_check(const OpenAgent& open, const IngestPolicy& policy) {
  const CachedAgent& agent = *open.agent;
  Micros earliest = kFarFuture;
  if (agent.fields.disabled || agent.fields.approval != Approval::kApproved) return earliest;
  const SilenceContext context = silence_context(agent);
  for (std::size_t i = 0; i < open.states.size(); ++i) {
    const auto due =
        next_deadline(agent.modules[i].config, open.states[i], context, policy.silence);
    if (due) earliest = std::min(earliest, *due);
  }
  if (agent.status != StatusCode::kUnknown && agent.counts.synchronous > 0) {
    earliest = std::min(earliest, silence_deadline(agent.last_contact, agent.fields.interval_s));
  }
  return earliest;
}

void refresh_status(OpenAgent& open, Micros now, WriteSet& rows) {
  CachedAgent& agent = *open.agent;
  ModuleCounts counts;
  std::size_t worst = kNone;
  for (std::size_t i = 0; i < open.states.size(); ++i) {
    const ModuleConfig& config = agent.modules[i].config;
    if (config.disabled) continue;
    const ModuleState& state = open.states[i];
    counts.add(config, state.status);
    if (badness(state.status) <= badness(StatusCode::kNormal)) continue;
    if (worst == kNone || badness(state.status) > badness(open.states[worst].status) ||
        (state.status == open.states[worst].status &&
         state.status_since < open.states[worst].status_since)) {
      worst = i;
    }
  }
  const StatusCode status = agent_status(counts, agent.last_contact, agent.fields.interval_s, now);
  const ModuleId worst_id =
      worst == kNone ? ModuleId{} : module_id(agent.id, agent.modules[worst].slot);
  const int rank = status_rank(status, agent.fields.disabled, agent.fields.approval);
  const bool changed = status != agent.status || rank != agent.rank || worst_id != agent.worst ||
                       !std::equal(std::begin(counts.by_status), std::end(counts.by_status),
                                   std::begin(agent.counts.by_status));
  if (status != agent.status || agent.status_since == 0) agent.status_since = now;
  agent.status = status;
  agent.rank = rank;
  agent.counts = counts;
  agent.worst = worst_id;
  if (changed)
    rows.put(AgentStatusRow{agent.id, status, rank, agent.status_since, counts, worst_id});
}

bool ReportApplier::is_duplicate(const CachedAgent& agent, const report::AgentReport& report,
                                 const Provenance& from) {
  return from.digest != 0 && agent.last_digest == from.digest &&
         agent.last_remote_contact == report.time;
}

EventSubject ReportApplier::subject(const OpenAgent& open, ModuleId module) const {
  return {open.agent->id, module, open.agent->fields.group, open.agent->fields.alias};
}

void ReportApplier::apply(OpenAgent& open, const report::AgentReport& report,
                          const Provenance& from, AgentId parent) {
  CachedAgent& agent = *open.agent;
  const LearnRights rights = rights_of(agent.fields.mode, open.creating);
  apply_header(open, report, from, parent);

  packed_.clear();
  by_name_.clear();
  by_name_filled_ = false;
  agent.modules.reserve(agent.modules.size() + (rights.create_modules ? report.modules.size() : 0));
  agent.places.resize(report.modules.size(), 0);
  agent.places.shrink_to_fit();
  for (std::size_t place = 0; place < report.modules.size(); ++place) {
    apply_module(open, report.modules[place], place, report, from, rights);
  }
  keep_alive(open, from.received);
  if (open.creating) {
    agent.modules.shrink_to_fit();
    // The row that is inserted says all of it already.
    if (open.fresh) open.header_changed = open.settings_changed = false;
    open.creating = false;
  }

  ++agent.version;
  flush_numbers(open);
  if (report.time < agent.last_remote_contact) {
    ++counters_.late;
  } else {
    agent.last_remote_contact = report.time;
    agent.last_digest = from.digest;
  }
  agent.last_contact = std::max(agent.last_contact, from.received);
  open.touched = true;
  ++open.documents;

  for (const report::EmbeddedEvent& event : report.events) {
    if (!rights.embedded_events) {
      ++counters_.cut;
      continue;
    }
    rows_.put(embedded_event(subject(open, {}), event.text, event.severity, from.received));
  }
}

void ReportApplier::apply_header(OpenAgent& open, const report::AgentReport& report,
                                 const Provenance& from, AgentId parent) {
  CachedAgent& agent = *open.agent;
  if (!open.creating) {
    if (const HeaderUpdate update = header_update(agent.fields, report, parent, policy_.header);
        update.any()) {
      ::yagura::monitor::apply(update, agent.fields);
      open.header_changed = open.settings_changed = true;
      for (const FieldChange& change : update.changes) {
        log::info("agent-header-changed", {{"agent", agent.fields.name},
                                           {"field", change.field},
                                           {"before", change.before},
                                           {"after", change.after}});
      }
    }
  }
  const int level = static_cast<int>(from.level);
  if (agent.transport_level != level || agent.transport_peer != from.peer) {
    agent.transport_level = level;
    agent.transport_peer = from.peer;
    open.header_changed = true;
  }
  if (agent.last_contact == 0) open.header_changed = true;  // the first contact is noted there
}

std::size_t ReportApplier::find_module(const CachedAgent& agent, std::string_view name,
                                       std::size_t place) {
  // Documents of an agent list their modules in the same order nearly always.
  const std::size_t guess = agent.places[place];
  if (guess < agent.modules.size() && agent.modules[guess].config.name == name) return guess;
  if (!by_name_filled_) {
    for (std::size_t i = 0; i < agent.modules.size(); ++i) {
      by_name_.emplace(agent.modules[i].config.name, i);
    }
    by_name_filled_ = true;
  }
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? kNone : at->second;
}

std::size_t ReportApplier::create_module(OpenAgent& open, const report::ModuleReport& module,
                                         const LearnRights& rights, Micros received) {
  CachedAgent& agent = *open.agent;
  CreationContext context;
  context.agent_interval_s = agent.fields.interval_s;
  context.may_create = rights.create_modules;
  context.has_keep_alive = std::any_of(agent.modules.begin(), agent.modules.end(), is_keep_alive);
  context.modules = agent.modules.size();
  context.max_modules = policy_.max_modules;
  if (agent.next_slot >= kSlotsPerAgent) context.max_modules = 0;
  NewModule made = config_from_report(module, reference_.catalogue(), context);
  if (!made.ok()) {
    if (made.reason != Reason::kNotLearning) {
      log::info("module-not-created", {{"agent", agent.fields.name},
                                       {"module", module.name},
                                       {"reason", to_string(made.reason)}});
    }
    return kNone;
  }
  NewModuleRow row;
  const std::uint32_t slot = agent.next_slot++;
  row.module = module_id(agent.id, slot);
  row.config = made.config;
  row.module_group = reference_.module_group(made.texts.module_group);
  for (const std::string& tag : made.texts.tags) {
    if (const std::int64_t id = reference_.tag(tag); id != 0) row.tags.push_back(id);
  }
  std::sort(row.tags.begin(), row.tags.end());
  row.tags.erase(std::unique(row.tags.begin(), row.tags.end()), row.tags.end());
  row.texts = std::move(made.texts);
  row.at = received;
  rows_.new_modules.push_back(std::move(row));

  open.states.push_back(initial_state(made.config.type));
  CachedModule& cached = agent.modules.emplace_back();
  cached.slot = slot;
  cached.config = std::move(made.config);
  const std::size_t index = agent.modules.size() - 1;
  if (by_name_filled_) by_name_.emplace(cached.config.name, index);
  return index;
}

void ReportApplier::apply_module(OpenAgent& open, const report::ModuleReport& module,
                                 std::size_t place, const report::AgentReport& report,
                                 const Provenance& from, const LearnRights& rights) {
  CachedAgent& agent = *open.agent;
  std::size_t index = kNone;
  if (module.name.find_first_of("\r\n") == std::string::npos) {
    index = find_module(agent, module.name, place);
  } else {
    index = find_module(agent, module_name(module.name), place);
  }
  if (index == kNone) {
    index = create_module(open, module, rights, from.received);
    if (index == kNone) return;
  } else if (rights.update_modules) {
    CachedModule& known = agent.modules[index];
    ModuleUpdate update =
        update_from_report(known.config, module, agent.fields.interval_s, policy_.update);
    if (update.any()) {
      open.settings_changed = open.header_changed = true;
      rows_.module_updates.push_back({module_id(agent.id, known.slot), known.config,
                                      std::move(update.description),
                                      std::move(update.extended_info), from.received});
    }
  }
  agent.places[place] = static_cast<std::uint16_t>(index);
  CachedModule& known = agent.modules[index];
  if (!known.type_difference_logged && type_differs(known.config, module)) {
    known.type_difference_logged = true;
    log::warning("module-type-differs", {{"agent", agent.fields.name},
                                         {"module", known.config.name},
                                         {"stored", traits(known.config.type).name},
                                         {"document", module.type.value_or("generic_data")}});
  }
  link_parent(open, known, module);
  const SampleContext context{.received = from.received, .time = policy_.time};
  const std::size_t samples = sample_count(module);
  for (std::size_t i = 0; i < samples; ++i) {
    const SampleInput input = sample_of(module, i, known.config.type, report.time);
    take_outcome(open, index, apply_sample(known.config, open.states[index], input, context));
  }
}

void ReportApplier::link_parent(OpenAgent& open, CachedModule& child,
                                const report::ModuleReport& module) {
  if (!module.module_parent && !module.module_parent_unlink) return;
  CachedAgent& agent = *open.agent;
  const ParentWish wish = parent_wish(module);
  if (wish.kind == ParentWish::Kind::kLeave) return;
  if (wish.kind == ParentWish::Kind::kUnlink) {
    if (child.has_parent) rows_.module_parents.push_back({module_id(agent.id, child.slot), {}});
    child.has_parent = false;
    return;
  }
  const auto parent =
      std::find_if(agent.modules.begin(), agent.modules.end(),
                   [&](const CachedModule& m) { return m.config.name == wish.name; });
  if (parent == agent.modules.end() || parent->slot == child.slot) return;
  if (child.has_parent && child.parent_slot == parent->slot) return;
  child.has_parent = true;
  child.parent_slot = parent->slot;
  rows_.module_parents.push_back(
      {module_id(agent.id, child.slot), module_id(agent.id, parent->slot)});
}

void ReportApplier::take_outcome(OpenAgent& open, std::size_t index, const Outcome& outcome) {
  CachedAgent& agent = *open.agent;
  const CachedModule& module = agent.modules[index];
  if (outcome.verdict == Verdict::kRejected) {
    ++counters_.invalid_values;
    log::debug("invalid-value", {{"agent", agent.fields.name},
                                 {"module", module.config.name},
                                 {"reason", to_string(outcome.reason)}});
  }
  if (outcome.verdict == Verdict::kAccepted || outcome.verdict == Verdict::kLate) {
    ++counters_.samples;
    if (outcome.kind == ValueKind::kNumber && module.config.history) {
      store_number(module.slot, outcome.number, outcome.time);
    } else if (outcome.kind == ValueKind::kText && outcome.store) {
      rows_.texts.push_back(
          {module_id(agent.id, module.slot), outcome.time, std::string(outcome.text)});
    }
  }
  if (outcome.future_clamped &&
      limits_.clock.allow(agent.fields.name, open.states[index].last_try)) {
    rows_.put(agent_clock_event(subject(open, {}), outcome.ahead, open.states[index].last_try));
  }
  if (!outcome.change) return;
  const ModuleState& state = open.states[index];
  const ModuleId id = module_id(agent.id, module.slot);
  rows_.put(ModuleStatusRow{id, state.status, state.status_since});
  EventGate gate = policy_.events;
  gate.agent_quiet = agent.fields.quiet;
  if (raises_event(*outcome.change, module.config, gate)) {
    rows_.put(
        status_event(*outcome.change, module.config, state, subject(open, id), outcome.time, gate));
  }
}

void ReportApplier::keep_alive(OpenAgent& open, Micros received) {
  CachedAgent& agent = *open.agent;
  for (std::size_t i = 0; i < agent.modules.size(); ++i) {
    if (!is_keep_alive(agent.modules[i])) continue;
    Outcome outcome = keep_alive_up(agent.modules[i].config, open.states[i], received);
    // Its value is the same at every report: only what the compatible series holds is stored.
    if (!outcome.store) outcome.kind = ValueKind::kNone;
    take_outcome(open, i, outcome);
  }
}

void ReportApplier::store_number(std::uint32_t slot, double number, Micros time) {
  auto at = std::find_if(packed_.rbegin(), packed_.rend(),
                         [&](const Packed& packed) { return packed.time == time; });
  if (at != packed_.rend()) {
    at->values.emplace_back(slot, number);
    return;
  }
  packed_.push_back({time, {}});
  packed_.back().values.emplace_back(slot, number);
}

void ReportApplier::flush_numbers(OpenAgent& open) {
  for (Packed& packed : packed_) {
    report::SampleEncoder encoder;
    for (const auto& [slot, number] : packed.values)
      encoder.add(slot, number);
    // The hour may have been folded into its trend already (retention.h).
    const std::int64_t hour = packed.time / kHour;
    if ((hour + 1) * kHour + kFoldAfter < now_) rows_.put_late_hour(open.agent->id, hour);
    rows_.reports.push_back({open.agent->id, packed.time, open.agent->version, encoder.take()});
  }
}

void ReportApplier::close(OpenAgent& open) {
  CachedAgent& agent = *open.agent;
  if (!open.touched) return;
  refresh_status(open, now_, rows_);
  pack_states(open);
  rows_.put(StateRow{agent.id, agent.version, agent.last_contact, agent.last_remote_contact,
                     next_check(open, policy_), agent.last_digest, agent.latest, open.fresh});
  if (open.header_changed || open.bound_at != 0) {
    rows_.agent_headers.push_back({agent.id, agent.fields, agent.bound_fingerprint, open.bound_at,
                                   agent.transport_level, agent.transport_peer, now_,
                                   open.settings_changed});
  }
  if (open.documents > policy_.too_many_files && limits_.waiting.allow(agent.fields.name, now_)) {
    rows_.put(too_many_files_event(subject(open, {}), open.documents, now_));
  }
}

}  // namespace yagura::monitor
