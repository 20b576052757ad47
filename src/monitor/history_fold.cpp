#include "monitor/history_fold.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace yagura::monitor {

std::int64_t bucket_width(std::int64_t span_s, std::int64_t max_points, std::int64_t least_s) {
  constexpr std::array<std::int64_t, 21> kWidths = {
      1,    5,     10,    30,    60,    120,    300,    600,     900,     1800,    3600,
      7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 31536000};
  // One bucket more than span / width can be touched, because buckets do not begin at `from`.
  for (const std::int64_t width : kWidths) {
    if (width >= least_s && span_s / width + 2 <= max_points) return width;
  }
  return std::max(least_s, span_s / std::max<std::int64_t>(1, max_points - 2) + 1);
}

std::vector<Bucket> fold(std::span<const Bucket> in, std::int64_t width_s) {
  std::vector<Bucket> out;
  const auto width = static_cast<double>(width_s);
  for (const Bucket& b : in) {
    const double at = std::floor(b.at / width) * width;
    if (out.empty() || out.back().at != at) {
      out.push_back({at, b.n, b.min, b.max, b.sum});
      continue;
    }
    Bucket& last = out.back();
    last.n += b.n;
    last.min = std::min(last.min, b.min);
    last.max = std::max(last.max, b.max);
    last.sum += b.sum;
  }
  return out;
}

std::vector<Gap> find_gaps(std::span<const double> times, double from, double to,
                           double longest_s) {
  std::vector<Gap> out;
  double last = from;
  for (const double at : times) {
    if (at - last > longest_s) out.emplace_back(last, at);
    last = at;
  }
  if (to - last > longest_s) out.emplace_back(last, to);
  return out;
}

}  // namespace yagura::monitor
