#include "agent/host_sources.h"

#include <cmath>

#include <unistd.h>

#include "agent/native_modules.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

constexpr std::uint64_t kMegabyte = 1024ULL * 1024;

std::string whole(double value) {
  return text::format_fixed(std::floor(value), 0);
}

Result<std::vector<host::Process>> find(HostView& view, const std::string& command_line) {
  const auto& table = view.processes();
  if (!table.ok()) return table.error();
  return host::find_by_command_line(view.root(), *table, command_line);
}

Error no_process(const std::string& command_line) {
  return Error{ErrorCode::kNotFound, "no process '" + command_line + "'"};
}

/// CPU time over life time, as ps shows it.
Result<std::string> cpu_of_process(HostView& view, const std::string& command_line) {
  YAGURA_TRY(found, find(view, command_line));
  if (found.empty()) return no_process(command_line);
  YAGURA_TRY(uptime, host::read_uptime(view.root()));
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double lifetime = uptime - static_cast<double>(found.front().start_ticks) / ticks;
  if (lifetime <= 0) return std::string("0");
  const double percent = 100.0 * static_cast<double>(found.front().cpu_ticks) / ticks / lifetime;
  return text::format_shortest(std::round(percent * 10) / 10);
}

Result<std::string> memory_of_process(HostView& view, const std::string& command_line) {
  YAGURA_TRY(found, find(view, command_line));
  if (found.empty()) return no_process(command_line);
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return whole(static_cast<double>(found.front().rss_pages) * page /
               static_cast<double>(kMegabyte));
}

Result<std::string> disk(HostView& view, Source source, const std::string& mount) {
  YAGURA_TRY(usage, view.usage(mount));
  if (source == Source::kFreeDisk) return std::to_string(usage.available / kMegabyte);
  if (usage.total == 0) return Error{ErrorCode::kInvalid, mount + ": has no size"};
  const auto total = static_cast<double>(usage.total);
  const auto available = static_cast<double>(std::min(usage.available, usage.total));
  return whole(100.0 * (source == Source::kFreePercentDisk ? available : total - available) /
               total);
}

}  // namespace

Result<std::string> read_host_source(HostView& view, Source source, const std::string& argument) {
  switch (source) {
    case Source::kNative: {
      YAGURA_TRY(call, parse_native_call(argument));
      return call.native->read(view, call.argument);
    }
    case Source::kProc: {
      YAGURA_TRY(found, find(view, argument));
      return std::string(found.empty() ? "0" : "1");
    }
    case Source::kCpuProc:
      return cpu_of_process(view, argument);
    case Source::kMemProc:
      return memory_of_process(view, argument);
    case Source::kFreeDisk:
    case Source::kFreePercentDisk:
    case Source::kOccupiedPercentDisk:
      return disk(view, source, argument);
    case Source::kCpuUsage:
      return find_native("cpu_user")->read(view, {});
    case Source::kFreeMemory:
    case Source::kFreePercentMemory: {
      const auto& memory = view.memory();
      if (!memory.ok()) return memory.error();
      if (source == Source::kFreeMemory) return std::to_string(memory->free / kMegabyte);
      return whole(100.0 * static_cast<double>(memory->free) / static_cast<double>(memory->total));
    }
    case Source::kNone:
    case Source::kExec:
    case Source::kPlugin:
    case Source::kLogTail:
      break;
  }
  return Error{ErrorCode::kInternal, "not a source of the host"};
}

}  // namespace yagura::agent
