#include "net/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace yagura::net {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kTextStart = "PROXY ";
constexpr std::size_t kFixed = 16;     // of version 2: signature, command, family, length
constexpr std::size_t kMaxText = 107;  // of version 1, with its line end

Error wrong() {
  return Error{ErrorCode::kInvalid, "no PROXY protocol header"};
}

std::uint16_t big16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8U |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

}  // namespace

Status ProxyHeaderReader::feed(std::string_view bytes) {
  if (bytes.size() > wanted_) return wrong();
  bytes_.append(bytes);
  wanted_ -= bytes.size();
  if (wanted_ > 0) return {};
  if (std::string_view(bytes_).starts_with(kTextStart)) return on_text();
  if (std::string_view(bytes_).starts_with(kSignature)) return on_binary();
  return wrong();
}

/// "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", read byte by byte up to its end.
Status ProxyHeaderReader::on_text() {
  if (!bytes_.ends_with("\r\n")) {
    if (bytes_.size() >= kMaxText) return wrong();
    wanted_ = 1;
    return {};
  }
  std::array<std::string_view, 6> fields;
  std::string_view rest(bytes_);
  rest.remove_suffix(2);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    fields[i] = rest.substr(0, blank);
    rest.remove_prefix(std::min(blank + 1, rest.size()));
    if (i == 1 && fields[1] == "UNKNOWN") return {};
  }
  if (!rest.empty() || (fields[1] != "TCP4" && fields[1] != "TCP6")) return wrong();
  const auto address = Address::parse(fields[2]);
  Source source;
  const char* end = fields[4].data() + fields[4].size();
  const auto [at, error] = std::from_chars(fields[4].data(), end, source.port);
  if (!address.ok() || error != std::errc() || at != end) return wrong();
  if ((address->family() == text::IpFamily::kV4) != (fields[1] == "TCP4")) return wrong();
  source.address = *address;
  source_ = source;
  return {};
}

Status ProxyHeaderReader::on_binary() {
  if (bytes_.size() < kFixed) {
    wanted_ = kFixed - bytes_.size();
    return {};
  }
  const std::size_t size = kFixed + big16(bytes_, 14);
  if (size > kMaxProxyHeader) return wrong();
  if (bytes_.size() < size) {
    wanted_ = size - bytes_.size();
    return {};
  }
  const auto command = static_cast<unsigned char>(bytes_[12]);
  const auto family = static_cast<unsigned char>(bytes_[13]);
  if (command >> 4U != 2 || (command & 15U) > 1) return wrong();
  if ((command & 15U) == 0) return {};  // LOCAL
  Source source;
  if (family == 0x11) {  // TCP over IPv4
    if (size < kFixed + 12) return wrong();
    YAGURA_TRY(address, Address::from_bytes(std::string_view(bytes_).substr(kFixed, 4)));
    source.address = address;
    source.port = big16(bytes_, kFixed + 8);
  } else if (family == 0x21) {  // TCP over IPv6
    if (size < kFixed + 36) return wrong();
    YAGURA_TRY(address, Address::from_bytes(std::string_view(bytes_).substr(kFixed, 16)));
    source.address = address;
    source.port = big16(bytes_, kFixed + 32);
  } else {
    return wrong();
  }
  source_ = source;
  return {};
}

}  // namespace yagura::net
