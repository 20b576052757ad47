// Time: one seam, so that every rule takes `now` and tests travel in time.
//
// Timestamps are UTC, microseconds since 1970-01-01 (type Micros); durations in seconds where a
// name ends in _s. Wall time may jump; deadlines use the steady clock.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace yagura {

/// Microseconds since the epoch (UTC) or of a steady clock, as named.
using Micros = std::int64_t;

constexpr Micros kSecond = 1'000'000;
constexpr Micros kMinute = 60 * kSecond;
constexpr Micros kHour = 60 * kMinute;
constexpr Micros kDay = 24 * kHour;

/// Source of time. Implementations are safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall clock, UTC. May jump in both directions.
  [[nodiscard]] virtual Micros now() const = 0;
  /// Never goes back; only differences mean something.
  [[nodiscard]] virtual Micros steady() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Micros now() const override;
  [[nodiscard]] Micros steady() const override;
};

/// A clock that moves only when told: for tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Micros start) : now_(start) {}
  [[nodiscard]] Micros now() const override { return now_.load(); }
  [[nodiscard]] Micros steady() const override { return steady_.load(); }
  void advance(Micros by) {
    now_ += by;
    steady_ += by;
  }
  /// Moves the wall clock alone, as an administrator or NTP step does.
  void jump_to(Micros wall) { now_ = wall; }

 private:
  std::atomic<Micros> now_;
  std::atomic<Micros> steady_{0};
};

/// "2026-11-22T01:24:01.123Z" (milliseconds, always UTC).
std::string format_utc(Micros time);

}  // namespace yagura
