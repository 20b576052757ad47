#include "host/network.h"

#include <algorithm>
#include <array>

#include "host/parse.h"

namespace yagura::host {
namespace {

constexpr std::array<std::string_view, 17> kVirtualPrefixes = {
    "veth", "ifb", "dummy",  "cali",   "cni",    "flannel", "vnet",   "tap",    "lxc",
    "sit",  "gre", "erspan", "ip6tnl", "ip6gre", "tunl",    "ip_vti", "ip6_vti"};
/// Longest name of an interface (IFNAMSIZ - 1); longer ones cannot be real and never become a path.
constexpr std::size_t kMaxNameBytes = 15;

std::optional<InterfaceCounters> parse_line(std::string_view line) {
  // The last colon ends the name: old kernels put no blank behind it ("eth0:1234").
  const std::size_t colon = line.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  InterfaceCounters out;
  out.name = trim(line.substr(0, colon));
  std::array<std::uint64_t, 16> columns{};
  Words words(line.substr(colon + 1));
  for (std::uint64_t& column : columns) {
    const auto value = to_u64(words.next());
    if (!value) return std::nullopt;
    column = *value;
  }
  if (out.name.empty() || out.name.size() > kMaxNameBytes || out.name == "." || out.name == ".." ||
      out.name.find('/') != std::string::npos) {
    return std::nullopt;
  }
  out.rx_bytes = columns[0];
  out.rx_packets = columns[1];
  out.rx_errors = columns[2];
  out.rx_dropped = columns[3];
  out.tx_bytes = columns[8];
  out.tx_packets = columns[9];
  out.tx_errors = columns[10];
  out.tx_dropped = columns[11];
  return out;
}

std::optional<InterfaceRates> rates_of(const InterfaceCounters& a, const InterfaceCounters& b,
                                       double seconds) {
  const std::array<std::optional<std::uint64_t>, 8> deltas = {
      advance(a.rx_bytes, b.rx_bytes),     advance(a.tx_bytes, b.tx_bytes),
      advance(a.rx_packets, b.rx_packets), advance(a.tx_packets, b.tx_packets),
      advance(a.rx_errors, b.rx_errors),   advance(a.tx_errors, b.tx_errors),
      advance(a.rx_dropped, b.rx_dropped), advance(a.tx_dropped, b.tx_dropped)};
  std::array<double, 8> rates{};
  for (std::size_t i = 0; i < deltas.size(); ++i) {
    if (!deltas[i]) return std::nullopt;
    rates[i] = static_cast<double>(*deltas[i]) / seconds;
  }
  return InterfaceRates{b.name,   rates[0], rates[1],
                        rates[2], rates[3], rates[4] + rates[5] + rates[6] + rates[7]};
}

}  // namespace

Result<std::vector<InterfaceCounters>> parse_interfaces(std::string_view net_dev) {
  std::vector<InterfaceCounters> out;
  Lines lines(net_dev);
  while (const auto line = lines.next()) {
    auto interface = parse_line(*line);
    if (!interface) continue;
    if (out.size() >= kMaxInterfaces) {
      return Error{ErrorCode::kLimit,
                   "/proc/net/dev: more than " + std::to_string(kMaxInterfaces) + " interfaces"};
    }
    out.push_back(std::move(*interface));
  }
  return out;
}

Result<NetworkSnapshot> read_interfaces(const Root& root, Micros steady_now) {
  YAGURA_TRY(text, root.read("/proc/net/dev", kMaxNetDevBytes));
  YAGURA_TRY(interfaces, parse_interfaces(text));
  return NetworkSnapshot{steady_now, std::move(interfaces)};
}

Result<std::vector<InterfaceRates>> interface_rates(const NetworkSnapshot& earlier,
                                                    const NetworkSnapshot& later) {
  if (later.at <= earlier.at) {
    return Error{ErrorCode::kUnavailable, "network rates: no time passed"};
  }
  const double seconds = static_cast<double>(later.at - earlier.at) / static_cast<double>(kSecond);
  std::vector<InterfaceRates> out;
  for (const InterfaceCounters& b : later.interfaces) {
    const auto a = std::find_if(earlier.interfaces.begin(), earlier.interfaces.end(),
                                [&](const InterfaceCounters& i) { return i.name == b.name; });
    if (a == earlier.interfaces.end()) continue;
    if (auto rates = rates_of(*a, b, seconds)) out.push_back(std::move(*rates));
  }
  return out;
}

Result<bool> link_up(const Root& root, const std::string& name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == ".." ||
      name.find('/') != std::string::npos) {
    return Error{ErrorCode::kInvalid, "'" + name + "' cannot be the name of an interface"};
  }
  YAGURA_TRY(state, root.read_value("/sys/class/net/" + name + "/operstate"));
  if (state == "up") return true;
  if (state != "unknown") return false;
  const auto carrier = root.read_value("/sys/class/net/" + name + "/carrier");
  return carrier.ok() && *carrier == "1";
}

std::vector<std::string> monitored_interfaces(const Root& root, const NetworkSnapshot& snapshot) {
  std::vector<std::string> out;
  for (const InterfaceCounters& interface : snapshot.interfaces) {
    const std::string& name = interface.name;
    if (name == "lo" || std::any_of(kVirtualPrefixes.begin(), kVirtualPrefixes.end(),
                                    [&](std::string_view p) { return name.starts_with(p); })) {
      continue;
    }
    const auto up = link_up(root, name);
    const bool idle = interface.rx_bytes == 0 && interface.tx_bytes == 0;
    if (idle && !(up.ok() && *up)) continue;
    out.push_back(name);
  }
  return out;
}

}  // namespace yagura::host
