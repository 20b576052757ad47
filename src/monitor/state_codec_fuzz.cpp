// Any bytes: the reader refuses or gives states that it would write back to states equal to them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "monitor/fingerprint.h"
#include "monitor/state_codec.h"

namespace {

void check(std::string_view bytes) {
  const auto states = yagura::monitor::decode_states(bytes);
  if (!states.ok()) return;
  std::string written;
  yagura::monitor::encode_states(std::span<const yagura::monitor::SlotState>(*states), written);
  const auto again = yagura::monitor::decode_states(written);
  if (!again.ok() || !(*again == *states)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  // With check bits that fit, so that the fuzzer gets behind them.
  const std::uint64_t hash = yagura::monitor::fingerprint64(bytes);
  const auto folded = static_cast<std::uint32_t>(hash ^ (hash >> 32));
  for (unsigned i = 0; i < 4; ++i)
    bytes += static_cast<char>(folded >> (8 * i) & 0xffU);
  check(bytes);
  return 0;
}
