#include "monitor/fingerprint.h"

#include <cstddef>

namespace yagura::monitor {

namespace {

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return word;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
  return hash ^ (hash >> 35);
}

}  // namespace

std::uint64_t fingerprint64(std::string_view text) {
  std::uint64_t hash = 0x2545f4914f6cdd1dULL ^ text.size();
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8)
    hash = mix(hash, little_endian(text.data() + i, 8));
  if (i < text.size()) hash = mix(hash, little_endian(text.data() + i, text.size() - i));
  return mix(hash, 0);
}

}  // namespace yagura::monitor
