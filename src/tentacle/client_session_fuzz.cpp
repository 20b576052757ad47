// The client session and the proxy handshake on arbitrary answers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tentacle/client_session.h"

using yagura::tentacle::ClientSession;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = static_cast<std::size_t>(data[1]) + 1;
  std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);

  yagura::tentacle::ProxyHandshake proxy("h", 1, "u", "p");
  std::string_view for_proxy = bytes;
  const auto opened = proxy.feed(for_proxy);
  static_cast<void>(opened.ok());

  ClientSession session;
  const auto packing =
      (data[0] & 1U) != 0 ? ClientSession::Packing::kCompressed : ClientSession::Packing::kPlain;
  const std::string file = "some bytes";
  unsigned turn = data[0];
  while (!bytes.empty()) {
    if (!session.busy()) {
      static_cast<void>(session.take_result().ok());
      switch (turn++ % 3) {
        case 0:
          static_cast<void>(session.start_send("name.data", file, packing).ok());
          break;
        case 1:
          static_cast<void>(session.start_receive("name.conf", 100, packing).ok());
          break;
        default:
          session.start_password("9e769017c85f064977fe6a658f207fa6");
      }
    }
    if (!session.output().empty()) session.sent(std::min<std::size_t>(session.output().size(), 7));
    session.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  session.lost("end");
  return 0;
}
