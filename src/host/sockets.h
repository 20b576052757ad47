// Sockets in use: /proc/net/sockstat, sockstat6 and snmp.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

struct Sockets {
  std::uint64_t used = 0;  ///< of all families
  std::uint64_t tcp = 0;   ///< TCP over IPv4 and IPv6, listening ones too
  std::uint64_t tcp_time_wait = 0;
  std::uint64_t udp = 0;
  std::uint64_t tcp_established = 0;
};

constexpr std::size_t kMaxSockstatBytes = 65536;

/// Adds what a sockstat file says; names of the version 6 file ("TCP6:") count with the others.
void add_sockstat(std::string_view sockstat, Sockets& out);
/// The column CurrEstab of the Tcp lines in /proc/net/snmp; kInvalid without it.
Result<std::uint64_t> parse_established(std::string_view snmp);
/// kNotFound without /proc/net/sockstat; IPv6 and snmp may be missing.
Result<Sockets> read_sockets(const Root& root);

}  // namespace yagura::host
