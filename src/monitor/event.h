// Events: something happened that a person may want to see. Stored as code + parameters, so that
// the reader's language decides the words, with the compatible English text beside it.
// Source: spec agent-data §11, §12, §14; spec server §11.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "monitor/module_config.h"
#include "monitor/state.h"
#include "monitor/types.h"

namespace yagura::monitor {

/// Longest value shown inside an event text, bytes (cut at a character).
constexpr std::size_t kMaxEventValue = 512;

/// Names and values of a code's parameters; both UTF-8, untrusted, escaped by whoever prints them.
using EventParams = std::vector<std::pair<std::string, std::string>>;

struct Event {
  Micros at = 0;
  EventType type = EventType::kSystem;
  Severity severity = Severity::kInformational;
  EventStatus status = EventStatus::kNew;
  AgentId agent;
  ModuleId module;
  GroupId group;
  std::string code;    ///< stable, such as "module-critical"
  EventParams params;  ///< in a fixed order per code
  std::string text;    ///< English
  /// All *new* (not in-process) events of the same module are validated before this one is stored.
  bool validates_older = false;
};

/// Whom an event is about.
struct EventSubject {
  AgentId agent;
  ModuleId module;
  GroupId group;
  std::string_view agent_alias;
};

/// Type and severity of a status change (§11 table). `raises` is false for not-init -> normal.
struct StatusEventKind {
  bool raises = false;
  EventType type = EventType::kGoingDownNormal;
  Severity severity = Severity::kNormal;
  EventStatus status = EventStatus::kNew;
};
StatusEventKind status_event_kind(const StatusChange& change);

/// Everything that can silence status events (§11.2, server §11.3).
struct EventGate {
  bool storm_protection = false;
  bool warming_up = false;  ///< warmup_event_interval
  bool agent_quiet = false;
  bool unknown_events = true;
  bool auto_validation = true;
};
/// True if the change makes an event at all.
bool raises_event(const StatusChange& change, const ModuleConfig& config, const EventGate& gate);

/// Number as events show it: one decimal, trailing zeros and point removed, never "-0".
std::string event_number(double value);
/// The value of the state as events show it: event_number or the (cut) text.
std::string event_value(const ModuleState& state);

/// The event of a status change; call it when raises_event() said so. `at` is the sample's time or
/// the sweep's `now`. Texts: "Module 'M' is going to CRITICAL (V)"; codes "module-critical",
/// "module-warning", "module-normal", "module-unknown", "module-recovered" with params
/// module, value, from.
Event status_event(const StatusChange& change, const ModuleConfig& config, const ModuleState& state,
                   const EventSubject& subject, Micros at, const EventGate& gate);

/// "Agent [ALIAS] created by SERVER"; code "agent-created" {agent, server}.
Event new_agent_event(const EventSubject& subject, std::string_view server, Micros at);
/// An agent asks to be admitted; code "agent-pending" {agent, peer}; type new_agent.
Event pending_agent_event(const EventSubject& subject, std::string_view peer, Micros at);
/// An agent was not created. `reason` is a CreationRefusal word (agent_rules.h); code
/// "agent-refused" {agent, reason, peer}; type error, severity maintenance.
Event agent_refused_event(std::string_view agent_name, std::string_view reason,
                          std::string_view peer, Micros at);
/// A wrong or missing group password; code "identity-check-failed" {agent, peer, reason}; type
/// security, severity major.
Event identity_failed_event(const EventSubject& subject, std::string_view peer,
                            std::string_view reason, Micros at);
/// The certificate differs from the bound one; code "binding-mismatch" {agent, peer, expected,
/// seen, refused}; type security, severity major.
Event binding_event(const EventSubject& subject, std::string_view peer, std::string_view expected,
                    std::string_view seen, bool refused, Micros at);
/// An agent's clock is wrong; code "agent-clock" {agent, ahead_s}; type system, severity warning.
Event agent_clock_event(const EventSubject& subject, Micros ahead, Micros at);
/// A file was not readable; code "bad-document" {file, reason}; type error, severity maintenance.
Event bad_document_event(std::string_view file, std::string_view reason, Micros at);
/// More files of one agent wait than too_many_xml; code "too-many-files" {agent, files}; warning.
Event too_many_files_event(const EventSubject& subject, std::size_t files, Micros at);
/// An event that came inside a document (§14.3): type system, the document's severity; code
/// "agent-event" {text}.
Event embedded_event(const EventSubject& subject, std::string_view text, int severity, Micros at);
/// An agent was disabled by the autodisable rule; code "agent-autodisabled" {agent}; type system.
Event autodisabled_event(const EventSubject& subject, Micros at);
/// A document re-enabled an autodisable agent; code "agent-reenabled" {agent}; type system.
Event reenabled_event(const EventSubject& subject, Micros at);

}  // namespace yagura::monitor
