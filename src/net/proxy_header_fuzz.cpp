// The PROXY protocol reader on arbitrary bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  yagura::net::ProxyHeaderReader reader;
  std::size_t taken = 0;
  while (reader.wanted() > 0 && !bytes.empty()) {
    const std::size_t piece = std::min(reader.wanted(), bytes.size());
    if (!reader.feed(bytes.substr(0, piece)).ok()) return 0;
    bytes.remove_prefix(piece);
    taken += piece;
    if (taken > yagura::net::kMaxProxyHeader) std::abort();
  }
  return 0;
}
