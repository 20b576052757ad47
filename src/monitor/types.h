// The vocabulary of monitoring: module types, statuses, severities, event types, agent modes. Each
// has a fixed number (kept in the database and by the compatible API) and a fixed word (logs, API).
// Source: spec agent-data §8, §11; spec server §4.2, §7.1, §8.2, §11.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace yagura::monitor {

/// What a module measures. The numbers are those of the data model and never change.
enum class ModuleType : std::uint8_t {
  kGenericData = 1,
  kGenericProc = 2,
  kGenericDataString = 3,
  kGenericDataInc = 4,
  kGenericDataIncAbs = 5,
  kRemoteIcmpProc = 6,
  kRemoteIcmp = 7,
  kRemoteTcp = 8,
  kRemoteTcpProc = 9,
  kRemoteTcpString = 10,
  kRemoteTcpInc = 11,
  kRemoteSnmp = 15,
  kRemoteSnmpInc = 16,
  kRemoteSnmpString = 17,
  kRemoteSnmpProc = 18,
  kAsyncProc = 21,
  kAsyncData = 22,
  kAsyncString = 23,
  kLog4x = 24,
  kWebAnalysis = 25,
  kWebData = 30,
  kWebProc = 31,
  kWebContentData = 32,
  kWebContentString = 33,
  kRemoteCmd = 34,
  kRemoteCmdProc = 35,
  kRemoteCmdString = 36,
  kRemoteCmdInc = 37,
  kWebServerStatusCodeString = 38,
  kKeepAlive = 100,
};

/// How a text becomes a value (spec agent-data §8).
enum class ValueClass : std::uint8_t {
  kNumber,      ///< decimal number
  kText,        ///< stored as is
  kRate,        ///< counter -> difference per second
  kDifference,  ///< counter -> difference
  kSeverity,    ///< log4x: severity word -> 10 … 60
};

/// What a module type implies. `name` is static.
struct TypeTraits {
  ModuleType type = ModuleType::kGenericData;
  std::string_view name;
  ValueClass value_class = ValueClass::kNumber;
  bool asynchronous = false;  ///< no expected period: never unknown, history uncompressed
  bool boolean = false;       ///< 0 = bad: an undefined critical range is [0,1)
};

/// Never fails for an enumerator.
const TypeTraits& traits(ModuleType type);
/// Exact, case-sensitive name; nullopt for every other text (such as "boolean" or " generic_data
/// ").
std::optional<ModuleType> module_type_from_name(std::string_view name);
std::optional<ModuleType> module_type_from_id(int id);
constexpr int id_of(ModuleType type) {
  return static_cast<int>(type);
}

/// Status of a module or an agent. (Not called Status: that is yagura::Status, an outcome.)
enum class StatusCode : std::uint8_t {
  kNormal = 0,
  kCritical = 1,
  kWarning = 2,
  kUnknown = 3,
  kNotInit = 4,
};
constexpr int kStatusCount = 5;
/// "normal", "critical", "warning", "unknown", "not_init".
std::string_view to_string(StatusCode status);
std::optional<StatusCode> status_from_word(std::string_view word);
std::optional<StatusCode> status_from_code(int code);
/// Order for "worst of": critical 4, warning 3, unknown 2, normal 1, not_init 0.
int badness(StatusCode status);

enum class Severity : std::uint8_t {
  kMaintenance = 0,
  kInformational = 1,
  kNormal = 2,
  kWarning = 3,
  kCritical = 4,
  kMinor = 5,
  kMajor = 6,
};
std::string_view to_string(Severity severity);
std::optional<Severity> severity_from_word(std::string_view word);
std::optional<Severity> severity_from_code(int code);

enum class EventStatus : std::uint8_t { kNew = 0, kValidated = 1, kInProcess = 2 };
std::string_view to_string(EventStatus status);
std::optional<EventStatus> event_status_from_word(std::string_view word);
std::optional<EventStatus> event_status_from_code(int code);

/// Types of events. The word is what the database and the API hold; the number is only a bit index
/// for ModuleConfig::disabled_events.
enum class EventType : std::uint8_t {
  kGoingUnknown = 0,
  kUnknown,
  kGoingUpWarning,
  kGoingUpCritical,
  kGoingDownWarning,
  kGoingDownNormal,
  kGoingUpNormal,
  kGoingDownCritical,
  kAlertFired,
  kAlertRecovered,
  kAlertCeased,
  kAlertManualValidation,
  kSystem,
  kError,
  kNewAgent,
  kReconHostDetected,
  kConfigurationChange,
  kNcm,
  kSecurity,
};
constexpr int kEventTypeCount = 19;
std::string_view to_string(EventType type);
std::optional<EventType> event_type_from_word(std::string_view word);

/// How much an agent's documents may change (spec server §5.1).
enum class AgentMode : std::uint8_t {
  kNormal = 0,       ///< values of existing modules only
  kLearning = 1,     ///< header, modules and descriptions follow the agent
  kAutodisable = 2,  ///< learning; disabled when everything is unknown, re-enabled by a document
};
std::string_view to_string(AgentMode mode);
std::optional<AgentMode> agent_mode_from_word(std::string_view word);
/// The mode a document's `agent_mode` means for a new agent: 0, 1, 2; any other number counts as
/// learning, because the unnamed modes of the protocol learn too.
AgentMode agent_mode_from_document(std::optional<int> mode);

/// Whether an operator has admitted an agent that asked to exist (SRV-12).
enum class Approval : std::uint8_t { kPending = 0, kApproved = 1, kRejected = 2 };
std::string_view to_string(Approval approval);
std::optional<Approval> approval_from_word(std::string_view word);

/// Why something was refused, dropped or touched nothing. The words go into logs, loss counters and
/// quarantine reasons; each is stable.
enum class Reason : std::uint8_t {
  kNone = 0,
  // samples
  kEmptyValue,      ///< text empty or only white space
  kNotANumber,      ///< "invalid data" of the protocol
  kNotFinite,       ///< NaN, infinity or an overflow
  kOutOfBounds,     ///< outside min … max
  kFirstReference,  ///< counter: nothing to compare with yet
  kCounterReset,    ///< counter went back
  kOldReference,    ///< counter: sample older than the reference
  kDuplicateTime,   ///< counter: same time as the reference
  kModuleDisabled,  ///< the module takes no data
  kServerProduced,  ///< keep_alive: the server makes its values
  kTooOld,          ///< older than the accepted backlog
  // modules that are not created
  kNameEmpty,
  kNameTooLong,
  kUnknownType,
  kEmptyList,        ///< a data list without items creates nothing
  kNotLearning,      ///< the agent's mode takes no new modules
  kModuleLimit,      ///< the agent has as many modules as it may have
  kSecondKeepAlive,  ///< at most one keep_alive per agent
};
/// "empty-value", "not-a-number", … ("" for kNone).
std::string_view to_string(Reason reason);

}  // namespace yagura::monitor
