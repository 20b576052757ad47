#include "host/diskio.h"

#include <algorithm>
#include <array>
#include <optional>

#include "host/parse.h"

namespace yagura::host {
namespace {

/// The kernel counts in units of 512 bytes here, whatever the disk's own sector size is.
constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kMaxSectors = UINT64_MAX / kSectorBytes;

constexpr std::array<std::string_view, 9> kLayers = {"loop", "ram", "zram", "dm-", "md",
                                                     "sr",   "fd",  "drbd", "nbd"};

std::optional<DiskCounters> parse_line(std::string_view line) {
  Words words(line);
  words.skip(2);
  DiskCounters out;
  out.name = words.next();
  std::array<std::uint64_t, 11> columns{};
  for (std::uint64_t& column : columns) {
    const auto value = to_u64(words.next());
    if (!value) return std::nullopt;
    column = *value;
  }
  if (columns[2] > kMaxSectors || columns[6] > kMaxSectors) return std::nullopt;
  out.reads = columns[0];
  out.read_bytes = columns[2] * kSectorBytes;
  out.writes = columns[4];
  out.written_bytes = columns[6] * kSectorBytes;
  out.busy_ms = columns[9];
  return out;
}

bool is_layer(std::string_view name) {
  return std::any_of(kLayers.begin(), kLayers.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Names of devices may hold '!' in /sys where they hold '/' elsewhere (cciss/c0d0).
std::string sys_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '!');
  return name;
}

}  // namespace

Result<std::vector<DiskCounters>> parse_disks(std::string_view diskstats) {
  std::vector<DiskCounters> out;
  Lines lines(diskstats);
  while (const auto line = lines.next()) {
    auto disk = parse_line(*line);
    if (!disk) continue;
    if (out.size() >= kMaxDisks) {
      return Error{ErrorCode::kLimit,
                   "/proc/diskstats: more than " + std::to_string(kMaxDisks) + " devices"};
    }
    out.push_back(std::move(*disk));
  }
  return out;
}

Result<DiskSnapshot> read_disks(const Root& root, Micros steady_now) {
  YAGURA_TRY(text, root.read("/proc/diskstats", kMaxDiskstatsBytes));
  YAGURA_TRY(disks, parse_disks(text));
  std::erase_if(disks, [&](const DiskCounters& disk) {
    return is_layer(disk.name) ||
           root.exists("/sys/class/block/" + sys_name(disk.name) + "/partition");
  });
  return DiskSnapshot{steady_now, std::move(disks)};
}

Result<std::vector<DiskRates>> disk_rates(const DiskSnapshot& earlier, const DiskSnapshot& later) {
  if (later.at <= earlier.at) return Error{ErrorCode::kUnavailable, "disk rates: no time passed"};
  const double seconds = static_cast<double>(later.at - earlier.at) / static_cast<double>(kSecond);
  std::vector<DiskRates> out;
  for (const DiskCounters& b : later.disks) {
    const auto a = std::find_if(earlier.disks.begin(), earlier.disks.end(),
                                [&](const DiskCounters& d) { return d.name == b.name; });
    if (a == earlier.disks.end()) continue;
    const auto reads = advance(a->reads, b.reads), writes = advance(a->writes, b.writes);
    const auto in = advance(a->read_bytes, b.read_bytes);
    const auto written = advance(a->written_bytes, b.written_bytes);
    const auto busy = advance(a->busy_ms, b.busy_ms);
    if (!reads || !writes || !in || !written || !busy) continue;
    out.push_back({b.name, static_cast<double>(*in) / seconds,
                   static_cast<double>(*written) / seconds, static_cast<double>(*reads) / seconds,
                   static_cast<double>(*writes) / seconds,
                   std::min(100.0, static_cast<double>(*busy) / (10.0 * seconds))});
  }
  return out;
}

}  // namespace yagura::host
