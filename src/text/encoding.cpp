#include "text/encoding.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <iconv.h>

#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::text {
namespace {

using Fidelity = DecodedText::Fidelity;

/// What a name stands for: one of our own decoders or a table of iconv.
enum class Codec : std::uint8_t { kUtf8, kUtf16, kUtf16Le, kUtf16Be, kWindows1252, kIconv };

struct Alias {
  std::string_view name;  ///< lower case
  Codec codec;
  const char* table;  ///< name for iconv
};

constexpr std::array kAliases = std::to_array<Alias>({
    {"utf-8", Codec::kUtf8, nullptr},
    {"utf8", Codec::kUtf8, nullptr},
    {"us-ascii", Codec::kUtf8, nullptr},
    {"ascii", Codec::kUtf8, nullptr},
    {"ansi_x3.4-1968", Codec::kUtf8, nullptr},
    {"utf-16", Codec::kUtf16, nullptr},
    {"utf-16le", Codec::kUtf16Le, nullptr},
    {"utf-16be", Codec::kUtf16Be, nullptr},
    {"iso-8859-1", Codec::kWindows1252, nullptr},
    {"iso8859-1", Codec::kWindows1252, nullptr},
    {"iso_8859-1", Codec::kWindows1252, nullptr},
    {"latin1", Codec::kWindows1252, nullptr},
    {"latin-1", Codec::kWindows1252, nullptr},
    {"windows-1252", Codec::kWindows1252, nullptr},
    {"cp1252", Codec::kWindows1252, nullptr},
    {"iso-8859-2", Codec::kIconv, "ISO-8859-2"},
    {"iso-8859-3", Codec::kIconv, "ISO-8859-3"},
    {"iso-8859-4", Codec::kIconv, "ISO-8859-4"},
    {"iso-8859-5", Codec::kIconv, "ISO-8859-5"},
    {"iso-8859-6", Codec::kIconv, "ISO-8859-6"},
    {"iso-8859-7", Codec::kIconv, "ISO-8859-7"},
    {"iso-8859-8", Codec::kIconv, "ISO-8859-8"},
    {"iso-8859-9", Codec::kIconv, "ISO-8859-9"},
    {"iso-8859-10", Codec::kIconv, "ISO-8859-10"},
    {"iso-8859-11", Codec::kIconv, "ISO-8859-11"},
    {"tis-620", Codec::kIconv, "ISO-8859-11"},
    {"iso-8859-13", Codec::kIconv, "ISO-8859-13"},
    {"iso-8859-14", Codec::kIconv, "ISO-8859-14"},
    {"iso-8859-15", Codec::kIconv, "ISO-8859-15"},
    {"latin9", Codec::kIconv, "ISO-8859-15"},
    {"iso-8859-16", Codec::kIconv, "ISO-8859-16"},
    {"windows-1250", Codec::kIconv, "CP1250"},
    {"cp1250", Codec::kIconv, "CP1250"},
    {"windows-1251", Codec::kIconv, "CP1251"},
    {"cp1251", Codec::kIconv, "CP1251"},
    {"windows-1253", Codec::kIconv, "CP1253"},
    {"cp1253", Codec::kIconv, "CP1253"},
    {"windows-1254", Codec::kIconv, "CP1254"},
    {"cp1254", Codec::kIconv, "CP1254"},
    {"windows-1255", Codec::kIconv, "CP1255"},
    {"cp1255", Codec::kIconv, "CP1255"},
    {"windows-1256", Codec::kIconv, "CP1256"},
    {"cp1256", Codec::kIconv, "CP1256"},
    {"windows-1257", Codec::kIconv, "CP1257"},
    {"cp1257", Codec::kIconv, "CP1257"},
    {"windows-1258", Codec::kIconv, "CP1258"},
    {"cp1258", Codec::kIconv, "CP1258"},
    {"koi8-r", Codec::kIconv, "KOI8-R"},
    {"koi8-u", Codec::kIconv, "KOI8-U"},
    {"ibm866", Codec::kIconv, "IBM866"},
    {"cp866", Codec::kIconv, "IBM866"},
    {"big5", Codec::kIconv, "CP950"},
    {"cp950", Codec::kIconv, "CP950"},
    {"windows-950", Codec::kIconv, "CP950"},
    {"big5-hkscs", Codec::kIconv, "BIG5-HKSCS"},
    {"euc-kr", Codec::kIconv, "UHC"},
    {"ks_c_5601-1987", Codec::kIconv, "UHC"},
    {"cp949", Codec::kIconv, "UHC"},
    {"windows-949", Codec::kIconv, "UHC"},
    {"gb2312", Codec::kIconv, "GB18030"},
    {"gbk", Codec::kIconv, "GB18030"},
    {"gb18030", Codec::kIconv, "GB18030"},
    {"cp936", Codec::kIconv, "GB18030"},
    {"windows-936", Codec::kIconv, "GB18030"},
    {"shift_jis", Codec::kIconv, "CP932"},
    {"shift-jis", Codec::kIconv, "CP932"},
    {"sjis", Codec::kIconv, "CP932"},
    {"x-sjis", Codec::kIconv, "CP932"},
    {"ms_kanji", Codec::kIconv, "CP932"},
    {"windows-31j", Codec::kIconv, "CP932"},
    {"cswindows31j", Codec::kIconv, "CP932"},
    {"ms932", Codec::kIconv, "CP932"},
    {"cp932", Codec::kIconv, "CP932"},
    {"x-sjis-cp932", Codec::kIconv, "CP932"},
    {"x-sjis-unicode", Codec::kIconv, "CP932"},
    {"x-sjis-jisx0221", Codec::kIconv, "CP932"},
    {"x-sjis-jdk117", Codec::kIconv, "CP932"},
    {"euc-jp", Codec::kIconv, "EUC-JP-MS"},
    {"eucjp", Codec::kIconv, "EUC-JP-MS"},
    {"x-euc-jp", Codec::kIconv, "EUC-JP-MS"},
    {"eucjp-ms", Codec::kIconv, "EUC-JP-MS"},
    {"x-euc-jp-unicode", Codec::kIconv, "EUC-JP-MS"},
    {"x-euc-jp-jisx0221", Codec::kIconv, "EUC-JP-MS"},
});

/// 0x80 to 0x9F of windows-1252; 0 = the C1 control of the same number.
constexpr std::array<char16_t, 32> kWindows1252{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kUtf16LeMark = "\xFF\xFE";
constexpr std::string_view kUtf16BeMark = "\xFE\xFF";

const Alias* find_alias(std::string_view name) {
  if (name.size() > kMaxEncodingNameBytes) return nullptr;
  const auto found = std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& alias) {
    return equals_ignoring_case(alias.name, name);
  });
  return found == kAliases.end() ? nullptr : found;
}

class Converter {
 public:
  explicit Converter(const char* table) : handle_(::iconv_open("UTF-8", table)) {}
  ~Converter() {
    if (is_open()) ::iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // iconv_open() signals failure by the address -1.
  [[nodiscard]] bool is_open() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }

  DecodedText run(std::string_view bytes) {
    ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    // The longest growth is one byte to three; a replacement for one byte takes three as well.
    std::string out(bytes.size() * 3 + 16, '\0');
    char* in = const_cast<char*>(bytes.data());  // iconv does not write there
    char* to = out.data();
    std::size_t in_left = bytes.size();
    std::size_t out_left = out.size();
    Fidelity fidelity = Fidelity::kExact;
    while (::iconv(handle_, &in, &in_left, &to, &out_left) == static_cast<std::size_t>(-1)) {
      if (errno == E2BIG) {
        const std::size_t used = out.size() - out_left;
        out.resize(out.size() * 2 + 16);
        to = out.data() + used;
        out_left = out.size() - used;
        continue;
      }
      if (in_left == 0) break;
      fidelity = Fidelity::kDamaged;
      if (out_left < 3) continue;  // E2BIG comes next
      to = std::copy_n("\uFFFD", 3, to);
      out_left -= 3;
      ++in;
      --in_left;
      ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    }
    ::iconv(handle_, nullptr, nullptr, &to, &out_left);
    out.resize(out.size() - out_left);
    return DecodedText::own(std::move(out), fidelity);
  }

 private:
  iconv_t handle_;
};

/// iconv's descriptors have a state, so each thread has its own. Opening one touches no file when
/// preload_encodings() holds another of the same table.
Converter* converter_of_this_thread(const char* table) {
  thread_local std::vector<std::pair<std::string_view, std::unique_ptr<Converter>>> open;
  for (const auto& [name, converter] : open) {
    if (name == table) return converter.get();
  }
  auto converter = std::make_unique<Converter>(table);
  if (!converter->is_open()) return nullptr;
  return open.emplace_back(table, std::move(converter)).second.get();
}

enum class ByteOrder : std::uint8_t { kLittle, kBig };

DecodedText decode_utf16(std::string_view bytes, ByteOrder order) {
  const auto unit = [&](std::size_t i) -> char32_t {
    const auto a = static_cast<std::uint8_t>(bytes[i]);
    const auto b = static_cast<std::uint8_t>(bytes[i + 1]);
    return order == ByteOrder::kLittle ? static_cast<char32_t>(b << 8U | a)
                                       : static_cast<char32_t>(a << 8U | b);
  };
  std::string out;
  out.reserve(bytes.size());
  Fidelity fidelity = Fidelity::kExact;
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    char32_t c = unit(i);
    const bool high = c >= 0xD800 && c <= 0xDBFF;
    const char32_t low = high && i + 3 < bytes.size() ? unit(i + 2) : 0;
    if (high && low >= 0xDC00 && low <= 0xDFFF) {
      c = 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00);
      i += 2;
    } else if (c >= 0xD800 && c <= 0xDFFF) {
      fidelity = Fidelity::kDamaged;  // append_utf8() writes U+FFFD
    }
    append_utf8(out, c);
  }
  if (i < bytes.size()) {
    append_utf8(out, kReplacementCharacter);
    fidelity = Fidelity::kDamaged;
  }
  return DecodedText::own(std::move(out), fidelity);
}

DecodedText decode_as_utf8(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return DecodedText::view(bytes);
  return DecodedText::own(decode_windows_1252(bytes), Fidelity::kFallback);
}

Result<DecodedText> decode_with(std::string_view bytes, const Alias& alias) {
  switch (alias.codec) {
    case Codec::kUtf8:
      return decode_as_utf8(bytes);
    case Codec::kUtf16:
    case Codec::kUtf16Be:
      return decode_utf16(bytes, ByteOrder::kBig);
    case Codec::kUtf16Le:
      return decode_utf16(bytes, ByteOrder::kLittle);
    case Codec::kWindows1252:
      return DecodedText::own(decode_windows_1252(bytes), Fidelity::kExact);
    case Codec::kIconv:
      break;
  }
  Converter* converter = converter_of_this_thread(alias.table);
  if (converter == nullptr) {
    return Error{ErrorCode::kUnavailable,
                 "no table for encoding " + std::string(alias.name) + " on this machine"};
  }
  return converter->run(bytes);
}

Error unknown_encoding(std::string_view name) {
  return Error{
      ErrorCode::kInvalid,
      "encoding '" + sanitize_utf8(name.substr(0, kMaxEncodingNameBytes)) + "' is unknown"};
}

/// UTF-16 without a mark shows itself by the zero bytes of "<?".
std::optional<ByteOrder> sniff_utf16(std::string_view bytes) {
  if (bytes.starts_with(std::string_view("<\0?\0", 4))) return ByteOrder::kLittle;
  if (bytes.starts_with(std::string_view("\0<\0?", 4))) return ByteOrder::kBig;
  return std::nullopt;
}

}  // namespace

std::string decode_windows_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    const bool special = byte >= 0x80 && byte <= 0x9F && kWindows1252[byte - 0x80U] != 0;
    append_utf8(out, special ? char32_t{kWindows1252[byte - 0x80U]} : char32_t{byte});
  }
  return out;
}

std::string_view declared_encoding(std::string_view ascii) {
  ascii = ascii.substr(0, kMaxDeclarationBytes);
  if (!ascii.starts_with("<?xml") || ascii.size() < 6 || !is_space(ascii[5])) return {};
  const std::size_t end = ascii.find("?>");
  std::string_view rest = ascii.substr(5, end == std::string_view::npos ? end : end - 5);
  // Pseudo-attributes: name, '=', quoted value.
  while (true) {
    rest = trim(rest);
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view name = trim(rest.substr(0, equals));
    rest = trim(rest.substr(equals + 1));
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"')) return {};
    const std::size_t close = rest.find(rest.front(), 1);
    if (close == std::string_view::npos) return {};
    if (name == "encoding") return rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
}

Result<DecodedText> decode_xml(std::string_view bytes) {
  if (bytes.starts_with(kUtf8Mark)) return decode_as_utf8(bytes.substr(kUtf8Mark.size()));
  if (bytes.starts_with(kUtf16LeMark)) return decode_utf16(bytes.substr(2), ByteOrder::kLittle);
  if (bytes.starts_with(kUtf16BeMark)) return decode_utf16(bytes.substr(2), ByteOrder::kBig);
  if (const auto order = sniff_utf16(bytes)) return decode_utf16(bytes, *order);
  const std::string_view name = declared_encoding(bytes);
  if (name.empty()) return decode_as_utf8(bytes);
  const Alias* alias = find_alias(name);
  if (alias == nullptr) return unknown_encoding(name);
  if (alias->codec == Codec::kUtf16 || alias->codec == Codec::kUtf16Le ||
      alias->codec == Codec::kUtf16Be) {
    // The declaration itself could be read byte by byte, so this is no UTF-16.
    return Error{ErrorCode::kInvalid, "declared as UTF-16, but is not"};
  }
  return decode_with(bytes, *alias);
}

Result<DecodedText> decode(std::string_view bytes, std::string_view encoding) {
  const Alias* alias = find_alias(encoding);
  if (alias == nullptr) return unknown_encoding(encoding);
  return decode_with(bytes, *alias);
}

std::vector<std::string> preload_encodings() {
  // Held open to the end of the process, so that the tables stay loaded for every thread.
  static const auto held = [] {
    std::vector<std::pair<const char*, std::unique_ptr<Converter>>> open;
    for (const Alias& alias : kAliases) {
      const bool first = std::none_of(open.begin(), open.end(), [&](const auto& entry) {
        return alias.table == nullptr || std::string_view(entry.first) == alias.table;
      });
      if (alias.codec == Codec::kIconv && first) {
        open.emplace_back(alias.table, std::make_unique<Converter>(alias.table));
      }
    }
    return open;
  }();
  std::vector<std::string> missing;
  for (const auto& [table, converter] : held) {
    if (!converter->is_open()) missing.emplace_back(table);
  }
  return missing;
}

}  // namespace yagura::text
