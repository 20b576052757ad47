// Processes: /proc/PID/stat and /proc/PID/cmdline, without any child process.
//
// A process may end while the table is read: it is then left out, as ps does. With hidepid the
// kernel shows only this account's own processes; visible_all tells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

struct Process {
  int pid = 0;
  int parent = 0;
  char state = '?';  ///< R running, S and D waiting, Z zombie, T stopped, I idle
  std::string name;  ///< the kernel's short name, at most 15 bytes, chosen by the process
  std::uint64_t threads = 0;
  std::uint64_t cpu_ticks = 0;    ///< user and system time, 1/100 s
  std::uint64_t start_ticks = 0;  ///< after boot, 1/100 s
  std::uint64_t rss_pages = 0;
};

struct ProcessTable {
  std::vector<Process> processes;
  /// False if the kernel hides processes of other accounts (mount option hidepid): counts are then
  /// those of this account only.
  bool visible_all = true;
};

struct ProcessCounts {
  std::uint64_t total = 0, running = 0, zombies = 0, threads = 0;
};

constexpr std::size_t kMaxProcesses = 200000;
constexpr std::size_t kMaxCommandLineBytes = 65536;

/// One /proc/PID/stat. The name may hold blanks, parentheses and line ends.
Result<Process> parse_process(std::string_view stat);
Result<ProcessTable> read_processes(const Root& root);
ProcessCounts count_processes(const ProcessTable& table);

/// The command line with one blank between the words, as ps shows it; empty for kernel threads.
Result<std::string> read_command_line(const Root& root, int pid);

/// Processes whose whole command line is `wanted` (spec agent-conf §4, module_proc).
std::vector<Process> find_by_command_line(const Root& root, const ProcessTable& table,
                                          std::string_view wanted);
/// Processes whose kernel name or base name of the program is `wanted`.
std::vector<Process> find_by_name(const Root& root, const ProcessTable& table,
                                  std::string_view wanted);

}  // namespace yagura::host
