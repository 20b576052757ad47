#include "net/address.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace yagura::net {
namespace {

constexpr std::size_t kMappedBytes = 12;  // 10 zero bytes and two of 0xff before an IPv4 address
constexpr unsigned kMappedBits = 96;
constexpr std::size_t kNetworkBytes = 8;  // /64

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  const std::string copy(text);
  Address out;
  if (::inet_pton(AF_INET, copy.c_str(), &out.bytes_[kMappedBytes]) == 1) {
    out.bytes_[10] = out.bytes_[11] = 0xff;
    return out;
  }
  if (::inet_pton(AF_INET6, copy.c_str(), out.bytes_.data()) == 1) return out;
  return Error{ErrorCode::kInvalid, "'" + copy + "' is no IP address"};
}

Address Address::from(const struct sockaddr* address) {
  Address out;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::memcpy(&out.bytes_[kMappedBytes], &v4.sin_addr, 4);
    out.bytes_[10] = out.bytes_[11] = 0xff;
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::memcpy(out.bytes_.data(), &v6.sin6_addr, 16);
  }
  return out;
}

bool Address::is_v4() const {
  return std::all_of(bytes_.begin(), bytes_.begin() + 10, [](auto b) { return b == 0; }) &&
         bytes_[10] == 0xff && bytes_[11] == 0xff;
}

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const bool v4 = is_v4();
  ::inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &bytes_[kMappedBytes] : bytes_.data(), out.data(),
              out.size());
  return out.data();
}

Address Address::counted() const {
  if (is_v4()) return *this;
  Address out = *this;
  std::fill(out.bytes_.begin() + kNetworkBytes, out.bytes_.end(), std::uint8_t{0});
  return out;
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  Network out;
  YAGURA_TRY(base, Address::parse(text.substr(0, slash)));
  out.base_ = base;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const unsigned most = base.is_v4() ? 32 : 128;
    if (error != std::errc() || end != digits.data() + digits.size() || bits > most) {
      return Error{ErrorCode::kInvalid, "'" + std::string(text) + "': the prefix length is wrong"};
    }
    out.bits_ = base.is_v4() ? bits + kMappedBits : bits;
  }
  for (unsigned bit = out.bits_; bit < 128; ++bit) {
    if ((out.base_.bytes_[bit / 8] >> (7 - bit % 8) & 1U) != 0) {
      return Error{ErrorCode::kInvalid,
                   "'" + std::string(text) + "': bits beyond the prefix are set"};
    }
  }
  return out;
}

bool Network::contains(const Address& address) const {
  const auto& a = address.bytes();
  const auto& b = base_.bytes();
  const std::size_t whole = bits_ / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  const unsigned rest = bits_ % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest) & 0xffU;
  return (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace yagura::net
