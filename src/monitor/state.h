// The live state of one module and the one function that moves it: apply_sample.
// Source: spec agent-data §7.4, §11, §12, §13; spec server §8.
//
//   SampleInput in = sample_of(module_report, i, config.type, report.time);
//   Outcome out = apply_sample(config, state, in, {.received = envelope.received});
//   if (out.store) history.add(slot, out);       // the sample belongs into the series
//   if (out.state_changed) dirty = true;         // `state` must be written back
//   if (out.change) raise(status_event(...));    // event.h
//
// Threads: none of its own; a ModuleState has one writer at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "monitor/module_config.h"
#include "monitor/types.h"
#include "monitor/value.h"
#include "report/agent_report.h"

namespace yagura::monitor {

/// Longest text kept in the live state, bytes; the history keeps all of it.
constexpr std::size_t kMaxStateText = 1024;

enum class ValueKind : std::uint8_t { kNone = 0, kNumber = 1, kText = 2 };

/// Live state of one module (spec server §8.1). All times 0 = never.
struct ModuleState {
  double number = 0;                 ///< latest number (ValueKind::kNumber), full precision
  std::string text;                  ///< latest text (kText), cut at kMaxStateText
  std::uint64_t text_digest = 0;     ///< fingerprint64 of the uncut text, to see that it changed
  CounterReference reference;        ///< incremental types
  Micros value_time = 0;             ///< sample time of the latest value: late samples are older
  Micros received = 0;               ///< server clock of the last accepted sample (last contact)
  Micros last_try = 0;               ///< server clock of the last attempt, also rejected ones
  Micros last_stored = 0;            ///< sample time of the last sample for the history
  Micros status_since = 0;           ///< when `status` last changed
  Micros ff_start = 0;               ///< sample time at which the present run began (async)
  std::int32_t fast_interval_s = 0;  ///< interval in effect instead of the configured one; 0 = none
  std::uint16_t same_count = 0;      ///< consecutive samples beyond the first with status `last`
  std::uint16_t counters[3] = {0, 0, 0};  ///< cumulative, by status code normal, critical, warning
  std::uint16_t warning_count = 0;        ///< escalation
  ValueKind kind = ValueKind::kNone;
  StatusCode status = StatusCode::kNotInit;  ///< as shown
  StatusCode known = StatusCode::kNotInit;   ///< last status other than unknown
  StatusCode last = StatusCode::kNotInit;    ///< computed from the previous sample
  bool operator==(const ModuleState& other) const;
};

/// State of a module nobody has sent data for: not_init, or normal for asynchronous types (§6.1).
ModuleState initial_state(ModuleType type);

/// One sample as the document gives it. Views live as long as the document.
struct SampleInput {
  std::string_view text;
  Micros time = 0;                   ///< of the sample, offset applied
  std::optional<StatusCode> status;  ///< explicit <status>
};

/// How many samples a module element holds: the items of its list, or 1 (also when there is no
/// data: that is a sample with an empty value, which is rejected as the rules say).
std::size_t sample_count(const report::ModuleReport& module);
/// Sample `index` in document order. For log4x the value is the severity word.
SampleInput sample_of(const report::ModuleReport& module, std::size_t index, ModuleType stored_type,
                      Micros report_time);

/// Bounds for sample times (spec agent-data §7.1, server §6.5).
struct TimePolicy {
  Micros max_ahead = 600 * kSecond;  ///< later than receive time + this: receive time is taken
  Micros max_backlog = 7 * kDay;     ///< older than receive time - this: rejected; 0 = any age
};

struct SampleContext {
  Micros received = 0;  ///< server clock at which the document arrived
  TimePolicy time;
};

/// A change of the shown status. Plain data: event.h turns it into an Event.
struct StatusChange {
  StatusCode from = StatusCode::kNotInit;
  StatusCode to = StatusCode::kNotInit;
  /// Unknown module that went back to the status known before (§11.2 suppression rule).
  bool returned_to_known = false;
  /// An asynchronous module recovered because it was silent (severity minor, "N/A").
  bool silence_recovery = false;
};

enum class Verdict : std::uint8_t {
  kAccepted,  ///< became the live value
  kLate,      ///< older than the live value: history only, no status, no event
  kNoResult,  ///< counter without result
  kRejected,  ///< invalid
  kIgnored,   ///< the module takes no data; nothing at all happened
};

/// What one sample did. No allocation on the way of numbers.
struct Outcome {
  Verdict verdict = Verdict::kIgnored;
  Reason reason = Reason::kNone;  ///< of kNoResult, kRejected, kIgnored
  bool state_changed = false;     ///< any field of the state moved
  bool store = false;             ///< belongs into the compatible series (§13) and history is on
  Micros ahead = 0;             ///< how far the sample was ahead of the receive time, when clamped
  bool future_clamped = false;  ///< the sample's time was too far ahead: "agent clock" warning
  ValueKind kind = ValueKind::kNone;
  double number = 0;      ///< accepted or late number, full precision
  std::string_view text;  ///< accepted or late text: a view of the input
  Micros time = 0;        ///< sample time after clamping
  std::optional<StatusChange> change;
};

/// Processes one sample (§7.4, §8–§11, §13).
Outcome apply_sample(const ModuleConfig& config, ModuleState& state, const SampleInput& sample,
                     const SampleContext& context);

/// Same for a value the server itself produces (keep-alive, remote checks); not for text classes.
Outcome apply_number(const ModuleConfig& config, ModuleState& state, double number, Micros time,
                     const SampleContext& context);

}  // namespace yagura::monitor
