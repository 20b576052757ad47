// Load, uptime, kernel, operating system and name of the host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

struct Load {
  double one = 0, five = 0, fifteen = 0;  ///< averages over minutes
  std::uint64_t threads = 0;              ///< kernel scheduling entities that exist
};
Result<Load> parse_load(std::string_view loadavg);
/// /proc/loadavg
Result<Load> read_load(const Root& root);

/// Seconds since boot, /proc/uptime.
Result<double> parse_uptime(std::string_view uptime);
Result<double> read_uptime(const Root& root);

/// Kernel release such as "6.1.0-28-amd64", /proc/sys/kernel/osrelease.
Result<std::string> read_kernel_release(const Root& root);
/// Name of the host as the kernel has it, /proc/sys/kernel/hostname (in a fixture else
/// /etc/hostname).
Result<std::string> read_hostname(const Root& root);

/// What os-release(5) says. Empty fields were absent.
struct OsRelease {
  std::string id;           ///< "debian"
  std::string name;         ///< "Debian GNU/Linux"
  std::string version_id;   ///< "12"
  std::string pretty_name;  ///< "Debian GNU/Linux 12 (bookworm)"
};
constexpr std::size_t kMaxOsReleaseBytes = 65536;
/// Reads KEY=value lines with shell quoting; the last of equal keys wins. kInvalid if neither ID
/// nor NAME nor PRETTY_NAME is there.
Result<OsRelease> parse_os_release(std::string_view text);
/// /etc/os-release, else /usr/lib/os-release.
Result<OsRelease> read_os_release(const Root& root);

}  // namespace yagura::host
