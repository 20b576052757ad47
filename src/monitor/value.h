// From the text of a sample to a value: numbers, texts, counters, post-processing, bounds.
// Source: spec agent-data §8, §9; spec server §7.3.
//
// Values keep full double precision. What is compared, evaluated and shown is the value rounded to
// five decimals (presented()), so that a status never contradicts the number beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "monitor/module_config.h"
#include "monitor/types.h"

namespace yagura::monitor {

/// Counter reference of an incremental module; `time` is the sample's, not the receive time.
struct CounterReference {
  double value = 0;
  Micros time = 0;
  bool set = false;
};

/// What became of one sample's text.
struct Processed {
  enum class Kind : std::uint8_t {
    kValue,     ///< `number`, or the text itself for text classes
    kRejected,  ///< state untouched; only "last try" moves
    kNoResult,  ///< counter without a result yet: state untouched
    kTouch,     ///< counter reset: no result, but the module was heard of
  } kind = Kind::kRejected;
  Reason reason = Reason::kNone;  ///< of everything but kValue
  double number = 0;
};

/// `value` rounded to 5 decimals, as the compatible API shows it; numbers beyond 2^53 / 10^5 have
/// no such decimals and come back unchanged. Never returns -0.
double presented(double value);

/// "12.50000", as the compatible API writes numbers.
std::string compatible_text(double value);

/// 10 … 60 for the severity words of log4x in any case, 10 for every other text.
int log4x_severity(std::string_view word);

/// Range check of §8: `value` is already post-processed.
bool within_bounds(double value, double min, double max);

/// Applies the rules of the module's class to `text` taken at `time`. `reference` is read and
/// written for the counter classes only. Never throws, allocates nothing.
Processed process_value(const ModuleConfig& config, std::string_view text, Micros time,
                        CounterReference& reference);

/// Same for a value that already is a number (keep-alive, remote checks).
Processed process_number(const ModuleConfig& config, double number, Micros time,
                         CounterReference& reference);

}  // namespace yagura::monitor
