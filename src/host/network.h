// Traffic and link state of network interfaces: /proc/net/dev and /sys/class/net.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "host/root.h"

namespace yagura::host {

/// Counters since the interface was made.
struct InterfaceCounters {
  std::string name;
  std::uint64_t rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0;
  std::uint64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0;
};

struct NetworkSnapshot {
  Micros at = 0;  ///< steady clock
  std::vector<InterfaceCounters> interfaces;
};

struct InterfaceRates {
  std::string name;
  double rx_bytes_s = 0, tx_bytes_s = 0;
  double rx_packets_s = 0, tx_packets_s = 0;
  double errors_s = 0;  ///< errors and drops of both directions
};

constexpr std::size_t kMaxNetDevBytes = 4UL * 1024 * 1024;
constexpr std::size_t kMaxInterfaces = 16384;

Result<std::vector<InterfaceCounters>> parse_interfaces(std::string_view net_dev);
Result<NetworkSnapshot> read_interfaces(const Root& root, Micros steady_now);
/// Rates of the interfaces in both snapshots whose counters did not restart.
Result<std::vector<InterfaceRates>> interface_rates(const NetworkSnapshot& earlier,
                                                    const NetworkSnapshot& later);

/// True if the link is up (operstate "up", or "unknown" with a carrier, as tunnels have). kNotFound
/// without such an interface.
Result<bool> link_up(const Root& root, const std::string& name);

/// Interfaces worth watching without being asked: no loopback, no ends of virtual cables that
/// container run times make, nothing that was never up and never moved a byte.
std::vector<std::string> monitored_interfaces(const Root& root, const NetworkSnapshot& snapshot);

}  // namespace yagura::host
