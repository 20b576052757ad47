// What a document may do to an agent: create it, change it, be refused.
// Source: spec agent-data §3, §4; spec server §3.3, §4.1, §5, §6.3; SRV-09 … SRV-13.
//
// Pure: the caller looks up groups, counters and stored fields, these functions decide. The order
// of questions for one document:
//   known agent   check_gate -> judge_binding -> judge_password -> rights_of -> header_update
//   unknown agent check_agent_name -> decide_creation -> choose_group -> new_agent
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "monitor/module_config.h"
#include "monitor/types.h"
#include "report/agent_report.h"
#include "tentacle/spool_envelope.h"

namespace yagura::monitor {

/// Characters (code points) of an agent's name.
constexpr std::size_t kMaxAgentName = 600;
/// Longest other text of an agent header, bytes; longer ones are cut at a character.
constexpr std::size_t kMaxAgentText = 4096;
/// Addresses taken from one document.
constexpr std::size_t kMaxAddresses = 64;

// --- names -------------------------------------------------------------------------------------

enum class NameFault : std::uint8_t { kNone, kEmpty, kTooLong, kBadCharacter, kNotUtf8 };
std::string_view to_string(NameFault fault);
/// Letters, digits and ` ._:@-`, where letters and digits may be of any script (server §4.1.2).
NameFault check_agent_name(std::string_view name);

// --- the agent as stored -----------------------------------------------------------------------

/// The fields of an agent that documents can set.
struct AgentFields {
  std::string name;
  std::string alias;
  std::string description;
  std::string address;  ///< main address
  std::string os_version;
  std::string agent_version;
  std::string custom_id;
  std::string url;
  std::string os_name;  ///< as sent when the agent was created
  int os_id = 10;       ///< os_family.h
  std::int32_t interval_s = 300;
  double timezone_offset_h = 0;
  AgentId parent;
  GroupId group;
  AgentMode mode = AgentMode::kLearning;
  Approval approval = Approval::kApproved;
  bool fixed_address = false;
  bool disabled = false;
  bool quiet = false;
  bool ignore_unknown = false;
  bool remote_config = false;  ///< the agent said it accepts configuration
};

/// What a document may change (server §5.1).
struct LearnRights {
  bool create_modules = false;
  bool update_header = false;
  bool update_addresses = false;  ///< still subject to fixed_address for the main one
  bool update_custom_fields = false;
  bool update_modules = false;  ///< description, extended info, interval, *_forced
  bool new_inventory = false;   ///< inventory and log sources the server does not know yet
  bool embedded_events = false;
};
/// `creating`: the document that creates the agent may do everything, whatever its mode.
LearnRights rights_of(AgentMode mode, bool creating);

// --- may the document in? ----------------------------------------------------------------------

enum class Gate : std::uint8_t {
  kProcess,
  kReenable,      ///< disabled agent in autodisable mode: enable it, then process
  kDropDisabled,  ///< consumed, nothing stored
  kHoldPending,   ///< waits for approval: keep the latest document only
  kDropRejected,  ///< an operator rejected this agent
};
std::string_view to_string(Gate gate);
Gate check_gate(const AgentFields& agent);

enum class BindingMode : std::uint8_t { kOff, kWarn, kEnforce };
std::optional<BindingMode> binding_mode_from_word(std::string_view word);

struct BindingVerdict {
  bool refuse = false;    ///< quarantine the document
  bool mismatch = false;  ///< raise binding_event
  bool bind = false;      ///< store the document's fingerprint as the agent's
};
/// Server §4.1.3. kWarn refuses nevertheless when a certificate was shown (level ≥ 3) and it is the
/// wrong one; only a missing certificate is let through with a warning.
BindingVerdict judge_binding(BindingMode mode, tentacle::Level level,
                             std::string_view bound_fingerprint, std::string_view fingerprint);

enum class PasswordCheck : std::uint8_t { kCreate, kAlways };
std::optional<PasswordCheck> password_check_from_word(std::string_view word);

enum class PasswordVerdict : std::uint8_t { kNotNeeded, kAccepted, kMissing, kWrong };
std::string_view to_string(PasswordVerdict verdict);
constexpr bool passes(PasswordVerdict verdict) {
  return verdict == PasswordVerdict::kNotNeeded || verdict == PasswordVerdict::kAccepted;
}
/// Decision flow of server §3.3. `verify` is called only when the answer depends on it, with the
/// password as sent; it must compare in constant time (crypto::verify_password against the current
/// and, within its grace, the previous hash).
PasswordVerdict judge_password(PasswordCheck check, bool creating, bool group_has_password,
                               const std::optional<std::string>& sent,
                               const std::function<bool(const std::string&)>& verify);

// --- known agent: header -----------------------------------------------------------------------

struct HeaderPolicy {
  bool update_parent = false;
};

/// New values of what the document changes; absent = stays. `changes` lists the same for logs and
/// audit, in a fixed order, with field names of AgentFields.
struct HeaderUpdate {
  std::optional<std::string> os_version;
  std::optional<std::string> agent_version;
  std::optional<std::int32_t> interval_s;
  std::optional<double> timezone_offset_h;
  std::optional<std::string> address;
  std::optional<AgentId> parent;
  std::optional<bool> remote_config;
  std::vector<FieldChange> changes;
  [[nodiscard]] bool any() const { return !changes.empty(); }
};
/// Table §4.2. `parent` is the agent named by parent_agent_name, or none when there is no such
/// agent. Allocates nothing when nothing changed.
HeaderUpdate header_update(const AgentFields& stored, const report::AgentReport& report,
                           AgentId parent, const HeaderPolicy& policy);
void apply(const HeaderUpdate& update, AgentFields& agent);

/// Addresses of a document: trimmed, without empty and repeated ones, only texts that are IPv4 or
/// IPv6 addresses or host names; at most kMaxAddresses. The first is the main one.
std::vector<std::string> document_addresses(const report::AgentReport& report);

// --- unknown agent -----------------------------------------------------------------------------

enum class AutoCreate : std::uint8_t { kNever, kApprove, kOn };
/// "never"/"0", "approve", "on"/"1".
std::optional<AutoCreate> auto_create_from_word(std::string_view word);

struct CreationPolicy {
  AutoCreate mode = AutoCreate::kApprove;
  std::uint32_t max_per_hour = 200;
  std::uint32_t max_per_peer_per_hour = 20;
  /// A verified client certificate that names the agent stands for the approval: whoever issued it
  /// announced this agent.
  bool trust_certificates = false;
};

/// Facts the caller looked up. Nets and name expression count as passed when not configured.
struct CreationFacts {
  std::uint32_t created_last_hour = 0;
  std::uint32_t created_last_hour_by_peer = 0;
  bool peer_in_allowed_nets = true;
  bool name_matches = true;  ///< autocreate_name_regex
  bool certificate_names_agent = false;  ///< level 3 or 4 and its common name is the agent's name
};

enum class CreationRefusal : std::uint8_t {
  kNone,
  kNever,  ///< autocreate never: event at most once per name and hour
  kBadName,
  kPeerNotAllowed,
  kNameNotAllowed,
  kPeerRate,
  kTotalRate,
  kNoGroup,        ///< no candidate group exists
  kGroupPassword,  ///< a candidate exists but wants another password
  kGroupFull,
};
/// "autocreate-never", "bad-name", "peer-not-allowed", …
std::string_view to_string(CreationRefusal refusal);

struct CreationDecision {
  CreationRefusal refusal = CreationRefusal::kNone;
  Approval approval = Approval::kApproved;
  [[nodiscard]] bool create() const { return refusal == CreationRefusal::kNone; }
};
/// Name, mode, nets and rates, in this order; the group is chosen afterwards.
CreationDecision decide_creation(const CreationPolicy& policy, const CreationFacts& facts,
                                 std::string_view agent_name);

/// Counts creations of the last hour, overall and per peer; bounded memory. Not thread-safe: one
/// owner, for instance under Guarded<CreationWindow>.
class CreationWindow {
 public:
  /// Fills created_last_hour… of the facts.
  void count(std::string_view peer, Micros now, CreationFacts& facts);
  void record(std::string_view peer, Micros now);

 private:
  void expire(Micros now);
  std::multimap<Micros, std::string> created_;
  std::map<std::string, std::uint32_t, std::less<>> per_peer_;
};

struct GroupChoicePolicy {
  std::optional<GroupId> default_group;  ///< autocreate_group(_name) resolved; absent = none
  bool default_first = false;            ///< autocreate_group_force
};
enum class GroupAnswer : std::uint8_t { kAccepts, kMissing, kPassword, kFull };
/// What the caller knows of a candidate: looked up by name (the declared group) or by id.
struct GroupCandidate {
  GroupId id;
  GroupAnswer answer = GroupAnswer::kMissing;
};
struct GroupChoice {
  std::optional<GroupId> group;
  CreationRefusal refusal = CreationRefusal::kNoGroup;  ///< when there is no group
};
/// §4.1.2, server §6.3.3: declared first or default first; the first that accepts wins. A declared
/// text equal to the number of the default group means the default group.
GroupChoice choose_group(const std::optional<std::string>& declared,
                         const GroupChoicePolicy& policy,
                         const std::function<GroupCandidate(std::string_view name)>& by_name,
                         const std::function<GroupAnswer(GroupId)>& by_id);

/// The agent a first document creates. `parent` as for header_update. A pending agent is created
/// disabled (server §6.3.1).
AgentFields new_agent(const report::AgentReport& report, GroupId group, AgentId parent,
                      Approval approval,
                      std::span<const std::pair<int, std::string>> custom_os = {});

// --- custom fields -----------------------------------------------------------------------------

struct CustomFieldValue {
  std::string_view name;
  std::string_view value;  ///< empty when the document gave none
};
/// The document's fields whose name exists on the server (exact); of equal names the last wins.
std::vector<CustomFieldValue> custom_fields_of(const report::AgentReport& report,
                                               std::span<const std::string> known);

// --- at most once ------------------------------------------------------------------------------

/// "At most once per interval and key": identity events 300 s per agent, clock warnings one a day …
/// Holds at most `capacity` keys; when full the oldest are forgotten. Not thread-safe.
class OncePer {
 public:
  explicit OncePer(Micros interval, std::size_t capacity = 10'000)
      : interval_(interval), capacity_(capacity) {}
  /// True if the key was not allowed within the last interval; then it counts from `now`.
  bool allow(std::string_view key, Micros now);

 private:
  Micros interval_;
  std::size_t capacity_;
  std::map<std::string, Micros, std::less<>> last_;
  std::multimap<Micros, std::string> by_time_;
};

}  // namespace yagura::monitor
