// Percentiles of a delay over the last minute, in a few hundred bytes: buckets that grow by a
// quarter each, in slots of ten seconds. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace yagura::monitor {

class LatencyWindow {
 public:
  /// `now`: steady clock. Negative delays (a wall clock stepped) count as 0.
  void add(Micros delay, Micros now, std::uint32_t count = 1);
  /// The delay below which `percent` of the last minute's fall, to within a quarter; 0 if there
  /// were none.
  [[nodiscard]] Micros percentile(double percent, Micros now);

 private:
  static constexpr std::size_t kBuckets = 96;  ///< 1.25^95 µs > 26 min
  static constexpr std::size_t kSlots = 6;
  static constexpr Micros kSlot = 10 * kSecond;

  struct Slot {
    Micros number = -1;
    std::array<std::uint32_t, kBuckets> counts{};
  };
  static std::size_t bucket_of(Micros delay);
  Slot& slot_at(Micros now);

  std::array<Slot, kSlots> slots_{};
};

}  // namespace yagura::monitor
