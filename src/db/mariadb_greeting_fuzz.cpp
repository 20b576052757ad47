#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "db/mariadb_greeting.h"

using yagura::db::Greeting;
using yagura::db::judge_greeting;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Greeting whole = judge_greeting(bytes);
  // A verdict never changes when bytes are only missing at the end.
  for (std::size_t n = 0; n < size && n < 256; ++n) {
    const Greeting part = judge_greeting(bytes.substr(0, n));
    if (part != Greeting::kIncomplete && part != whole && size <= yagura::db::kMaxGreetingBytes) {
      std::abort();
    }
  }
  return 0;
}
