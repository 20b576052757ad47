// Memory and swap: /proc/meminfo.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

/// All in bytes.
struct Memory {
  std::uint64_t total = 0;
  std::uint64_t free = 0;       ///< used for nothing at all, not even cache
  std::uint64_t available = 0;  ///< what new programs can get without swapping
  std::uint64_t buffers = 0;
  std::uint64_t cached = 0;
  std::uint64_t swap_total = 0;
  std::uint64_t swap_free = 0;

  /// Percent of memory that is not available, 0..100.
  [[nodiscard]] double used_percent() const;
  /// Percent of swap in use; 0 on a machine without swap.
  [[nodiscard]] double swap_used_percent() const;
};

constexpr std::size_t kMaxMeminfoBytes = 65536;

/// kInvalid without MemTotal. Kernels before 3.14 have no MemAvailable: then free + buffers +
/// cached stands for it, as free(1) did at that time.
Result<Memory> parse_memory(std::string_view meminfo);
Result<Memory> read_memory(const Root& root);

}  // namespace yagura::host
