// Network addresses of this host, from the kernel (netlink through getifaddrs). Not for fixtures.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace yagura::host {

/// Addresses by which others can reach this host: IPv4 without 127.0.0.0/8, then IPv6 without
/// loopback and link-local ones, each in the kernel's order and once.
Result<std::vector<std::string>> read_addresses();

}  // namespace yagura::host
