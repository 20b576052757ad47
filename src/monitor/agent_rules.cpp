#include "monitor/agent_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "monitor/os_family.h"
#include "text/numbers.h"
#include "text/regex.h"
#include "text/utf8.h"

namespace yagura::monitor {

namespace {

using report::AgentReport;
using Text = std::optional<std::string>;

constexpr std::size_t kMaxAddress = 255;
constexpr double kMinOffsetH = -12;
constexpr double kMaxOffsetH = 14;

bool is_ascii_letter(char c) {
  return text::to_lower(c) >= 'a' && text::to_lower(c) <= 'z';
}

/// Letters, their combining marks and decimal digits of any script; for names beyond ASCII only.
const text::Regex& name_pattern() {
  static const text::Regex kPattern =
      text::Regex::compile(R"(^[\p{L}\p{M}\p{Nd} ._:@-]+$)").value();
  return kPattern;
}

std::string cut(std::string_view text) {
  return std::string(text::truncate_utf8(text, kMaxAgentText));
}

std::int32_t stored_interval(int interval_s) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(interval_s, 0, kMaxIntervalS));
}

double stored_offset(double hours) {
  return std::clamp(hours, kMinOffsetH, kMaxOffsetH);
}

bool is_address(std::string_view text) {
  return !text.empty() && text.size() <= kMaxAddress &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_ascii_letter(c) || text::is_digit(c) ||
                  std::string_view(".:-_%").find(c) != std::string_view::npos;
         });
}

/// Notes a text that differs from the stored one.
void update_text(std::string_view stored, const Text& sent, std::string_view field,
                 std::optional<std::string>& value, std::vector<FieldChange>& changes) {
  if (!sent) return;
  const std::string_view kept = text::truncate_utf8(*sent, kMaxAgentText);
  if (kept == stored) return;
  value = std::string(kept);
  changes.push_back({field, std::string(stored), *value});
}

/// The main address without building the list, because nearly always it is the stored one.
bool main_address_is(const AgentReport& report, std::string_view stored) {
  return !report.addresses.empty() && text::trim(report.addresses.front()) == stored;
}

std::string flag_text(bool value) {
  return value ? "1" : "0";
}

/// Whether the agent takes configuration is a protection of the agent (server §5.4). Giving it up
/// is new information and needs a learning mode; declaring the lock always counts.
void update_remote_config(const AgentFields& stored, const AgentReport& report, bool learning,
                          HeaderUpdate& update) {
  if (!report.remote_config || *report.remote_config == stored.remote_config) return;
  if (*report.remote_config && !learning) return;
  update.remote_config = *report.remote_config;
  update.changes.push_back(
      {"remote_config", flag_text(stored.remote_config), flag_text(*report.remote_config)});
}

template <typename Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<std::pair<std::string_view, Enum>, N>& words,
                              std::string_view word) {
  for (const auto& [name, value] : words) {
    if (name == word) return value;
  }
  return std::nullopt;
}

CreationRefusal refusal_of(GroupAnswer answer) {
  switch (answer) {
    case GroupAnswer::kPassword:
      return CreationRefusal::kGroupPassword;
    case GroupAnswer::kFull:
      return CreationRefusal::kGroupFull;
    case GroupAnswer::kMissing:
    case GroupAnswer::kAccepts:
      break;
  }
  return CreationRefusal::kNoGroup;
}

}  // namespace

std::string_view to_string(NameFault fault) {
  constexpr std::array<std::string_view, 5> kWords = {"", "empty", "too-long", "bad-character",
                                                      "not-utf8"};
  return kWords[static_cast<std::size_t>(fault)];
}

NameFault check_agent_name(std::string_view name) {
  if (name.empty()) return NameFault::kEmpty;
  bool ascii = true;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      ascii = false;
    } else if (!is_ascii_letter(c) && !text::is_digit(c) &&
               std::string_view(" ._:@-").find(c) == std::string_view::npos) {
      return NameFault::kBadCharacter;
    }
  }
  // Four bytes a character at most; asked before the text is walked through.
  if (name.size() > 4 * kMaxAgentName) return NameFault::kTooLong;
  if (ascii) return name.size() > kMaxAgentName ? NameFault::kTooLong : NameFault::kNone;
  if (!text::is_valid_utf8(name)) return NameFault::kNotUtf8;
  if (text::count_code_points(name) > kMaxAgentName) return NameFault::kTooLong;
  return name_pattern().found_in(name) ? NameFault::kNone : NameFault::kBadCharacter;
}

LearnRights rights_of(AgentMode mode, bool creating) {
  const bool learns = creating || mode != AgentMode::kNormal;
  return {.create_modules = learns,
          .update_header = learns,
          .update_addresses = learns,
          .update_custom_fields = learns,
          .update_modules = learns,
          .new_inventory = learns,
          .embedded_events = learns};
}

std::string_view to_string(Gate gate) {
  constexpr std::array<std::string_view, 5> kWords = {"process", "reenable", "agent-disabled",
                                                      "approval-pending", "agent-rejected"};
  return kWords[static_cast<std::size_t>(gate)];
}

Gate check_gate(const AgentFields& agent) {
  // Approval first: a pending agent is disabled as well, and autodisable must not admit it.
  if (agent.approval == Approval::kPending) return Gate::kHoldPending;
  if (agent.approval == Approval::kRejected) return Gate::kDropRejected;
  if (!agent.disabled) return Gate::kProcess;
  return agent.mode == AgentMode::kAutodisable ? Gate::kReenable : Gate::kDropDisabled;
}

std::optional<BindingMode> binding_mode_from_word(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, BindingMode>, 3> kWords = {
      {{"off", BindingMode::kOff},
       {"warn", BindingMode::kWarn},
       {"enforce", BindingMode::kEnforce}}};
  return find_word(kWords, word);
}

BindingVerdict judge_binding(BindingMode mode, tentacle::Level level,
                             std::string_view bound_fingerprint, std::string_view fingerprint) {
  if (mode == BindingMode::kOff) return {};
  if (bound_fingerprint.empty()) return {.bind = !fingerprint.empty()};
  if (bound_fingerprint == fingerprint) return {};
  const bool showed_certificate =
      level == tentacle::Level::kCertificate || level == tentacle::Level::kMutual;
  return {.refuse = mode == BindingMode::kEnforce || showed_certificate, .mismatch = true};
}

std::optional<PasswordCheck> password_check_from_word(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, PasswordCheck>, 2> kWords = {
      {{"create", PasswordCheck::kCreate}, {"always", PasswordCheck::kAlways}}};
  return find_word(kWords, word);
}

std::string_view to_string(PasswordVerdict verdict) {
  constexpr std::array<std::string_view, 4> kWords = {"not-needed", "accepted", "password-missing",
                                                      "password-wrong"};
  return kWords[static_cast<std::size_t>(verdict)];
}

PasswordVerdict judge_password(PasswordCheck check, bool creating, bool group_has_password,
                               const std::optional<std::string>& sent,
                               const std::function<bool(const std::string&)>& verify) {
  if (!group_has_password) return PasswordVerdict::kNotNeeded;
  if (!creating && check == PasswordCheck::kCreate) return PasswordVerdict::kNotNeeded;
  if (!sent || sent->empty()) return PasswordVerdict::kMissing;
  return verify(*sent) ? PasswordVerdict::kAccepted : PasswordVerdict::kWrong;
}

HeaderUpdate header_update(const AgentFields& stored, const AgentReport& report, AgentId parent,
                           const HeaderPolicy& policy) {
  HeaderUpdate update;
  const LearnRights rights = rights_of(stored.mode, false);
  update_remote_config(stored, report, rights.update_header, update);
  if (rights.update_header) {
    update_text(stored.os_version, report.os_version, "os_version", update.os_version,
                update.changes);
    update_text(stored.agent_version, report.version, "agent_version", update.agent_version,
                update.changes);
    const std::int32_t interval = stored_interval(report.interval_s);
    if (interval != stored.interval_s) {
      update.interval_s = interval;
      update.changes.push_back(
          {"interval_s", std::to_string(stored.interval_s), std::to_string(interval)});
    }
    const double offset = stored_offset(report.timezone_offset_h);
    if (offset != stored.timezone_offset_h) {
      update.timezone_offset_h = offset;
      update.changes.push_back({"timezone_offset_h",
                                text::format_shortest(stored.timezone_offset_h),
                                text::format_shortest(offset)});
    }
    if (policy.update_parent && report.parent_agent_name && parent.valid() &&
        parent != stored.parent) {
      update.parent = parent;
      update.changes.push_back(
          {"parent", std::to_string(stored.parent.value), std::to_string(parent.value)});
    }
  }
  if (rights.update_addresses && !stored.fixed_address &&
      !main_address_is(report, stored.address)) {
    const std::vector<std::string> addresses = document_addresses(report);
    if (!addresses.empty() && addresses.front() != stored.address) {
      update.address = addresses.front();
      update.changes.push_back({"address", stored.address, addresses.front()});
    }
  }
  return update;
}

void apply(const HeaderUpdate& update, AgentFields& agent) {
  if (update.os_version) agent.os_version = *update.os_version;
  if (update.agent_version) agent.agent_version = *update.agent_version;
  if (update.interval_s) agent.interval_s = *update.interval_s;
  if (update.timezone_offset_h) agent.timezone_offset_h = *update.timezone_offset_h;
  if (update.address) agent.address = *update.address;
  if (update.parent) agent.parent = *update.parent;
  if (update.remote_config) agent.remote_config = *update.remote_config;
}

std::vector<std::string> document_addresses(const AgentReport& report) {
  std::vector<std::string> addresses;
  for (const std::string& sent : report.addresses) {
    const std::string_view address = text::trim(sent);
    if (addresses.size() == kMaxAddresses) break;
    if (!is_address(address)) continue;
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
      addresses.emplace_back(address);
    }
  }
  return addresses;
}

std::optional<AutoCreate> auto_create_from_word(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, AutoCreate>, 5> kWords = {
      {{"never", AutoCreate::kNever},
       {"0", AutoCreate::kNever},
       {"approve", AutoCreate::kApprove},
       {"on", AutoCreate::kOn},
       {"1", AutoCreate::kOn}}};
  return find_word(kWords, word);
}

std::string_view to_string(CreationRefusal refusal) {
  constexpr std::array<std::string_view, 10> kWords = {
      "",          "autocreate-never", "bad-name", "peer-not-allowed", "name-not-allowed",
      "peer-rate", "total-rate",       "no-group", "group-password",   "group-full"};
  return kWords[static_cast<std::size_t>(refusal)];
}

CreationDecision decide_creation(const CreationPolicy& policy, const CreationFacts& facts,
                                 std::string_view agent_name) {
  const auto refuse = [](CreationRefusal refusal) {
    return CreationDecision{refusal, Approval::kRejected};
  };
  if (check_agent_name(agent_name) != NameFault::kNone) return refuse(CreationRefusal::kBadName);
  if (policy.mode == AutoCreate::kNever) return refuse(CreationRefusal::kNever);
  if (!facts.peer_in_allowed_nets) return refuse(CreationRefusal::kPeerNotAllowed);
  if (!facts.name_matches) return refuse(CreationRefusal::kNameNotAllowed);
  if (facts.created_last_hour_by_peer >= policy.max_per_peer_per_hour) {
    return refuse(CreationRefusal::kPeerRate);
  }
  if (facts.created_last_hour >= policy.max_per_hour) return refuse(CreationRefusal::kTotalRate);
  const bool announced = policy.trust_certificates && facts.certificate_names_agent;
  const bool waits = policy.mode == AutoCreate::kApprove && !announced;
  return {CreationRefusal::kNone, waits ? Approval::kPending : Approval::kApproved};
}

void CreationWindow::count(std::string_view peer, Micros now, CreationFacts& facts) {
  expire(now);
  facts.created_last_hour = static_cast<std::uint32_t>(created_.size());
  const auto it = per_peer_.find(peer);
  facts.created_last_hour_by_peer = it == per_peer_.end() ? 0 : it->second;
}

void CreationWindow::record(std::string_view peer, Micros now) {
  expire(now);
  created_.emplace(now, peer);
  ++per_peer_[std::string(peer)];
}

void CreationWindow::expire(Micros now) {
  while (!created_.empty() && created_.begin()->first <= now - kHour) {
    const auto peer = per_peer_.find(created_.begin()->second);
    if (--peer->second == 0) per_peer_.erase(peer);
    created_.erase(created_.begin());
  }
}

GroupChoice choose_group(const std::optional<std::string>& declared,
                         const GroupChoicePolicy& policy,
                         const std::function<GroupCandidate(std::string_view name)>& by_name,
                         const std::function<GroupAnswer(GroupId)>& by_id) {
  GroupChoice choice;
  const auto offer = [&choice](GroupId id, GroupAnswer answer) {
    if (answer == GroupAnswer::kAccepts) {
      choice = {id, CreationRefusal::kNone};
      return true;
    }
    // The most telling reason wins: a group that exists but refuses says more than a missing one.
    if (answer != GroupAnswer::kMissing) choice.refusal = refusal_of(answer);
    return false;
  };
  const auto offer_default = [&] {
    return policy.default_group && offer(*policy.default_group, by_id(*policy.default_group));
  };
  const auto offer_declared = [&] {
    if (!declared || declared->empty()) return false;
    if (policy.default_group && *declared == std::to_string(policy.default_group->value)) {
      return offer_default();
    }
    const GroupCandidate candidate = by_name(*declared);
    return offer(candidate.id, candidate.answer);
  };
  if (policy.default_first) {
    if (!offer_default()) offer_declared();
  } else {
    if (!offer_declared()) offer_default();
  }
  return choice;
}

AgentFields new_agent(const AgentReport& report, GroupId group, AgentId parent, Approval approval,
                      std::span<const std::pair<int, std::string>> custom_os) {
  AgentFields agent;
  const auto text = [](const Text& sent) { return sent ? cut(*sent) : std::string(); };
  agent.name = report.agent_name;
  agent.alias = text(report.agent_alias);
  if (agent.alias.empty()) agent.alias = report.agent_name;
  agent.description = text(report.description);
  agent.os_name = text(report.os_name);
  agent.os_id = os_id(agent.os_name, custom_os);
  agent.os_version = text(report.os_version);
  agent.agent_version = text(report.version);
  agent.custom_id = text(report.custom_id);
  agent.url = text(report.url_address);
  agent.interval_s = stored_interval(report.interval_s);
  agent.timezone_offset_h = stored_offset(report.timezone_offset_h);
  agent.parent = parent;
  agent.group = group;
  agent.mode = agent_mode_from_document(report.agent_mode);
  agent.remote_config = report.remote_config.value_or(false);
  agent.approval = approval;
  agent.disabled = approval != Approval::kApproved;
  const std::vector<std::string> addresses = document_addresses(report);
  if (!addresses.empty()) agent.address = addresses.front();
  return agent;
}

std::vector<CustomFieldValue> custom_fields_of(const AgentReport& report,
                                               std::span<const std::string> known) {
  std::vector<CustomFieldValue> fields;
  for (const auto& [name, value] : report.custom_fields) {
    if (std::find(known.begin(), known.end(), name) == known.end()) continue;
    const auto same = std::find_if(fields.begin(), fields.end(),
                                   [&name](const CustomFieldValue& f) { return f.name == name; });
    if (same != fields.end()) {
      same->value = value;
    } else {
      fields.push_back({name, value});
    }
  }
  return fields;
}

bool OncePer::allow(std::string_view key, Micros now) {
  const auto known = last_.find(key);
  if (known != last_.end()) {
    // A clock that jumped back must not silence the key for ever.
    if (now >= known->second && now - known->second < interval_) return false;
    auto [first, end] = by_time_.equal_range(known->second);
    by_time_.erase(std::find_if(first, end, [key](const auto& e) { return e.second == key; }));
    last_.erase(known);
  }
  while (!by_time_.empty() && last_.size() >= capacity_) {
    last_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
  last_.emplace(key, now);
  by_time_.emplace(now, key);
  return true;
}

}  // namespace yagura::monitor
