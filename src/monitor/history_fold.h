// Values over time, folded so that a chart can show them: buckets with minimum, maximum and
// average, and gaps. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "monitor/query_modules.h"

namespace yagura::monitor {

/// A value or a bucket of values, by start time in seconds.
struct Bucket {
  double at = 0;
  std::int64_t n = 0;
  double min = 0;
  double max = 0;
  double sum = 0;
};

/// Width of a bucket for at most `max_points` of them over `span_s`: the smallest of a list of
/// round widths (1 s ... 30 days) that is enough and at least `least_s`.
std::int64_t bucket_width(std::int64_t span_s, std::int64_t max_points, std::int64_t least_s);

/// Adds up what falls into the same bucket of `width_s`, counted from the epoch so that buckets do
/// not move when the range does. `in` is ascending; so is the result.
std::vector<Bucket> fold(std::span<const Bucket> in, std::int64_t width_s);

/// Pairs of neighbouring times further apart than `longest_s`, the ends of the range included.
/// `times` is ascending.
std::vector<Gap> find_gaps(std::span<const double> times, double from, double to, double longest_s);

}  // namespace yagura::monitor
