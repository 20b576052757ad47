// The PROXY protocol header (versions 1 and 2) by which a load balancer names the true client
// (TEN-02, TEN-15). Sans-I/O: the reader says how many bytes it may be given, so that not one byte
// of what follows the header is taken from the socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace yagura::net {

/// Longest header of version 2 that is read, with all its extra fields; version 1 has 107.
constexpr std::size_t kMaxProxyHeader = 1024;

class ProxyHeaderReader {
 public:
  struct Source {
    Address address;
    std::uint16_t port = 0;
  };

  /// How many bytes may be fed next; 0 = the header is complete.
  [[nodiscard]] std::size_t wanted() const { return wanted_; }
  /// At most wanted() bytes. kInvalid if this is no header.
  Status feed(std::string_view bytes);
  /// The true client; nothing if the proxy speaks for itself (a health check).
  [[nodiscard]] const std::optional<Source>& source() const { return source_; }

 private:
  Status on_text();
  Status on_binary();

  std::string bytes_;
  std::size_t wanted_ = 12;
  std::optional<Source> source_;
};

}  // namespace yagura::net
