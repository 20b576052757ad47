#include "text/encoding.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "text/utf8.h"

namespace yagura::text {
namespace {

using Fidelity = DecodedText::Fidelity;

std::string document(std::string_view encoding, std::string_view bytes) {
  return "<?xml version='1.0' encoding='" + std::string(encoding) + "'?>\n<a>" +
         std::string(bytes) + "</a>";
}

/// The text between <a> and </a>, decoded.
std::string content(std::string_view bytes) {
  const auto decoded = decode_xml(bytes);
  if (!decoded.ok()) return "error: " + decoded.error().what;
  const std::string_view text = decoded->utf8();
  const std::size_t start = text.find("<a>");
  const std::size_t end = text.find("</a>");
  if (start == text.npos || end == text.npos) return std::string(text);
  return std::string(text.substr(start + 3, end - start - 3));
}

std::string utf16(std::u16string_view text, bool little) {
  std::string bytes;
  for (const char16_t c : text) {
    const char low = static_cast<char>(c & 0xFF);
    const char high = static_cast<char>(c >> 8);
    bytes.push_back(little ? low : high);
    bytes.push_back(little ? high : low);
  }
  return bytes;
}

TEST(EncodingTest, EveryAgentEncodingReadsTheSameText) {
  struct Row {
    const char* name;
    std::string bytes;
    const char* utf8;
  };
  const Row rows[] = {
      {"UTF-8", "caf\xC3\xA9", "café"},
      {"utf-8", "caf\xC3\xA9", "café"},
      {"ISO-8859-1", "caf\xE9", "café"},
      {"iso-8859-1", "\x80 5", "€ 5"},
      {"windows-1252", "\x80", "€"},
      {"ISO-8859-15", "\xA4", "€"},
      {"ISO-8859-2", "\xB1", "ą"},
      {"windows-1250", "\x9A", "š"},
      {"WINDOWS-1251", "\xCF\xF0\xE8", "При"},
      {"windows-1253", "\xE1", "α"},
      {"KOI8-R", "\xF0\xD2\xC9", "При"},
      {"IBM866", "\x8F\xE0\xA8", "При"},
      {"Shift_JIS", "\x98\x45", "櫓"},
      {"x-sjis-cp932", "\x83\x66\x83\x42\x83\x58\x83\x4E", "ディスク"},
      {"Windows-31J", "\x87\x40", "①"},
      {"EUC-JP", "\xCF\xB0", "楼"},
      {"x-euc-jp-unicode", "\xA5\xC7", "デ"},
      {"EUC-KR", "\xC7\xD1", "한"},
      {"GB2312", "\xD6\xD0", "中"},
      {"GBK", "\xD6\xD0", "中"},
      {"GB18030", "\x81\x30\x81\x30", "\xC2\x80"},
      {"Big5", "\xA4\xA4", "中"},
      {"US-ASCII", "plain", "plain"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(content(document(row.name, row.bytes)), row.utf8) << row.name;
    const auto decoded = decode_xml(document(row.name, row.bytes));
    ASSERT_TRUE(decoded.ok()) << row.name;
    EXPECT_EQ(decoded->fidelity(), Fidelity::kExact) << row.name;
    EXPECT_EQ(decode(row.bytes, row.name)->utf8(), row.utf8) << row.name;
  }
}

TEST(EncodingTest, MarksAndUtf16) {
  EXPECT_EQ(content("\xEF\xBB\xBF" + document("UTF-8", "é")), "é");
  EXPECT_EQ(content("\xEF\xBB\xBF" + document("ISO-8859-1", "é")), "é");
  const std::u16string text = u"<?xml version='1.0' encoding='UTF-16'?><a>櫓 \U0001F600</a>";
  EXPECT_EQ(content("\xFF\xFE" + utf16(text, true)), "櫓 \U0001F600");
  EXPECT_EQ(content("\xFE\xFF" + utf16(text, false)), "櫓 \U0001F600");
  EXPECT_EQ(content(utf16(text, true)), "櫓 \U0001F600");
  EXPECT_EQ(content(utf16(text, false)), "櫓 \U0001F600");
  EXPECT_EQ(content("<a>x</a>"), "x");
  EXPECT_FALSE(decode_xml(document("UTF-16", "x")).ok());
}

TEST(EncodingTest, UnknownNamesAreErrors) {
  for (const std::string name : {"KLINGON", "", "UTF-32", "utf-7", "ISO-2022-JP", "utf-8\x01"}) {
    const auto decoded = decode_xml(document(name, "x"));
    if (name.empty()) {
      EXPECT_TRUE(decoded.ok());
      continue;
    }
    ASSERT_FALSE(decoded.ok()) << name;
    EXPECT_EQ(decoded.error().code, ErrorCode::kInvalid);
  }
  EXPECT_FALSE(decode_xml(document(std::string(kMaxEncodingNameBytes + 1, 'u'), "x")).ok());
}

TEST(EncodingTest, BadBytesAreReadSomehowAndReported) {
  const auto fallback = decode_xml(document("UTF-8", "caf\xE9"));
  EXPECT_EQ(fallback->fidelity(), Fidelity::kFallback);
  EXPECT_EQ(content(document("UTF-8", "caf\xE9")), "café");
  EXPECT_EQ(content(document("US-ASCII", "caf\xC3\xA9")), "café");
  // A lead byte without its second, before '<'.
  const auto damaged = decode_xml(document("Shift_JIS", "\xFF\xFD x"));
  ASSERT_TRUE(damaged.ok());
  EXPECT_EQ(damaged->fidelity(), Fidelity::kDamaged);
  EXPECT_TRUE(is_valid_utf8(damaged->utf8()));
  EXPECT_NE(damaged->utf8().find("\uFFFD"), std::string_view::npos);
  EXPECT_EQ(decode("\x98", "Shift_JIS")->utf8(), "\uFFFD");
  EXPECT_EQ(decode(std::string("\0\xD8", 2), "utf-16le")->utf8(), "\uFFFD");
  EXPECT_EQ(decode(std::string("\x61\0\x62", 3), "utf-16le")->utf8(), "a\uFFFD");
}

TEST(EncodingTest, Windows1252IsTotal) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string utf8 = decode_windows_1252(std::string(1, static_cast<char>(byte)));
    EXPECT_TRUE(is_valid_utf8(utf8));
    EXPECT_EQ(count_code_points(utf8), 1U);
  }
  EXPECT_EQ(decode_windows_1252("\x81"), "\xC2\x81");
  EXPECT_EQ(decode_windows_1252("\x99\xFF"), "™ÿ");
}

TEST(EncodingTest, DeclarationScanner) {
  EXPECT_EQ(declared_encoding("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "UTF-8");
  EXPECT_EQ(declared_encoding("<?xml version = '1.0'\n\tencoding = 'x' standalone='yes' ?>"), "x");
  EXPECT_EQ(declared_encoding("<?xml version='encoding=\"no\"' encoding='yes'?>"), "yes");
  EXPECT_EQ(declared_encoding("<?xml version='1.0'?><a encoding='x'/>"), "");
  EXPECT_EQ(declared_encoding(" <?xml encoding='x'?>"), "");
  EXPECT_EQ(declared_encoding("<?xmlencoding='x'?>"), "");
  EXPECT_EQ(declared_encoding("<?xml encoding='x"), "");
  EXPECT_EQ(declared_encoding("<?xml encoding=x?>"), "");
  EXPECT_EQ(declared_encoding(""), "");
  const std::string far = "<?xml " + std::string(kMaxDeclarationBytes, ' ') + "encoding='x'?>";
  EXPECT_EQ(declared_encoding(far), "");
}

TEST(EncodingTest, AllConvertersOpen) {
  EXPECT_EQ(preload_encodings(), std::vector<std::string>());
  EXPECT_EQ(preload_encodings(), std::vector<std::string>());
}

/// Converts for the first time while no file can be opened. 0 = all went well.
int convert_without_files() {
  const rlimit none{0, 0};
  if (!preload_encodings().empty() || ::setrlimit(RLIMIT_NOFILE, &none) != 0) return 1;
  return decode("\x98\x45", "shift_jis").ok() && decode("\xF0", "koi8-r").ok() ? 0 : 2;
}

TEST(EncodingDeathTest, PreloadedConvertersNeedNoFiles) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(::_exit(convert_without_files()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace yagura::text
