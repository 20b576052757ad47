#include "host/sockets.h"

#include "host/parse.h"

namespace yagura::host {
namespace {

/// The number behind `key` in "inuse 5 orphan 0 tw 2"; 0 if absent.
std::uint64_t field(Words words, std::string_view key) {
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    const std::string_view value = words.next();
    if (word == key) return to_u64(value).value_or(0);
  }
  return 0;
}

}  // namespace

void add_sockstat(std::string_view sockstat, Sockets& out) {
  Lines lines(sockstat);
  while (const auto line = lines.next()) {
    Words words(*line);
    const std::string_view key = words.next();
    if (key == "sockets:") out.used += field(words, "used");
    if (key == "TCP:" || key == "TCP6:") {
      out.tcp += field(words, "inuse");
      out.tcp_time_wait += field(words, "tw");
    }
    if (key == "UDP:" || key == "UDP6:") out.udp += field(words, "inuse");
  }
}

Result<std::uint64_t> parse_established(std::string_view snmp) {
  std::string_view header;
  Lines lines(snmp);
  while (const auto line = lines.next()) {
    if (!line->starts_with("Tcp:")) continue;
    if (header.empty()) {
      header = *line;
      continue;
    }
    Words names(header), values(*line);
    for (std::string_view name = names.next(); !name.empty(); name = names.next()) {
      const std::string_view value = values.next();
      if (name != "CurrEstab") continue;
      if (const auto number = to_u64(value)) return *number;
    }
  }
  return Error{ErrorCode::kInvalid, "/proc/net/snmp: no CurrEstab"};
}

Result<Sockets> read_sockets(const Root& root) {
  Sockets out;
  YAGURA_TRY(v4, root.read("/proc/net/sockstat", kMaxSockstatBytes));
  add_sockstat(v4, out);
  if (const auto v6 = root.read("/proc/net/sockstat6", kMaxSockstatBytes); v6.ok()) {
    add_sockstat(*v6, out);
  }
  if (const auto snmp = root.read("/proc/net/snmp", kMaxSockstatBytes); snmp.ok()) {
    const auto established = parse_established(*snmp);
    if (established.ok()) out.tcp_established = *established;
  }
  return out;
}

}  // namespace yagura::host
