// All parsers of host/ on any bytes: names in these files are chosen by users of the host.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "host/cpu.h"
#include "host/diskio.h"
#include "host/memory.h"
#include "host/mounts.h"
#include "host/network.h"
#include "host/processes.h"
#include "host/sockets.h"
#include "host/system.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yagura::host;  // NOLINT
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cpu = parse_cpu(text);
  if (cpu.ok()) {
    const auto usage = cpu_usage(CpuSnapshot{}, *cpu);
    if (usage.ok() && !(usage->used >= 0 && usage->used <= 100.0001)) std::abort();
  }
  const auto memory = parse_memory(text);
  if (memory.ok() && !(memory->used_percent() >= 0 && memory->used_percent() <= 100)) std::abort();
  const auto mounts = parse_mounts(text);
  if (mounts.ok() && monitored_mounts(*mounts).size() > mounts->size()) std::abort();
  (void)parse_disks(text);
  const auto interfaces = parse_interfaces(text);
  if (interfaces.ok()) {
    for (const auto& interface : *interfaces) {
      if (interface.name.find('/') != std::string::npos) std::abort();
    }
  }
  (void)parse_process(text);
  Sockets sockets;
  add_sockstat(text, sockets);
  (void)parse_established(text);
  (void)parse_load(text);
  (void)parse_uptime(text);
  (void)parse_os_release(text);
  return 0;
}
