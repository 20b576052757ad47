// Texts that name servers and proxies (client_transport.h).
#include <algorithm>
#include <charconv>

#include "tentacle/client_transport.h"

namespace yagura::tentacle {
namespace {

constexpr std::size_t kMaxHost = 253;  // RFC 1035

bool valid_host(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHost && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
         });
}

}  // namespace

Result<ServerAddress> ServerAddress::parse(std::string_view text) {
  const Error wrong{ErrorCode::kInvalid,
                    "'" + std::string(text) + "': expected host, host:port, [IPv6] or [IPv6]:port"};
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong;
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (host.find(':') == std::string_view::npos || (!rest.empty() && rest.front() != ':')) {
      return wrong;
    }
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (!valid_host(host)) return wrong;
  ServerAddress out{std::string(host), kDefaultPort};
  if (has_port) {
    const char* end = port.data() + port.size();
    const auto [at, error] = std::from_chars(port.data(), end, out.port);
    if (error != std::errc() || at != end || out.port == 0) return wrong;
  }
  return out;
}

std::string ServerAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<HttpProxy> HttpProxy::parse(std::string_view text) {
  HttpProxy proxy;
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view credentials = text.substr(0, at);
    const std::size_t colon = std::min(credentials.find(':'), credentials.size());
    proxy.user = credentials.substr(0, colon);
    if (colon < credentials.size()) {
      proxy.password = crypto::Secret(std::string(credentials.substr(colon + 1)));
    }
    text.remove_prefix(at + 1);
  }
  // The text may hold a password: an error must not repeat it.
  auto address = ServerAddress::parse(text);
  if (!address.ok()) {
    return Error{ErrorCode::kInvalid, "proxy: expected [user:password@]host:port"};
  }
  proxy.address = std::move(address).value();
  return proxy;
}

}  // namespace yagura::tentacle
