#include "text/cidr.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "text/numbers.h"

namespace yagura::text {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

unsigned bits_of(IpFamily family) {
  return family == IpFamily::kV4 ? 32 : 128;
}

bool bit_is_set(const std::array<std::uint8_t, 16>& bytes, unsigned bit) {
  return (bytes[bit / 8] & (0x80U >> (bit % 8))) != 0;
}

Error not_an_address(std::string_view text) {
  return Error{ErrorCode::kInvalid, "'" + std::string(text.substr(0, 64)) + "' is no IP address"};
}

}  // namespace

Result<IpAddress> IpAddress::from_bytes(std::string_view bytes) {
  IpAddress address;
  if (bytes.size() == 16) {
    if (std::memcmp(bytes.data(), kMappedPrefix.data(), kMappedPrefix.size()) == 0) {
      bytes.remove_prefix(kMappedPrefix.size());
    } else {
      address.family_ = IpFamily::kV6;
    }
  }
  const std::size_t expected = address.family_ == IpFamily::kV6 ? 16 : 4;
  if (bytes.size() != expected) {
    return Error{ErrorCode::kInvalid, "an IP address has 4 or 16 bytes"};
  }
  std::memcpy(address.bytes_.data(), bytes.data(), bytes.size());
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) {
    return not_an_address(text);
  }
  const std::string terminated(text);
  std::array<char, 16> raw{};
  const bool v6 = text.find(':') != text.npos;
  if (::inet_pton(v6 ? AF_INET6 : AF_INET, terminated.c_str(), raw.data()) != 1) {
    return not_an_address(text);
  }
  return from_bytes(std::string_view(raw.data(), v6 ? 16 : 4));
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  ::inet_ntop(family_ == IpFamily::kV4 ? AF_INET : AF_INET6, bytes_.data(), buffer.data(),
              static_cast<socklen_t>(buffer.size()));
  return buffer.data();
}

bool IpAddress::is_loopback() const {
  if (family_ == IpFamily::kV4) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; }) &&
         bytes_[15] == 1;
}

Result<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  YAGURA_TRY(base, IpAddress::parse(text.substr(0, slash)));
  Network network;
  network.base_ = base;
  network.prefix_ = bits_of(base.family());
  if (slash == text.npos) return network;

  const std::string_view digits = text.substr(slash + 1);
  const auto prefix = parse_integer<unsigned>(digits);
  const bool leading_zero = digits.size() > 1 && digits.front() == '0';
  // "::ffff:10.0.0.0/104" became IPv4 above; its prefix length would mean something else now.
  const bool mapped = base.family() == IpFamily::kV4 && text.find(':') != text.npos;
  if (!prefix || leading_zero || *prefix > network.prefix_ || mapped) {
    return Error{ErrorCode::kInvalid,
                 "'" + std::string(text.substr(0, 64)) + "' has no usable prefix length"};
  }
  for (unsigned bit = *prefix; bit < network.prefix_; ++bit) {
    if (bit_is_set(base.bytes(), bit)) {
      return Error{ErrorCode::kInvalid, "'" + std::string(text.substr(0, 64)) +
                                            "' has bits behind its prefix; write the network's "
                                            "first address"};
    }
  }
  network.prefix_ = *prefix;
  return network;
}

bool Network::contains(const IpAddress& address) const {
  if (address.family() != base_.family()) return false;
  const std::size_t whole = prefix_ / 8;
  if (std::memcmp(address.bytes().data(), base_.bytes().data(), whole) != 0) return false;
  const unsigned rest = prefix_ % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8U - rest);
  return ((static_cast<unsigned>(address.bytes()[whole]) ^ base_.bytes()[whole]) & mask & 0xFFU) ==
         0;
}

std::string Network::to_string() const {
  std::string text = base_.to_string();
  if (prefix_ != bits_of(base_.family())) text += "/" + std::to_string(prefix_);
  return text;
}

Result<NetworkList> NetworkList::parse(std::string_view text) {
  NetworkList list;
  const auto is_separator = [](char c) { return c == ',' || is_space(c); };
  for (std::size_t pos = 0; pos < text.size();) {
    if (is_separator(text[pos])) {
      ++pos;
      continue;
    }
    const auto end = static_cast<std::size_t>(
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(pos), text.end(), is_separator) -
        text.begin());
    if (list.networks_.size() >= kMaxEntries) {
      return Error{ErrorCode::kLimit, "more than " + std::to_string(kMaxEntries) + " networks"};
    }
    YAGURA_TRY(network, Network::parse(text.substr(pos, end - pos)));
    list.add(network);
    pos = end;
  }
  return list;
}

bool NetworkList::contains(const IpAddress& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) { return network.contains(address); });
}

}  // namespace yagura::text
