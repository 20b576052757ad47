// HostView: what the agent sees of its host in one run. Each source is read at most once per run
// and only if a module asks for it; rates compare with the run before.
//
//   view.begin_run();
//   const auto& usage = view.cpu_usage();   // Result: "could not assess" is an answer of its own
//   view.end_run();
//
// The first run has nothing to compare with: prime() takes the first snapshots, and the caller
// waits a moment. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/cpu.h"
#include "host/diskio.h"
#include "host/memory.h"
#include "host/mounts.h"
#include "host/network.h"
#include "host/processes.h"
#include "host/root.h"
#include "host/sockets.h"
#include "host/system.h"

namespace yagura::agent {

class HostView {
 public:
  /// `root` and `clock` must outlive it; `ask` is replaced in tests.
  HostView(const host::Root& root, const Clock& clock,
           host::UsageFunction ask = host::statvfs_usage);

  /// Takes the snapshots that rates start from. Needed once, before the first run.
  void prime();
  [[nodiscard]] bool primed() const { return primed_; }

  void begin_run();
  void end_run();

  [[nodiscard]] const host::Root& root() const { return root_; }
  const Result<host::CpuSnapshot>& cpu();
  const Result<host::CpuUsage>& cpu_usage();
  const Result<host::Memory>& memory();
  const Result<host::Load>& load();
  const Result<host::ProcessTable>& processes();
  const Result<host::Sockets>& sockets();
  const Result<std::vector<host::Mount>>& mounts();
  const Result<std::vector<host::DiskRates>>& disks();
  const Result<host::NetworkSnapshot>& network();
  const Result<std::vector<host::InterfaceRates>>& interfaces();
  /// kNotFound if nothing is mounted there.
  Result<host::Usage> usage(const std::string& mount_point);

 private:
  const Result<host::DiskSnapshot>& disk_snapshot();

  const host::Root& root_;
  const Clock& clock_;
  host::UsageProbe probe_;
  bool primed_ = false;

  std::optional<host::CpuSnapshot> cpu_before_;
  std::optional<host::DiskSnapshot> disks_before_;
  std::optional<host::NetworkSnapshot> network_before_;

  /// What this run has read so far.
  struct Run {
    std::optional<Result<host::CpuSnapshot>> cpu;
    std::optional<Result<host::CpuUsage>> cpu_usage;
    std::optional<Result<host::Memory>> memory;
    std::optional<Result<host::Load>> load;
    std::optional<Result<host::ProcessTable>> processes;
    std::optional<Result<host::Sockets>> sockets;
    std::optional<Result<std::vector<host::Mount>>> mounts;
    std::optional<Result<host::DiskSnapshot>> disk_snapshot;
    std::optional<Result<std::vector<host::DiskRates>>> disks;
    std::optional<Result<host::NetworkSnapshot>> network;
    std::optional<Result<std::vector<host::InterfaceRates>>> interfaces;
  };
  Run run_;
};

}  // namespace yagura::agent
