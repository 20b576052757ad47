// IP addresses and networks as values: for limits per address, allow lists and logs.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sockaddr;

namespace yagura::net {

/// An IPv4 or IPv6 address. IPv4 is kept in its mapped form (::ffff:a.b.c.d), so that a client
/// counts as the same one on a dual-stack listener.
class Address {
 public:
  /// The unspecified address "::".
  Address() = default;
  /// "192.0.2.1" or "2001:db8::1"; no brackets, no zone, no port.
  static Result<Address> parse(std::string_view text);
  /// Of an AF_INET or AF_INET6 socket address; anything else gives the unspecified address.
  static Address from(const struct sockaddr* address);

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] std::string text() const;
  /// What limits count: a whole IPv4 address, or the /64 network of an IPv6 address, because one
  /// IPv6 host commonly owns all of it.
  [[nodiscard]] Address counted() const;
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  auto operator<=>(const Address&) const = default;

 private:
  friend class Network;
  std::array<std::uint8_t, 16> bytes_{};
};

/// A CIDR network.
class Network {
 public:
  /// "10.0.0.0/8", "2001:db8::/32", or a single address. Bits beyond the prefix must be zero.
  static Result<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(const Address& address) const;

 private:
  Address base_;
  unsigned bits_ = 128;
};

}  // namespace yagura::net

template <>
struct std::hash<yagura::net::Address> {
  std::size_t operator()(const yagura::net::Address& address) const noexcept {
    const auto& b = address.bytes();
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(b.data()), b.size()});
  }
};
