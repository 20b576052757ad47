#include "host/memory.h"

#include <algorithm>
#include <optional>

#include "host/parse.h"

namespace yagura::host {
namespace {

constexpr std::uint64_t kMaxKilobytes = UINT64_MAX / 1024;

double percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return 100.0 * static_cast<double>(std::min(part, whole)) / static_cast<double>(whole);
}

}  // namespace

double Memory::used_percent() const {
  return percent(total - std::min(available, total), total);
}

double Memory::swap_used_percent() const {
  return percent(swap_total - std::min(swap_free, swap_total), swap_total);
}

Result<Memory> parse_memory(std::string_view meminfo) {
  Memory out;
  std::optional<std::uint64_t> available;
  Lines lines(meminfo);
  while (const auto line = lines.next()) {
    Words words(*line);
    const std::string_view key = words.next();
    const auto kilobytes = to_u64(words.next());
    if (!kilobytes || *kilobytes > kMaxKilobytes) continue;
    const std::uint64_t bytes = *kilobytes * 1024;
    if (key == "MemTotal:") out.total = bytes;
    if (key == "MemFree:") out.free = bytes;
    if (key == "MemAvailable:") available = bytes;
    if (key == "Buffers:") out.buffers = bytes;
    if (key == "Cached:") out.cached = bytes;
    if (key == "SwapTotal:") out.swap_total = bytes;
    if (key == "SwapFree:") out.swap_free = bytes;
  }
  if (out.total == 0) return Error{ErrorCode::kInvalid, "/proc/meminfo: no usable MemTotal"};
  const std::uint64_t guess = std::min(out.total, out.free) + std::min(out.total, out.buffers) +
                              std::min(out.total, out.cached);
  out.available = std::min(out.total, available.value_or(guess));
  return out;
}

Result<Memory> read_memory(const Root& root) {
  YAGURA_TRY(text, root.read("/proc/meminfo", kMaxMeminfoBytes));
  return parse_memory(text);
}

}  // namespace yagura::host
