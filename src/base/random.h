// Randomness: one seam. Everything that must not be guessed uses SystemRandom.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace yagura {

/// Source of random bytes. SystemRandom is safe from any thread; SeededRandom is not.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  /// `bytes` random bytes as lower-case hexadecimal (twice as many characters).
  std::string hex(std::size_t bytes);
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
};

/// getrandom(2). Ends the process if the kernel cannot give randomness.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// The same bytes for the same seed: for tests and simulations, never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace yagura
