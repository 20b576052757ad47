#include "text/utf8.h"

#include <gtest/gtest.h>

namespace yagura::text {
namespace {

TEST(Utf8Test, RoundTripsEveryCharacter) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string bytes;
    append_utf8(bytes, c);
    const CodePoint step = decode_utf8(bytes, 0);
    ASSERT_TRUE(step.valid && step.code_point == c && step.length == bytes.size())
        << static_cast<unsigned>(c);
  }
}

TEST(Utf8Test, RefusesIllFormedBytes) {
  for (const char* bytes :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82",
        "\xF0\x9F\x98", "caf\xE9 au lait", "12345678\xFF"}) {
    EXPECT_FALSE(is_valid_utf8(bytes)) << bytes;
    EXPECT_TRUE(is_valid_utf8(sanitize_utf8(bytes))) << bytes;
  }
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("plain ascii text, longer than eight"));
  EXPECT_TRUE(is_valid_utf8("\xF0\x9F\x98\x80 櫓 é z"));
}

TEST(Utf8Test, ReplacesMaximalSubparts) {
  // The example of the Unicode standard, table 3-8.
  EXPECT_EQ(sanitize_utf8("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
}

TEST(Utf8Test, SurrogatesAndBeyondBecomeReplacements) {
  std::string out;
  append_utf8(out, 0xD800);
  append_utf8(out, 0x110000);
  EXPECT_EQ(out, "\uFFFD\uFFFD");
}

TEST(Utf8Test, TruncatesBetweenCharacters) {
  EXPECT_EQ(truncate_utf8("abc", 3), "abc");
  EXPECT_EQ(truncate_utf8("ab櫓", 4), "ab");
  EXPECT_EQ(truncate_utf8("ab櫓", 5), "ab櫓");
  EXPECT_EQ(truncate_utf8("ab櫓c", 5), "ab櫓");
  EXPECT_EQ(truncate_utf8("\xF0\x9F\x98\x80", 3), "");
  EXPECT_EQ(truncate_utf8("\x80\x80\x80\x80\x80\x80", 4).size(), 4U);
}

TEST(Utf8Test, Counts) {
  EXPECT_EQ(count_code_points("a櫓\xFF\xF0\x9F\x98\x80"), 4U);
}

}  // namespace
}  // namespace yagura::text
