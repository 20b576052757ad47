#include "monitor/state.h"

#include <algorithm>
#include <array>

#include "monitor/fingerprint.h"
#include "monitor/state_machine.h"
#include "monitor/thresholds.h"
#include "text/utf8.h"

namespace yagura::monitor {

namespace {

/// An unchanged value is stored again after this time (§13).
constexpr Micros kStoreAgainAfter = kDay;

/// Flip-flop count that a change to `computed` needs beyond its first sample.
std::uint16_t needed(const ModuleConfig& config, StatusCode computed) {
  if (!config.each_ff) return config.min_ff;
  switch (computed) {
    case StatusCode::kCritical:
      return config.min_ff_critical;
    case StatusCode::kWarning:
      return config.min_ff_warning;
    default:
      return config.min_ff_normal;
  }
}

/// The run or collection of samples is older than ff_timeout (asynchronous types only).
bool run_timed_out(const ModuleConfig& config, const ModuleState& state, std::uint16_t need,
                   Micros time) {
  return traits(config.type).asynchronous && need != 0 && config.ff_timeout_s != 0 &&
         time - state.ff_start > config.ff_timeout_s * kSecond;
}

/// ff_type 0: true when enough consecutive samples agree.
bool consecutive(const ModuleConfig& config, ModuleState& state, StatusCode computed, Micros time) {
  const std::uint16_t need = needed(config, computed);
  if (computed == state.last) {
    state.same_count = static_cast<std::uint16_t>(std::min(state.same_count, need) + 1);
    if (run_timed_out(config, state, need, time)) {
      state.same_count = 0;
      state.ff_start = time;
    }
  } else {
    state.same_count = 0;
    if (traits(config.type).asynchronous) state.ff_start = time;
  }
  return state.same_count >= need;
}

/// ff_type 1: true when enough samples of this status came since the last change.
bool cumulative(const ModuleConfig& config, ModuleState& state, StatusCode computed, Micros time) {
  const std::uint16_t need = needed(config, computed);
  const bool asynchronous = traits(config.type).asynchronous;
  if (asynchronous && state.ff_start == 0) state.ff_start = time;
  if (run_timed_out(config, state, need, time)) {
    std::fill(std::begin(state.counters), std::end(state.counters), std::uint16_t{0});
    state.ff_start = time;
  }
  std::uint16_t& counter = state.counters[static_cast<std::size_t>(computed)];
  if (counter <= need) ++counter;
  if (counter <= need) return false;
  std::fill(std::begin(state.counters), std::end(state.counters), std::uint16_t{0});
  if (asynchronous) state.ff_start = time;
  return true;
}

/// Warning escalation (server §8.8): a warning that lasts counts as critical.
StatusCode escalated(const ModuleConfig& config, ModuleState& state, StatusCode computed) {
  if (config.warning_time == 0) return computed;
  if (computed != StatusCode::kWarning) {
    state.warning_count = 0;
    return computed;
  }
  const bool escalating = state.warning_count > config.warning_time;
  if (!escalating && state.known == StatusCode::kWarning) ++state.warning_count;
  return state.warning_count > config.warning_time ? StatusCode::kCritical : computed;
}

StatusChange show(ModuleState& state, StatusCode status, Micros time) {
  const StatusChange change{.from = state.status, .to = status};
  state.status = status;
  state.known = status;
  state.status_since = time;
  return change;
}

/// §13: changed values, one a day of unchanged ones, everything of asynchronous types and log4x.
bool belongs_to_history(const ModuleConfig& config, const ModuleState& state, bool value_changed,
                        Micros time) {
  const TypeTraits& type = traits(config.type);
  return value_changed || type.asynchronous || type.value_class == ValueClass::kSeverity ||
         time - state.last_stored > kStoreAgainAfter;
}

void take_over(const ModuleConfig& config, ModuleState& state, ValueKind kind, bool value_changed,
               StatusCode computed, Micros time, Outcome& outcome) {
  if (belongs_to_history(config, state, value_changed, time)) {
    state.last_stored = time;
    outcome.store = config.history;
  }
  state.kind = kind;
  state.value_time = time;
  outcome.kind = kind;
  outcome.state_changed = true;
  outcome.change = advance(config, state, escalated(config, state, computed), time);
}

void accept_text(const ModuleConfig& config, ModuleState& state, std::string_view value,
                 std::optional<StatusCode> explicit_status, Micros time, Outcome& outcome) {
  const std::uint64_t digest = fingerprint64(value);
  const bool changed = state.kind != ValueKind::kText || digest != state.text_digest;
  const StatusCode computed = explicit_status ? *explicit_status : status_of_text(config, value);
  if (changed) {
    state.text.assign(text::truncate_utf8(value, kMaxStateText));
    state.text_digest = digest;
    state.number = 0;
  }
  outcome.text = value;
  take_over(config, state, ValueKind::kText, changed, computed, time, outcome);
}

/// Future times become the receive time; nullopt for a sample beyond the backlog (server §6.5) or
/// before 1970.
std::optional<Micros> sample_time(const SampleInput& sample, const SampleContext& context,
                                  Outcome& outcome) {
  if (sample.time > context.received + context.time.max_ahead) {
    outcome.future_clamped = true;
    outcome.ahead = sample.time - context.received;
    return context.received;
  }
  if (sample.time < 0) return std::nullopt;
  if (context.time.max_backlog > 0 && sample.time < context.received - context.time.max_backlog) {
    return std::nullopt;
  }
  return sample.time;
}

/// What happens to a sample after its text became `processed` (or not).
Outcome settle(const ModuleConfig& config, ModuleState& state, const SampleInput& sample,
               const Processed& processed, const SampleContext& context, Outcome outcome) {
  outcome.state_changed = true;  // last_try
  outcome.reason = processed.reason;
  switch (processed.kind) {
    case Processed::Kind::kRejected:
      outcome.verdict = Verdict::kRejected;
      return outcome;
    case Processed::Kind::kTouch:
      state.received = std::max(state.received, context.received);
      outcome.verdict = Verdict::kNoResult;
      return outcome;
    case Processed::Kind::kNoResult:
      outcome.verdict = Verdict::kNoResult;
      return outcome;
    case Processed::Kind::kValue:
      break;
  }
  const bool is_text = traits(config.type).value_class == ValueClass::kText;
  if (state.kind != ValueKind::kNone && outcome.time < state.value_time) {
    // Whether a late sample repeats its neighbour in time is not known here, so it is kept.
    outcome.verdict = Verdict::kLate;
    outcome.store = config.history;
    outcome.kind = is_text ? ValueKind::kText : ValueKind::kNumber;
    outcome.number = processed.number;
    if (is_text) outcome.text = sample.text;
    return outcome;
  }
  outcome.verdict = Verdict::kAccepted;
  state.received = std::max(state.received, context.received);
  if (is_text) {
    accept_text(config, state, sample.text, sample.status, outcome.time, outcome);
  } else {
    accept_number(config, state, processed.number, sample.status, outcome.time, outcome);
  }
  return outcome;
}

/// Common beginning; nullopt when the sample goes no further.
std::optional<Outcome> begin(const ModuleConfig& config, ModuleState& state,
                             const SampleInput& sample, const SampleContext& context,
                             Outcome& refused) {
  Outcome outcome;
  if (config.disabled) {
    refused.reason = Reason::kModuleDisabled;
    return std::nullopt;
  }
  state.last_try = std::max(state.last_try, context.received);
  const std::optional<Micros> time = sample_time(sample, context, outcome);
  if (!time) {
    refused.verdict = Verdict::kRejected;
    refused.reason = Reason::kTooOld;
    refused.state_changed = true;
    refused.time = sample.time;
    return std::nullopt;
  }
  outcome.time = *time;
  return outcome;
}

}  // namespace

bool ModuleState::operator==(const ModuleState& other) const {
  return number == other.number && text == other.text && text_digest == other.text_digest &&
         reference.value == other.reference.value && reference.time == other.reference.time &&
         reference.set == other.reference.set && value_time == other.value_time &&
         received == other.received && last_try == other.last_try &&
         last_stored == other.last_stored && status_since == other.status_since &&
         ff_start == other.ff_start && fast_interval_s == other.fast_interval_s &&
         same_count == other.same_count &&
         std::equal(std::begin(counters), std::end(counters), std::begin(other.counters)) &&
         warning_count == other.warning_count && kind == other.kind && status == other.status &&
         known == other.known && last == other.last;
}

ModuleState initial_state(ModuleType type) {
  ModuleState state;
  if (traits(type).asynchronous) state.status = state.known = StatusCode::kNormal;
  return state;
}

std::size_t sample_count(const report::ModuleReport& module) {
  if (module.samples.empty() && !module.has_list) return 1;
  return module.samples.size();
}

SampleInput sample_of(const report::ModuleReport& module, std::size_t index, ModuleType stored_type,
                      Micros report_time) {
  SampleInput input;
  input.time = report_time;
  if (index < module.samples.size()) {
    input.text = module.samples[index].value;
    input.time = module.samples[index].time.value_or(report_time);
  }
  if (traits(stored_type).value_class == ValueClass::kSeverity) {
    input.text = module.severity ? std::string_view(*module.severity) : std::string_view();
  }
  if (module.status) input.status = explicit_status(*module.status);
  return input;
}

std::optional<StatusChange> advance(const ModuleConfig& config, ModuleState& state,
                                    StatusCode computed, Micros time) {
  std::optional<StatusChange> change;
  const bool reached = config.cumulative_ff ? cumulative(config, state, computed, time)
                                            : consecutive(config, state, computed, time);
  if (reached && state.known != computed) change = show(state, computed, time);

  // First data and return from unknown wait for nothing (server §8.7).
  if (state.status == StatusCode::kNotInit) {
    change = show(state, StatusCode::kNormal, time);
  } else if (state.status == StatusCode::kUnknown) {
    const bool has_known = state.known != StatusCode::kNotInit;
    change = show(state, has_known ? state.known : StatusCode::kNormal, time);
    change->returned_to_known = true;
    std::fill(std::begin(state.counters), std::end(state.counters), std::uint16_t{0});
  }
  state.last = computed;

  const bool waiting = config.cumulative_ff ? state.status != computed : !reached;
  state.fast_interval_s = waiting ? config.ff_interval_s : 0;
  return change;
}

void accept_number(const ModuleConfig& config, ModuleState& state, double number,
                   std::optional<StatusCode> explicit_status, Micros time, Outcome& outcome) {
  const double shown = presented(number);
  std::optional<double> previous;
  if (state.kind == ValueKind::kNumber) previous = presented(state.number);
  const StatusCode computed =
      explicit_status ? *explicit_status : status_of_number(config, shown, previous);
  state.number = number;
  if (state.kind == ValueKind::kText) {
    state.text.clear();
    state.text_digest = 0;
  }
  outcome.number = number;
  take_over(config, state, ValueKind::kNumber, previous != shown, computed, time, outcome);
}

Outcome apply_sample(const ModuleConfig& config, ModuleState& state, const SampleInput& sample,
                     const SampleContext& context) {
  Outcome refused;
  if (config.type == ModuleType::kKeepAlive) {
    refused.reason = Reason::kServerProduced;
    return refused;
  }
  const std::optional<Outcome> outcome = begin(config, state, sample, context, refused);
  if (!outcome) return refused;
  const Processed processed = process_value(config, sample.text, outcome->time, state.reference);
  return settle(config, state, sample, processed, context, *outcome);
}

Outcome apply_number(const ModuleConfig& config, ModuleState& state, double number, Micros time,
                     const SampleContext& context) {
  Outcome refused;
  if (traits(config.type).value_class == ValueClass::kText) {
    refused.verdict = Verdict::kRejected;
    refused.reason = Reason::kNotANumber;
    return refused;
  }
  const SampleInput sample{.text = {}, .time = time, .status = {}};
  const std::optional<Outcome> outcome = begin(config, state, sample, context, refused);
  if (!outcome) return refused;
  const Processed processed = process_number(config, number, outcome->time, state.reference);
  return settle(config, state, sample, processed, context, *outcome);
}

}  // namespace yagura::monitor
