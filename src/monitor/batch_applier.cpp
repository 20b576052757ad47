#include "monitor/batch_applier.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "base/log.h"
#include "crypto/secret.h"
#include "monitor/agent_store.h"
#include "monitor/side_blocks.h"

namespace yagura::monitor {
namespace {

/// How often groups are asked whether they changed, and everything is read anew.
constexpr Micros kStampEvery = 1 * kSecond;
constexpr Micros kReferenceEvery = 30 * kSecond;
/// Held documents stored in one go.
constexpr std::int64_t kReleaseAtOnce = 50;

const report::AgentReport* report_of(const Document& document) {
  return std::get_if<report::AgentReport>(&document.content);
}

/// Reports of one agent follow each other, oldest first; everything else keeps its order. The
/// documents stand in one vector, so their addresses tell the order in which they came.
void sort_documents(std::vector<Document*>& documents) {
  std::sort(documents.begin(), documents.end(), [](const Document* a, const Document* b) {
    const report::AgentReport* x = report_of(*a);
    const report::AgentReport* y = report_of(*b);
    if (x == nullptr || y == nullptr) return x == y ? a < b : x == nullptr;
    if (const int order = x->agent_name.compare(y->agent_name); order != 0) return order < 0;
    if (x->time != y->time) return x->time < y->time;
    if (a->from.received != b->from.received) return a->from.received < b->from.received;
    return a < b;
  });
}

/// A stranger's file is a matter of security; everything else is a bad document.
Event bad_document(const Provenance& from, const Rejection& why, Micros now) {
  Event event = bad_document_event(from.file_name, why.code, now);
  if (why.code == "foreign-owner") {
    event.type = EventType::kSecurity;
    event.severity = Severity::kMajor;
  }
  return event;
}

std::string_view bytes_of(const ItemId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};  // NOLINT: bytes as bytes
}

}  // namespace

struct BatchApplier::Work {
  Work(db::Connection& connection, BatchApplier& owner, Micros at)
      : db(connection),
        now(at),
        creation(connection, owner.policy_, *owner.reference_, owner.passwords_, owner.limits_,
                 rows, at),
        applier(owner.policy_, *owner.reference_, owner.limits_, rows, counters, at) {}

  OpenAgent* find(std::string_view name) {
    const auto at = by_name.find(name);
    return at == by_name.end() ? nullptr : at->second;
  }
  OpenAgent& open(CachedAgent& agent) {
    OpenAgent& out = agents.emplace_back(open_agent(agent));
    by_name.emplace(agent.fields.name, &out);
    return out;
  }

  db::Connection& db;
  Micros now;
  WriteSet rows;
  IngestCounters counters;
  AgentCreation creation;
  ReportApplier applier;
  std::deque<OpenAgent> agents;
  std::unordered_map<std::string_view, OpenAgent*> by_name;
  std::unordered_map<std::string, AgentId> parents;
};

BatchApplier::BatchApplier(const IngestPolicy& policy, const db::Series& series,
                           Quarantine& quarantine, const Clock& clock, ReadPayload read_payload,
                           ParseHeld parse_held, std::size_t cache_capacity)
    : policy_(policy),
      series_(series),
      quarantine_(quarantine),
      clock_(clock),
      read_payload_(std::move(read_payload)),
      parse_held_(std::move(parse_held)),
      cache_(cache_capacity) {}

Status BatchApplier::refresh_reference(db::Connection& db) {
  const Micros steady = clock_.steady();
  const bool stale = !reference_ || steady - reference_read_ > kReferenceEvery;
  if (!stale && steady - stamp_read_ <= kStampEvery) return {};
  YAGURA_TRY(stamp, Reference::stamp(db));
  stamp_read_ = steady;
  if (!stale && stamp == reference_stamp_) return {};
  YAGURA_TRY(loaded, Reference::load(db));
  reference_ = std::move(loaded);
  reference_stamp_ = stamp;
  reference_read_ = steady;
  return {};
}

Status BatchApplier::apply(db::Connection& db, std::vector<Document>& documents) {
  YAGURA_CHECK(refresh_reference(db));
  std::vector<Document*> list;
  list.reserve(documents.size());
  for (Document& document : documents) {
    if (!std::holds_alternative<Vanished>(document.content)) list.push_back(&document);
  }
  sort_documents(list);
  YAGURA_CHECK(settle(db, list));
  for (Document& document : documents) {
    auto* report = std::get_if<report::AgentReport>(&document.content);
    if (report != nullptr && report->group_password) crypto::wipe(*report->group_password);
  }
  cache_.trim();
  return {};
}

Status BatchApplier::settle(db::Connection& db, std::span<Document*> documents) {
  if (documents.empty()) return {};
  Status done = attempt(db, documents);
  if (done.ok()) return {};
  const ErrorCode code = done.error().code;
  const bool conflict = code == ErrorCode::kConflict;
  if (db.broken() || db.lost_race() ||
      (!conflict && code != ErrorCode::kInvalid && code != ErrorCode::kInternal &&
       code != ErrorCode::kLimit)) {
    return Error{ErrorCode::kUnavailable, done.error().what};
  }
  if (conflict) {
    std::vector<Document*> rest(documents.begin(), documents.end());
    YAGURA_CHECK(drop_known_items(db, rest));
    if (rest.empty()) return {};
    const bool fewer = rest.size() < documents.size();
    done = attempt(db, rest);
    if (done.ok()) return {};
    if (fewer) return settle(db, rest);
  }
  if (documents.size() > 1) {
    log::warning("batch-split", {{"items", documents.size()}, {"reason", done.error()}});
    const std::size_t half = documents.size() / 2;
    YAGURA_CHECK(settle(db, documents.first(half)));
    return settle(db, documents.subspan(half));
  }
  Document& document = *documents.front();
  if (std::holds_alternative<Rejection>(document.content)) {
    return Error{ErrorCode::kUnavailable, done.error().what};
  }
  blame(document, done.error());
  return settle(db, documents);
}

void BatchApplier::blame(Document& document, const Error& error) {
  log::error(
      "item-at-fault",
      {{"item", to_hex(document.from.item)}, {"file", document.from.file_name}, {"reason", error}});
  document.content = Rejection{
      "store-failed", {{"reason", error.what}}, "the document could not be stored: " + error.what};
}

/// Items whose effects are committed already are left out; their files can go.
Status BatchApplier::drop_known_items(db::Connection& db, std::vector<Document*>& documents) {
  std::vector<Document*> rest;
  for (Document* document : documents) {
    YAGURA_TRY(rows, db.query("SELECT 1 FROM ingested_item WHERE item_id = ?",
                              {db::Blob{bytes_of(document->from.item)}}));
    if (rows.empty()) {
      rest.push_back(document);
      continue;
    }
    ++total_.duplicates;
    log::info("item-known", {{"item", to_hex(document->from.item)}});
  }
  documents = std::move(rest);
  return {};
}

Status BatchApplier::attempt(db::Connection& db, std::span<Document*> documents) {
  std::optional<Work> w;
  const auto forget = [&] {
    if (!w) return;
    for (const OpenAgent& open : w->agents) {
      const std::string name = open.agent->fields.name;
      cache_.forget(name);
    }
    w.reset();
  };
  Status done = db::transaction(db, [&](db::Connection& t) -> Status {
    forget();
    w.emplace(t, *this, clock_.now());
    return work(t, documents, *w);
  });
  if (!done.ok()) {
    forget();
    return done;
  }
  total_ += w->counters;
  return {};
}

Status BatchApplier::work(db::Connection& db, std::span<Document*> documents, Work& w) {
  YAGURA_CHECK(open_agents(db, documents, w));
  for (Document* document : documents)
    YAGURA_CHECK(apply_document(*document, w));
  for (OpenAgent& open : w.agents)
    w.applier.close(open);
  w.counters.events += w.rows.events();
  YAGURA_CHECK(w.rows.flush(db, series_, w.now));
  return quarantine_.sync();
}

Status BatchApplier::open_agents(db::Connection& db, std::span<Document*> documents, Work& w) {
  std::vector<AgentId> ids;
  std::set<std::string> unknown;
  std::set<std::string> parents;
  for (const Document* document : documents) {
    const report::AgentReport* report = report_of(*document);
    if (report == nullptr) continue;
    const CachedAgent* cached = cache_.find(report->agent_name);
    if (cached == nullptr) {
      unknown.insert(report->agent_name);
    } else if (ids.empty() || ids.back() != cached->id) {
      ids.push_back(cached->id);
    }
    if (report->parent_agent_name && !report->parent_agent_name->empty() &&
        (cached == nullptr || policy_.header.update_parent)) {
      parents.insert(*report->parent_agent_name);
    }
  }
  std::unordered_map<std::string, AgentId> found;
  if (!unknown.empty()) {
    const std::vector<std::string> names(unknown.begin(), unknown.end());
    YAGURA_TRY(existing, find_agents(db, names));
    if (existing.size() < names.size() && policy_.creation.mode != AutoCreate::kNever) {
      YAGURA_CHECK(w.creation.reserve(names.size() - existing.size()));
      // Nobody else can create from here on; who did just before is seen now.
      YAGURA_TRY(again, find_agents(db, names));
      existing = std::move(again);
    }
    found = std::move(existing);
    for (const auto& [name, id] : found)
      ids.push_back(id);
  }
  if (!parents.empty()) {
    const std::vector<std::string> names(parents.begin(), parents.end());
    YAGURA_TRY(existing, find_agents(db, names));
    w.parents = std::move(existing);
  }
  if (ids.empty()) return {};

  YAGURA_TRY(versions, lock_agents(db, ids));
  for (const Document* document : documents) {
    const report::AgentReport* report = report_of(*document);
    if (report == nullptr || w.find(report->agent_name) != nullptr) continue;
    CachedAgent* agent = cache_.find(report->agent_name);
    AgentId id = agent == nullptr ? AgentId{} : agent->id;
    if (agent == nullptr) {
      const auto at = found.find(report->agent_name);
      if (at == found.end()) continue;
      id = at->second;
    }
    const auto version = versions.find(id.value);
    if (version == versions.end()) {
      cache_.forget(report->agent_name);
      return Error{ErrorCode::kConflict, "an agent was deleted meanwhile"};
    }
    if (agent == nullptr || agent->version != version->second) {
      YAGURA_TRY(loaded, load_agent(db, id));
      if (!loaded) return Error{ErrorCode::kConflict, "an agent was deleted meanwhile"};
      agent = cache_.put(std::move(loaded));
    }
    w.open(*agent);
  }
  return {};
}

Status BatchApplier::apply_document(Document& document, Work& w) {
  w.rows.items.push_back(document.from.item);
  if (const auto* report = std::get_if<report::AgentReport>(&document.content)) {
    return apply_report(document, *report, w);
  }
  if (const auto* report = std::get_if<report::ServerReport>(&document.content)) {
    return apply_server(document, *report, w);
  }
  const Rejection& why = std::get<Rejection>(document.content);
  if (limits_.bad_documents.allow(document.from.peer, w.now)) {
    w.rows.put(bad_document(document.from, why, w.now));
  }
  return reject(document, why, "", w);
}

Status BatchApplier::apply_report(Document& document, const report::AgentReport& report, Work& w) {
  AgentId parent;
  if (report.parent_agent_name) {
    if (const auto at = w.parents.find(*report.parent_agent_name); at != w.parents.end()) {
      parent = at->second;
    }
  }
  OpenAgent* open = w.find(report.agent_name);
  if (open == nullptr) {
    YAGURA_TRY(answer, w.creation.create(report, document.from, parent));
    if (auto* why = std::get_if<Rejection>(&answer)) {
      return reject(document, std::move(*why), report.agent_name, w);
    }
    CachedAgent* agent = cache_.put(std::move(std::get<std::unique_ptr<CachedAgent>>(answer)));
    open = &w.open(*agent);
    open->fresh = open->creating = true;
    ++w.counters.agents_created;
    if (agent->fields.approval == Approval::kPending) {
      w.rows.put(
          StateRow{agent->id, agent->version, 0, 0, next_check(*open, policy_), 0, "", true});
      return hold(*open, document, w);
    }
  } else {
    bool process = false;
    YAGURA_CHECK(admit(*open, document, report, w, process));
    if (!process) return {};
  }
  if (ReportApplier::is_duplicate(*open->agent, report, document.from)) {
    ++w.counters.duplicates;
    return {};
  }
  const LearnRights rights = rights_of(open->agent->fields.mode, open->creating);
  w.applier.apply(*open, report, document.from, parent);
  ++w.counters.items;
  return store_side_blocks({w.db, policy_, *reference_, w.rows, w.counters}, *open->agent, report,
                           document.from, rights, open->fresh);
}

/// The questions before a document of a known agent counts (server §3.3, §4.1, §5.2).
Status BatchApplier::admit(OpenAgent& open, Document& document, const report::AgentReport& report,
                           Work& w, bool& process) {
  CachedAgent& agent = *open.agent;
  const Provenance& from = document.from;
  const EventSubject subject{agent.id, {}, agent.fields.group, agent.fields.alias};
  const Gate gate = check_gate(agent.fields);
  if (gate == Gate::kDropDisabled) {
    ++w.counters.refused;
    log::debug("agent-disabled", {{"agent", agent.fields.name}});
    return {};
  }
  const BindingVerdict binding =
      judge_binding(policy_.binding, from.level, agent.bound_fingerprint, from.fingerprint);
  if (binding.mismatch && limits_.binding.allow(agent.fields.name, w.now)) {
    w.rows.put(binding_event(subject, from.peer, agent.bound_fingerprint, from.fingerprint,
                             binding.refuse, w.now));
  }
  if (binding.refuse) {
    return reject(document,
                  {"binding-mismatch",
                   {{"agent", agent.fields.alias},
                    {"peer", from.peer},
                    {"expected", agent.bound_fingerprint},
                    {"seen", from.fingerprint}},
                   "the certificate is not the one the agent is bound to"},
                  agent.fields.name, w);
  }
  const Group* group = reference_->group(agent.fields.group);
  const PasswordVerdict password = judge_password(
      policy_.password_check, false, group != nullptr && !group->password_hash.empty(),
      report.group_password,
      [&](const std::string& sent) { return passwords_.verify(*group, sent, from.peer, w.now); });
  if (!passes(password)) {
    const std::string_view reason = to_string(password);
    if (limits_.identity.allow(agent.fields.name, w.now)) {
      w.rows.put(identity_failed_event(subject, from.peer, reason, w.now));
    }
    return reject(
        document,
        {password == PasswordVerdict::kMissing ? "group-password-missing" : "group-password-wrong",
         {{"agent", agent.fields.alias}, {"peer", from.peer}, {"group", group->name}},
         "the group's password is missing or wrong"},
        agent.fields.name, w);
  }
  if (gate == Gate::kHoldPending) return hold(open, document, w);
  if (gate == Gate::kDropRejected) {
    return reject(document,
                  {"agent-rejected",
                   {{"agent", agent.fields.alias}, {"peer", from.peer}},
                   "an operator rejected this agent"},
                  agent.fields.name, w);
  }
  if (gate == Gate::kReenable) {
    agent.fields.disabled = false;
    open.header_changed = open.settings_changed = true;
    w.rows.put(reenabled_event(subject, w.now));
  }
  if (binding.bind) {
    agent.bound_fingerprint = from.fingerprint;
    open.bound_at = w.now;
  }
  process = true;
  return {};
}

Status BatchApplier::hold(const OpenAgent& open, Document& document, Work& w) {
  YAGURA_TRY(payload, read_payload_(document));
  const std::string kept = without_group_password(payload);
  const Provenance& from = document.from;
  const std::string item = to_hex(from.item);
  ++w.counters.held;
  const auto level = static_cast<std::int64_t>(from.level);
  YAGURA_TRY(
      updated,
      w.db.execute("UPDATE pending_document SET received_at=?, item_id=?, peer=?, level=?, "
                   "fingerprint=?, subject=?, file_name=?, document=?, dropped=dropped+1 "
                   "WHERE agent_id=?",
                   {from.received, std::string_view(item), std::string_view(from.peer), level,
                    std::string_view(from.fingerprint), std::string_view(from.subject),
                    std::string_view(from.file_name), db::Blob{kept}, open.agent->id.value}));
  if (updated.affected > 0) return {};
  YAGURA_CHECK(w.db.execute(
      "INSERT INTO pending_document (received_at, item_id, peer, level, fingerprint, subject, "
      "file_name, document, agent_id) VALUES (?,?,?,?,?,?,?,?,?)",
      {from.received, std::string_view(item), std::string_view(from.peer), level,
       std::string_view(from.fingerprint), std::string_view(from.subject),
       std::string_view(from.file_name), db::Blob{kept}, open.agent->id.value}));
  return {};
}

Status BatchApplier::reject(Document& document, Rejection why, std::string agent_name, Work& w) {
  std::string file;
  if (auto payload = read_payload_(document); payload.ok()) {
    YAGURA_TRY(stored, quarantine_.store(document.from, why, agent_name, *payload, w.now));
    file = std::move(stored);
  } else {
    log::warning("quarantine-without-payload",
                 {{"item", to_hex(document.from.item)}, {"reason", payload.error()}});
  }
  ++w.counters.quarantined;
  log::warning("quarantined", {{"item", to_hex(document.from.item)},
                               {"file", document.from.file_name},
                               {"peer", document.from.peer},
                               {"agent", agent_name},
                               {"code", why.code},
                               {"reason", why.text}});
  w.rows.quarantined.push_back({document.from, std::move(why), w.now, policy_.server_name,
                                std::move(agent_name), std::move(file)});
  return {};
}

Status BatchApplier::apply_server(const Document& document, const report::ServerReport& report,
                                  Work& w) {
  YAGURA_TRY(rows, w.db.query("SELECT type FROM server WHERE name = ?",
                              {std::string_view(report.server_name)}));
  const bool known = !rows.empty() && rows.front().text(0) == "satellite";
  if (!policy_.accept_satellites || (!rows.empty() && !known)) {
    Document copy{document.handle, document.from, Vanished{}};
    return reject(copy,
                  {"satellite-not-accepted",
                   {{"server", report.server_name}, {"peer", document.from.peer}},
                   "documents of satellite servers are not accepted under this name"},
                  "", w);
  }
  ++w.counters.items;
  if (!known) {
    YAGURA_CHECK(w.db.execute("INSERT INTO server (name, type, started_at) VALUES (?,?,?)",
                              {std::string_view(report.server_name), "satellite", w.now}));
  }
  const std::string version = report.version.value_or("");
  YAGURA_CHECK(w.db.execute(
      "UPDATE server SET version=?, status=?, keepalive_s=?, last_keepalive=?, threads=?, "
      "address=? WHERE name=?",
      {std::string_view(version).substr(0, 64), std::int64_t{report.disabled ? 0 : 1},
       report.keepalive_s.value_or(45), document.from.received, report.threads.value_or(0),
       std::string_view(document.from.peer), std::string_view(report.server_name)}));
  return {};
}

Result<std::size_t> BatchApplier::release_pending(db::Connection& db) {
  YAGURA_TRY(waiting, db.query("SELECT p.agent_id FROM pending_document p JOIN agent a "
                               "ON a.id = p.agent_id WHERE a.approval = ? ORDER BY p.received_at "
                               "LIMIT ?",
                               {static_cast<std::int64_t>(Approval::kApproved), kReleaseAtOnce}));
  if (waiting.empty()) return std::size_t{0};
  YAGURA_CHECK(refresh_reference(db));
  for (const db::Row& row : waiting) {
    const AgentId id{row.integer(0)};
    std::optional<Work> w;
    const auto forget = [&] {
      if (!w) return;
      for (const OpenAgent& open : w->agents)
        cache_.forget(std::string(open.agent->fields.name));
      w.reset();
    };
    const Status done = db::transaction(db, [&](db::Connection& t) -> Status {
      forget();
      w.emplace(t, *this, clock_.now());
      return release_one(t, id, *w);
    });
    if (!done.ok()) {
      forget();
      return done.error();
    }
    total_ += w->counters;
  }
  return waiting.size();
}

/// The held document is the one that creates the agent, as far as its rights go.
Status BatchApplier::release_one(db::Connection& db, AgentId id, Work& w) {
  YAGURA_TRY(versions, lock_agents(db, std::span(&id, 1)));
  YAGURA_TRY(rows, db.query("SELECT received_at, item_id, peer, level, fingerprint, subject, "
                            "file_name, document FROM pending_document WHERE agent_id = ?",
                            {id.value}));
  YAGURA_CHECK(db.execute("DELETE FROM pending_document WHERE agent_id = ?", {id.value}));
  if (rows.empty() || !versions.contains(id.value)) return {};  // another server was faster
  const db::Row& row = rows.front();
  Provenance from;
  from.received = row.integer(0);
  from.item = item_id_from_hex(row.text(1)).value_or(ItemId{});
  from.peer = row.text(2);
  from.level = static_cast<tentacle::Level>(row.integer(3));
  from.fingerprint = row.text(4);
  from.subject = row.text(5);
  from.file_name = row.text(6);
  from.bytes = row.text(7).size();
  const Document document = parse_held_(row.text(7), from);
  const report::AgentReport* report = report_of(document);
  YAGURA_TRY(loaded, load_agent(db, id));
  if (report == nullptr || !loaded || loaded->fields.approval != Approval::kApproved) return {};
  CachedAgent* agent = cache_.put(std::move(loaded));
  OpenAgent& open = w.open(*agent);
  open.creating = agent->modules.empty();
  const LearnRights rights = rights_of(agent->fields.mode, open.creating);
  w.applier.apply(open, *report, document.from, agent->fields.parent);
  ++w.counters.items;
  YAGURA_CHECK(store_side_blocks({db, policy_, *reference_, w.rows, w.counters}, *agent, *report,
                                 document.from, rights, false));
  w.applier.close(open);
  w.counters.events += w.rows.events();
  return w.rows.flush(db, series_, w.now);
}

}  // namespace yagura::monitor
