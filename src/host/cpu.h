// CPU time of the whole machine: /proc/stat.
//
// The kernel counts since boot, so a percentage needs two snapshots. In a container /proc/stat is
// the host's unless lxcfs stands before it; the figures are then the host's, as those of top are.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

/// Ticks (USER_HZ, 1/100 s) since boot. `user` contains guest time, as the kernel counts it.
struct CpuTimes {
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0,
                steal = 0;
};

struct CpuSnapshot {
  CpuTimes all;
  std::vector<CpuTimes> cpus;  ///< online CPUs in the kernel's order
  std::uint64_t context_switches = 0;
  std::uint64_t boot_time_s = 0;  ///< seconds since 1970, 0 if the kernel does not tell
  std::uint64_t running = 0;      ///< runnable tasks at this moment
  std::uint64_t blocked = 0;      ///< tasks waiting for a device
};

/// Shares of the time between two snapshots, percent 0..100 of all CPUs together.
struct CpuUsage {
  double used = 0;    ///< everything but idle and iowait
  double user = 0;    ///< user and nice
  double system = 0;  ///< system, irq and softirq
  double iowait = 0;
  double steal = 0;    ///< taken by other guests of the hypervisor
  double busiest = 0;  ///< `used` of the CPU with the highest share: one stuck thread shows here
};

/// Largest /proc/stat that is read; its interrupt line grows with the machine.
constexpr std::size_t kMaxStatBytes = 8UL * 1024 * 1024;
constexpr std::size_t kMaxCpus = 8192;

/// kInvalid if there is no "cpu" line. Kernels before 2.6.11 lack the later columns: counted as 0.
Result<CpuSnapshot> parse_cpu(std::string_view stat);
Result<CpuSnapshot> read_cpu(const Root& root);

/// kUnavailable if no tick passed between the two. A column that went back (iowait does that by
/// design of the kernel) counts as 0.
Result<CpuUsage> cpu_usage(const CpuSnapshot& earlier, const CpuSnapshot& later);

}  // namespace yagura::host
