// IP addresses as the socket edge uses them: the values of text/cidr.h, taken from sockets and
// counted for limits.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "text/cidr.h"

struct sockaddr;

namespace yagura::net {

using Address = text::IpAddress;
using Network = text::Network;

/// Of an AF_INET or AF_INET6 socket address (IPv4-mapped ones as IPv4); anything else gives
/// 0.0.0.0, which is never a peer's address.
Address address_of(const struct sockaddr* address);

/// What limits count: a whole IPv4 address, or the /64 network of an IPv6 address, because one IPv6
/// host commonly owns all of it.
Address counted(const Address& address);

struct AddressHash {
  std::size_t operator()(const Address& address) const noexcept {
    const auto& b = address.bytes();
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(b.data()), b.size()}) ^
           static_cast<std::size_t>(address.family());
  }
};

}  // namespace yagura::net
