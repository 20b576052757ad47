// The archive reader on arbitrary bytes, whole and in pieces: both must agree.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tentacle/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 100'000;
  if (size < 1) return 0;
  const std::size_t piece = static_cast<std::size_t>(data[0]) + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);

  const auto whole = yagura::tentacle::expand_zip(bytes, kLimit);
  std::string out;
  yagura::tentacle::ZipReader reader(kLimit, [&out](std::string_view part) {
    out.append(part);
    return yagura::Status{};
  });
  bool ok = true;
  for (std::size_t at = 0; at < bytes.size() && ok; at += piece) {
    ok = reader.feed(bytes.substr(at, piece)).ok();
  }
  ok = ok && reader.finish().ok();
  if (ok != whole.ok() || out.size() > kLimit || (ok && out != *whole)) std::abort();
  return 0;
}
