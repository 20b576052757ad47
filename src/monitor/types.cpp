#include "monitor/types.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace yagura::monitor {

namespace {

using Type = ModuleType;
using Class = ValueClass;

// Ordered by id. The class follows from the name (§8): _string text, _inc rate, _inc_abs
// difference, a name with "async" asynchronous, _proc boolean; the exceptions are web_analysis
// (boolean), log4x (asynchronous, severity) and keep_alive (boolean).
constexpr std::array kTypes = {
    TypeTraits{Type::kGenericData, "generic_data", Class::kNumber, false, false},
    TypeTraits{Type::kGenericProc, "generic_proc", Class::kNumber, false, true},
    TypeTraits{Type::kGenericDataString, "generic_data_string", Class::kText, false, false},
    TypeTraits{Type::kGenericDataInc, "generic_data_inc", Class::kRate, false, false},
    TypeTraits{Type::kGenericDataIncAbs, "generic_data_inc_abs", Class::kDifference, false, false},
    TypeTraits{Type::kRemoteIcmpProc, "remote_icmp_proc", Class::kNumber, false, true},
    TypeTraits{Type::kRemoteIcmp, "remote_icmp", Class::kNumber, false, false},
    TypeTraits{Type::kRemoteTcp, "remote_tcp", Class::kNumber, false, false},
    TypeTraits{Type::kRemoteTcpProc, "remote_tcp_proc", Class::kNumber, false, true},
    TypeTraits{Type::kRemoteTcpString, "remote_tcp_string", Class::kText, false, false},
    TypeTraits{Type::kRemoteTcpInc, "remote_tcp_inc", Class::kRate, false, false},
    TypeTraits{Type::kRemoteSnmp, "remote_snmp", Class::kNumber, false, false},
    TypeTraits{Type::kRemoteSnmpInc, "remote_snmp_inc", Class::kRate, false, false},
    TypeTraits{Type::kRemoteSnmpString, "remote_snmp_string", Class::kText, false, false},
    TypeTraits{Type::kRemoteSnmpProc, "remote_snmp_proc", Class::kNumber, false, true},
    TypeTraits{Type::kAsyncProc, "async_proc", Class::kNumber, true, true},
    TypeTraits{Type::kAsyncData, "async_data", Class::kNumber, true, false},
    TypeTraits{Type::kAsyncString, "async_string", Class::kText, true, false},
    TypeTraits{Type::kLog4x, "log4x", Class::kSeverity, false, false},
    TypeTraits{Type::kWebAnalysis, "web_analysis", Class::kNumber, false, true},
    TypeTraits{Type::kWebData, "web_data", Class::kNumber, false, false},
    TypeTraits{Type::kWebProc, "web_proc", Class::kNumber, false, true},
    TypeTraits{Type::kWebContentData, "web_content_data", Class::kNumber, false, false},
    TypeTraits{Type::kWebContentString, "web_content_string", Class::kText, false, false},
    TypeTraits{Type::kRemoteCmd, "remote_cmd", Class::kNumber, false, false},
    TypeTraits{Type::kRemoteCmdProc, "remote_cmd_proc", Class::kNumber, false, true},
    TypeTraits{Type::kRemoteCmdString, "remote_cmd_string", Class::kText, false, false},
    TypeTraits{Type::kRemoteCmdInc, "remote_cmd_inc", Class::kRate, false, false},
    TypeTraits{Type::kWebServerStatusCodeString, "web_server_status_code_string", Class::kText,
               false, false},
    TypeTraits{Type::kKeepAlive, "keep_alive", Class::kNumber, false, true},
};

// Index into kTypes by id, so that traits() is one load on the sample path.
constexpr int kMaxTypeId = 100;
constexpr std::array<std::int8_t, kMaxTypeId + 1> kIndexById = [] {
  std::array<std::int8_t, kMaxTypeId + 1> index{};
  index.fill(-1);
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    index[static_cast<std::size_t>(kTypes[i].type)] = static_cast<std::int8_t>(i);
  }
  return index;
}();

constexpr std::array<std::string_view, kStatusCount> kStatusWords = {
    "normal", "critical", "warning", "unknown", "not_init"};
constexpr std::array<std::string_view, 7> kSeverityWords = {
    "maintenance", "informational", "normal", "warning", "critical", "minor", "major"};
constexpr std::array<std::string_view, 3> kEventStatusWords = {"new", "validated", "in_process"};
constexpr std::array<std::string_view, kEventTypeCount> kEventTypeWords = {
    "going_unknown",
    "unknown",
    "going_up_warning",
    "going_up_critical",
    "going_down_warning",
    "going_down_normal",
    "going_up_normal",
    "going_down_critical",
    "alert_fired",
    "alert_recovered",
    "alert_ceased",
    "alert_manual_validation",
    "system",
    "error",
    "new_agent",
    "recon_host_detected",
    "configuration_change",
    "ncm",
    "security"};
constexpr std::array<std::string_view, 3> kModeWords = {"normal", "learning", "autodisable"};
constexpr std::array<std::string_view, 3> kApprovalWords = {"pending", "approved", "rejected"};
constexpr std::array<std::string_view, 19> kReasonWords = {"",
                                                           "empty-value",
                                                           "not-a-number",
                                                           "not-finite",
                                                           "out-of-bounds",
                                                           "first-reference",
                                                           "counter-reset",
                                                           "old-reference",
                                                           "duplicate-time",
                                                           "module-disabled",
                                                           "server-produced",
                                                           "too-old",
                                                           "name-empty",
                                                           "name-too-long",
                                                           "unknown-type",
                                                           "empty-list",
                                                           "not-learning",
                                                           "module-limit",
                                                           "second-keep-alive"};

template <typename Enum, std::size_t N>
std::optional<Enum> from_word(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto* it = std::find(words.begin(), words.end(), word);
  if (it == words.end()) return std::nullopt;
  return static_cast<Enum>(it - words.begin());
}

template <typename Enum, std::size_t N>
std::optional<Enum> from_code(const std::array<std::string_view, N>& words, int code) {
  if (code < 0 || code >= static_cast<int>(words.size())) return std::nullopt;
  return static_cast<Enum>(code);
}

}  // namespace

const TypeTraits& traits(ModuleType type) {
  return kTypes[static_cast<std::size_t>(kIndexById[static_cast<std::size_t>(type)])];
}

std::optional<ModuleType> module_type_from_name(std::string_view name) {
  for (const TypeTraits& type : kTypes) {
    if (type.name == name) return type.type;
  }
  return std::nullopt;
}

std::optional<ModuleType> module_type_from_id(int id) {
  if (id < 0 || id > kMaxTypeId) return std::nullopt;
  if (kIndexById[static_cast<std::size_t>(id)] < 0) return std::nullopt;
  return static_cast<ModuleType>(id);
}

std::string_view to_string(StatusCode status) {
  return kStatusWords[static_cast<std::size_t>(status)];
}
std::optional<StatusCode> status_from_word(std::string_view word) {
  return from_word<StatusCode>(kStatusWords, word);
}
std::optional<StatusCode> status_from_code(int code) {
  return from_code<StatusCode>(kStatusWords, code);
}

int badness(StatusCode status) {
  constexpr std::array<int, kStatusCount> kOrder = {1, 4, 3, 2, 0};
  return kOrder[static_cast<std::size_t>(status)];
}

std::string_view to_string(Severity severity) {
  return kSeverityWords[static_cast<std::size_t>(severity)];
}
std::optional<Severity> severity_from_word(std::string_view word) {
  return from_word<Severity>(kSeverityWords, word);
}
std::optional<Severity> severity_from_code(int code) {
  return from_code<Severity>(kSeverityWords, code);
}

std::string_view to_string(EventStatus status) {
  return kEventStatusWords[static_cast<std::size_t>(status)];
}
std::optional<EventStatus> event_status_from_word(std::string_view word) {
  return from_word<EventStatus>(kEventStatusWords, word);
}
std::optional<EventStatus> event_status_from_code(int code) {
  return from_code<EventStatus>(kEventStatusWords, code);
}

std::string_view to_string(EventType type) {
  return kEventTypeWords[static_cast<std::size_t>(type)];
}
std::optional<EventType> event_type_from_word(std::string_view word) {
  return from_word<EventType>(kEventTypeWords, word);
}

std::string_view to_string(AgentMode mode) {
  return kModeWords[static_cast<std::size_t>(mode)];
}
std::optional<AgentMode> agent_mode_from_word(std::string_view word) {
  return from_word<AgentMode>(kModeWords, word);
}

AgentMode agent_mode_from_document(std::optional<int> mode) {
  if (mode == 0) return AgentMode::kNormal;
  if (mode == 2) return AgentMode::kAutodisable;
  return AgentMode::kLearning;
}

std::string_view to_string(Approval approval) {
  return kApprovalWords[static_cast<std::size_t>(approval)];
}
std::optional<Approval> approval_from_word(std::string_view word) {
  return from_word<Approval>(kApprovalWords, word);
}

std::string_view to_string(Reason reason) {
  return kReasonWords[static_cast<std::size_t>(reason)];
}

}  // namespace yagura::monitor
