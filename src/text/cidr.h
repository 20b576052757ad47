// IP addresses and networks (CIDR) as values: parsing, comparing, membership.
//
// IPv4-mapped IPv6 addresses (::ffff:192.0.2.1) are the IPv4 address they carry, so that a list of
// IPv4 networks cannot be passed by a dual-stack socket. Strict texts only: no leading zeros, no
// short forms ("10.1"), no zone index. Pure values, safe from any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura::text {

enum class IpFamily : std::uint8_t { kV4, kV6 };

class IpAddress {
 public:
  /// 0.0.0.0
  IpAddress() = default;
  static Result<IpAddress> parse(std::string_view text);
  /// Four bytes (IPv4) or sixteen (IPv6), network order; anything else is kInvalid.
  static Result<IpAddress> from_bytes(std::string_view bytes);

  [[nodiscard]] IpFamily family() const { return family_; }
  /// 4 or 16 significant bytes; the rest is 0.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// Canonical text (RFC 5952 for IPv6).
  [[nodiscard]] std::string to_string() const;
  /// 127.0.0.0/8 or ::1.
  [[nodiscard]] bool is_loopback() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpFamily family_ = IpFamily::kV4;
  std::array<std::uint8_t, 16> bytes_{};
};

class Network {
 public:
  /// "192.0.2.0/24", "2001:db8::/32" or a single address. Bits behind the prefix must be 0: a
  /// network with host bits is more often a typing error than a wish.
  static Result<Network> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] const IpAddress& base() const { return base_; }
  [[nodiscard]] unsigned prefix() const { return prefix_; }
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Network&) const = default;

 private:
  IpAddress base_;
  unsigned prefix_ = 32;
};

/// A list of networks, such as "10.0.0.0/8, 2001:db8::/32".
class NetworkList {
 public:
  /// At most this many entries in one list.
  static constexpr std::size_t kMaxEntries = 4096;

  /// Comma or white space separated; empty text = empty list.
  static Result<NetworkList> parse(std::string_view text);

  void add(Network network) { networks_.push_back(network); }
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] bool empty() const { return networks_.empty(); }
  [[nodiscard]] const std::vector<Network>& networks() const { return networks_; }

 private:
  std::vector<Network> networks_;
};

}  // namespace yagura::text
