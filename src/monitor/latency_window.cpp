#include "monitor/latency_window.h"

#include <algorithm>
#include <cmath>

namespace yagura::monitor {
namespace {

constexpr double kGrowth = 1.25;

}  // namespace

std::size_t LatencyWindow::bucket_of(Micros delay) {
  if (delay <= 1) return 0;
  const double place = std::log(static_cast<double>(delay)) / std::log(kGrowth);
  return std::min(kBuckets - 1, static_cast<std::size_t>(std::ceil(place)));
}

LatencyWindow::Slot& LatencyWindow::slot_at(Micros now) {
  const Micros number = now / kSlot;
  Slot& slot = slots_[static_cast<std::size_t>(number) % kSlots];
  if (slot.number != number) {
    slot.number = number;
    slot.counts.fill(0);
  }
  return slot;
}

void LatencyWindow::add(Micros delay, Micros now, std::uint32_t count) {
  slot_at(now).counts[bucket_of(delay)] += count;
}

Micros LatencyWindow::percentile(double percent, Micros now) {
  const Micros current = now / kSlot;
  std::array<std::uint64_t, kBuckets> sum{};
  std::uint64_t all = 0;
  for (const Slot& slot : slots_) {
    if (slot.number < 0 || current - slot.number >= static_cast<Micros>(kSlots)) continue;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      sum[i] += slot.counts[i];
      all += slot.counts[i];
    }
  }
  if (all == 0) return 0;
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(all) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += sum[i];
    if (seen >= wanted) {
      return static_cast<Micros>(std::pow(kGrowth, static_cast<double>(i)));
    }
  }
  return 0;
}

}  // namespace yagura::monitor
