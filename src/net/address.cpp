#include "net/address.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

namespace yagura::net {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // /64

Address from_raw(const void* bytes, std::size_t size) {
  auto parsed = Address::from_bytes({static_cast<const char*>(bytes), size});
  return parsed.ok() ? *parsed : Address();
}

}  // namespace

Address address_of(const struct sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return from_raw(&v4.sin_addr, sizeof v4.sin_addr);
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    return from_raw(&v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return {};
}

Address counted(const Address& address) {
  if (address.family() == text::IpFamily::kV4) return address;
  std::array<std::uint8_t, 16> bytes = address.bytes();
  std::fill(bytes.begin() + kNetworkBytes, bytes.end(), std::uint8_t{0});
  return from_raw(bytes.data(), bytes.size());
}

}  // namespace yagura::net
