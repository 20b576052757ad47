// Any bytes in any encoding: the result is well-formed UTF-8 or an error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/encoding.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yagura::text;
  static const char* const kNames[] = {"utf-8",      "utf-16le",   "utf-16be", "windows-1252",
                                       "koi8-r",     "big5",       "euc-kr",   "gb18030",
                                       "shift_jis",  "euc-jp",     "cp1255",   "cp1258",
                                       "big5-hkscs", "iso-8859-7", "tis-620"};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto text = decode_xml(bytes); text.ok() && !is_valid_utf8(text->utf8())) std::abort();
  if (size == 0) return 0;
  const auto text = decode(bytes.substr(1), kNames[data[0] % std::size(kNames)]);
  if (!text.ok() || !is_valid_utf8(text->utf8())) std::abort();
  return 0;
}
