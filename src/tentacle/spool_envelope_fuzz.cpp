// The envelope reader on arbitrary bytes: what it accepts must be exactly what the writer writes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tentacle/spool_envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto parsed = yagura::tentacle::parse_header(bytes);
  if (!parsed.ok()) return 0;
  if (yagura::tentacle::write_header(parsed->envelope) != bytes.substr(0, parsed->payload_offset)) {
    std::abort();
  }
  return 0;
}
