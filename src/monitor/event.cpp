#include "monitor/event.h"

#include <algorithm>
#include <array>

#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::monitor {

namespace {

/// Digits after the point in event texts (`graph_precision` of the protocol's console).
constexpr int kEventDecimals = 1;
constexpr int kMaxSeverity = 6;

std::string cut(std::string_view text) {
  const std::string_view kept = text::truncate_utf8(text, kMaxEventValue);
  return kept.size() == text.size() ? std::string(text) : std::string(kept) + "…";
}

Event about(const EventSubject& subject, EventType type, Severity severity, std::string_view code,
            Micros at) {
  Event event;
  event.at = at;
  event.type = type;
  event.severity = severity;
  event.agent = subject.agent;
  event.module = subject.module;
  event.group = subject.group;
  event.code = code;
  return event;
}

std::string_view upper_word(StatusCode status) {
  constexpr std::array<std::string_view, kStatusCount> kWords = {"NORMAL", "CRITICAL", "WARNING",
                                                                 "UNKNOWN", "NOT INIT"};
  return kWords[static_cast<std::size_t>(status)];
}

std::string_view status_code_word(const StatusChange& change) {
  if (change.silence_recovery) return "module-recovered";
  constexpr std::array<std::string_view, kStatusCount> kCodes = {
      "module-normal", "module-critical", "module-warning", "module-unknown", "module-not-init"};
  return kCodes[static_cast<std::size_t>(change.to)];
}

}  // namespace

StatusEventKind status_event_kind(const StatusChange& change) {
  if (change.silence_recovery) {
    return {true, EventType::kGoingDownNormal, Severity::kMinor, EventStatus::kValidated};
  }
  switch (change.to) {
    case StatusCode::kCritical:
      return {true, EventType::kGoingUpCritical, Severity::kCritical, EventStatus::kNew};
    case StatusCode::kWarning:
      return {true,
              change.from == StatusCode::kCritical ? EventType::kGoingDownWarning
                                                   : EventType::kGoingUpWarning,
              Severity::kWarning, EventStatus::kNew};
    case StatusCode::kNormal:
      return {change.from != StatusCode::kNotInit, EventType::kGoingDownNormal, Severity::kNormal,
              EventStatus::kValidated};
    case StatusCode::kUnknown:
      return {true, EventType::kGoingUnknown, Severity::kMinor, EventStatus::kNew};
    case StatusCode::kNotInit:
      break;
  }
  return {};
}

bool raises_event(const StatusChange& change, const ModuleConfig& config, const EventGate& gate) {
  const StatusEventKind kind = status_event_kind(change);
  if (!kind.raises) return false;
  if (gate.storm_protection || gate.warming_up || gate.agent_quiet || config.quiet) return false;
  if (config.event_disabled(kind.type)) return false;
  const bool unknown_silent =
      !gate.unknown_events || config.event_disabled(EventType::kGoingUnknown);
  return !(unknown_silent && (change.to == StatusCode::kUnknown || change.returned_to_known));
}

std::string event_number(double value) {
  std::string text = text::format_fixed(value, kEventDecimals);
  if (text.find('.') == std::string::npos) return text;
  while (text.back() == '0')
    text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string event_value(const ModuleState& state) {
  switch (state.kind) {
    case ValueKind::kNumber:
      return event_number(state.number);
    case ValueKind::kText:
      return cut(state.text);
    case ValueKind::kNone:
      break;
  }
  return "N/A";
}

Event status_event(const StatusChange& change, const ModuleConfig& config, const ModuleState& state,
                   const EventSubject& subject, Micros at, const EventGate& gate) {
  const StatusEventKind kind = status_event_kind(change);
  Event event = about(subject, kind.type, kind.severity, status_code_word(change), at);
  event.status = kind.status;
  event.validates_older = gate.auto_validation;
  std::string value = change.silence_recovery ? "N/A" : event_value(state);
  event.text = "Module '" + cut(config.name) + "' is going to ";
  event.text += upper_word(change.to);
  if (change.to != StatusCode::kUnknown) event.text += " (" + value + ")";
  event.params = {{"module", config.name},
                  {"value", std::move(value)},
                  {"from", std::string(to_string(change.from))}};
  return event;
}

Event new_agent_event(const EventSubject& subject, std::string_view server, Micros at) {
  Event event = about(subject, EventType::kNewAgent, Severity::kNormal, "agent-created", at);
  event.text = "Agent [" + cut(subject.agent_alias) + "] created by " + cut(server);
  event.params = {{"agent", std::string(subject.agent_alias)}, {"server", std::string(server)}};
  return event;
}

Event pending_agent_event(const EventSubject& subject, std::string_view peer, Micros at) {
  Event event = about(subject, EventType::kNewAgent, Severity::kWarning, "agent-pending", at);
  event.text = "Agent [" + cut(subject.agent_alias) + "] from " + cut(peer) + " waits for approval";
  event.params = {{"agent", std::string(subject.agent_alias)}, {"peer", std::string(peer)}};
  return event;
}

Event agent_refused_event(std::string_view agent_name, std::string_view reason,
                          std::string_view peer, Micros at) {
  Event event = about({}, EventType::kError, Severity::kMaintenance, "agent-refused", at);
  event.text = "Unable to create agent '" + cut(agent_name) + "': ";
  event.text += reason == "no-group" ? "No valid group found." : std::string(reason);
  event.params = {
      {"agent", cut(agent_name)}, {"reason", std::string(reason)}, {"peer", std::string(peer)}};
  return event;
}

Event identity_failed_event(const EventSubject& subject, std::string_view peer,
                            std::string_view reason, Micros at) {
  Event event = about(subject, EventType::kSecurity, Severity::kMajor, "identity-check-failed", at);
  event.text = "Identity check failed for agent '" + cut(subject.agent_alias) + "' from " +
               cut(peer) + ": " + std::string(reason);
  event.params = {{"agent", std::string(subject.agent_alias)},
                  {"peer", std::string(peer)},
                  {"reason", std::string(reason)}};
  return event;
}

Event binding_event(const EventSubject& subject, std::string_view peer, std::string_view expected,
                    std::string_view seen, bool refused, Micros at) {
  Event event = about(subject, EventType::kSecurity, Severity::kMajor, "binding-mismatch", at);
  event.text = "Agent '" + cut(subject.agent_alias) + "' reported from " + cut(peer) +
               (seen.empty() ? " without its certificate" : " with another certificate") +
               (refused ? " and was refused" : "");
  event.params = {{"agent", std::string(subject.agent_alias)},
                  {"peer", std::string(peer)},
                  {"expected", std::string(expected)},
                  {"seen", std::string(seen)},
                  {"refused", refused ? "1" : "0"}};
  return event;
}

Event agent_clock_event(const EventSubject& subject, Micros ahead, Micros at) {
  Event event = about(subject, EventType::kSystem, Severity::kWarning, "agent-clock", at);
  const std::string seconds = std::to_string(ahead / kSecond);
  event.text = "The clock of agent '" + cut(subject.agent_alias) + "' is " + seconds + " s off";
  event.params = {{"agent", std::string(subject.agent_alias)}, {"ahead_s", seconds}};
  return event;
}

Event bad_document_event(std::string_view file, std::string_view reason, Micros at) {
  Event event = about({}, EventType::kError, Severity::kMaintenance, "bad-document", at);
  event.text = "Unable to process XML data file '" + cut(file) + "'.";
  event.params = {{"file", cut(file)}, {"reason", std::string(reason)}};
  return event;
}

Event too_many_files_event(const EventSubject& subject, std::size_t files, Micros at) {
  Event event = about(subject, EventType::kSystem, Severity::kWarning, "too-many-files", at);
  event.text = std::to_string(files) + " data files of agent '" + cut(subject.agent_alias) +
               "' wait to be processed";
  event.params = {{"agent", std::string(subject.agent_alias)}, {"files", std::to_string(files)}};
  return event;
}

Event embedded_event(const EventSubject& subject, std::string_view text, int severity, Micros at) {
  const int known = std::clamp(severity, 0, kMaxSeverity);
  Event event = about(subject, EventType::kSystem, static_cast<Severity>(known), "agent-event", at);
  event.text = text;
  event.params = {{"text", std::string(text)}};
  return event;
}

Event autodisabled_event(const EventSubject& subject, Micros at) {
  Event event =
      about(subject, EventType::kSystem, Severity::kInformational, "agent-autodisabled", at);
  event.text = "Agent '" + cut(subject.agent_alias) + "' was disabled: all its modules are unknown";
  event.params = {{"agent", std::string(subject.agent_alias)}};
  return event;
}

Event reenabled_event(const EventSubject& subject, Micros at) {
  Event event = about(subject, EventType::kSystem, Severity::kInformational, "agent-reenabled", at);
  event.text = "Agent '" + cut(subject.agent_alias) + "' reports again and was enabled";
  event.params = {{"agent", std::string(subject.agent_alias)}};
  return event;
}

}  // namespace yagura::monitor
