// Traffic of disks: /proc/diskstats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

/// Counters since boot.
struct DiskCounters {
  std::string name;  ///< "sda", "nvme0n1"
  std::uint64_t reads = 0, read_bytes = 0;
  std::uint64_t writes = 0, written_bytes = 0;
  std::uint64_t busy_ms = 0;  ///< time with at least one request under way
};

struct DiskSnapshot {
  Micros at = 0;  ///< steady clock
  std::vector<DiskCounters> disks;
};

struct DiskRates {
  std::string name;
  double read_bytes_s = 0, write_bytes_s = 0;
  double reads_s = 0, writes_s = 0;
  double busy_percent = 0;  ///< 0..100
};

constexpr std::size_t kMaxDiskstatsBytes = 4UL * 1024 * 1024;
constexpr std::size_t kMaxDisks = 4096;

/// Every line with at least the 14 columns of 2.6; the short lines that old kernels wrote for
/// partitions are left out. kLimit above kMaxDisks.
Result<std::vector<DiskCounters>> parse_disks(std::string_view diskstats);
/// Whole disks only: no partitions, and no layers over disks (loop, ram, device mapper, RAID,
/// optical) that would count the same bytes twice.
Result<DiskSnapshot> read_disks(const Root& root, Micros steady_now);
/// Rates of the disks that are in both snapshots and did not restart their counters. kUnavailable
/// if no time passed.
Result<std::vector<DiskRates>> disk_rates(const DiskSnapshot& earlier, const DiskSnapshot& later);

}  // namespace yagura::host
