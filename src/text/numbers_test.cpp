#include "text/numbers.h"

#include <clocale>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace yagura::text {
namespace {

// The number table of agent-data §8 (conformance D9).
TEST(NumbersTest, ReadsTheValuesOfTheTable) {
  EXPECT_EQ(parse_value("12"), 12.0);
  EXPECT_EQ(parse_value("12.5"), 12.5);
  EXPECT_EQ(parse_value("12,5"), 12.5);
  EXPECT_EQ(parse_value("+3"), 3.0);
  EXPECT_EQ(parse_value("-4"), -4.0);
  EXPECT_EQ(parse_value(".5"), 0.5);
  EXPECT_EQ(parse_value("-.5"), -0.5);
  EXPECT_EQ(parse_value("5."), 5.0);
  EXPECT_EQ(parse_value("1e3"), 1000.0);
  EXPECT_EQ(parse_value("1E-2"), 0.01);
  EXPECT_EQ(parse_value("+.5e1"), 5.0);
  EXPECT_EQ(parse_value(" 7"), 7.0);
  EXPECT_EQ(parse_value("7 "), 7.0);
  EXPECT_EQ(parse_value("\n3"), 3.0);
  EXPECT_EQ(parse_value("12\r"), 12.0);
  EXPECT_EQ(parse_value("00012"), 12.0);
  EXPECT_EQ(parse_value("1,0"), 1.0);
  EXPECT_EQ(parse_value("0.0000049"), 0.0000049);
  EXPECT_EQ(parse_value("123456789012345678901234567890"), 123456789012345678901234567890.0);
}

TEST(NumbersTest, RejectsWhatTheTableRejects) {
  for (const char* text : {"1.234,5",
                           "1,234.5",
                           "1,5,5",
                           "7%",
                           "abc",
                           "true",
                           "1/2",
                           "1 2",
                           "0x1F",
                           "1_000",
                           "--1",
                           "1..2",
                           "-",
                           "",
                           " ",
                           ".",
                           "+",
                           "e5",
                           ".e1",
                           "1e",
                           "1e+",
                           "nan",
                           "NaN",
                           "inf",
                           "-inf",
                           "Infinity",
                           "1e400",
                           "-1e400",
                           "1e99999999999999999999",
                           "\xD9\xA1",
                           "\xEF\xBC\x91",
                           "0b1",
                           "1f",
                           "1d",
                           "+-1",
                           ", 5",
                           "5 ,"}) {
    EXPECT_EQ(parse_value(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_value(std::string_view("1\0", 2)), std::nullopt);
}

TEST(NumbersTest, TooSmallIsZeroTooLargeIsNothing) {
  EXPECT_EQ(parse_value("1e-400"), 0.0);
  EXPECT_EQ(parse_value("1e-99999999999999999999"), 0.0);
  EXPECT_EQ(parse_value("0e99999999999999999999"), 0.0);
  EXPECT_EQ(parse_value("0." + std::string(500, '0') + "1"), 0.0);
  EXPECT_EQ(parse_value("1" + std::string(400, '0')), std::nullopt);
  EXPECT_EQ(parse_value("1" + std::string(400, '0') + "e-400"), 1.0);
  EXPECT_EQ(parse_value("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::signbit(*parse_value("-0")));
}

TEST(NumbersTest, DecimalTakesNoComma) {
  EXPECT_EQ(parse_decimal("10.25"), 10.25);
  EXPECT_EQ(parse_decimal("10,2"), std::nullopt);
}

TEST(NumbersTest, LeadingNumber) {
  EXPECT_EQ(leading_number("10,2"), 10.0);
  EXPECT_EQ(leading_number(" 5 MB"), 5.0);
  EXPECT_EQ(leading_number("1e3x"), 1000.0);
  EXPECT_EQ(leading_number("1e"), 1.0);
  EXPECT_EQ(leading_number("-2.5h"), -2.5);
  EXPECT_EQ(leading_number("abc"), std::nullopt);
  EXPECT_EQ(leading_number(""), std::nullopt);
  EXPECT_EQ(leading_number("1e400x"), std::nullopt);
}

TEST(NumbersTest, Integers) {
  EXPECT_EQ(parse_integer<int>("-12"), -12);
  EXPECT_EQ(parse_integer<unsigned>("12"), 12U);
  EXPECT_EQ(parse_integer<unsigned>("-1"), std::nullopt);
  EXPECT_EQ(parse_integer<int>("+1"), std::nullopt);
  EXPECT_EQ(parse_integer<int>(" 1"), std::nullopt);
  EXPECT_EQ(parse_integer<int>("1 "), std::nullopt);
  EXPECT_EQ(parse_integer<int>(""), std::nullopt);
  EXPECT_EQ(parse_integer<std::int8_t>("128"), std::nullopt);
}

TEST(NumbersTest, Formats) {
  EXPECT_EQ(format_fixed(12.5, 5), "12.50000");
  EXPECT_EQ(format_fixed(0.0000049, 5), "0.00000");
  EXPECT_EQ(format_fixed(-0.0000049, 5), "0.00000");
  EXPECT_EQ(format_fixed(-1, 0), "-1");
  EXPECT_EQ(format_fixed(std::numeric_limits<double>::max(), 17).size(), 309U + 18U);
  EXPECT_EQ(format_shortest(0.1), "0.1");
  EXPECT_EQ(format_shortest(42), "42");
  EXPECT_EQ(round_to_5_decimals(1.234567), 1.23457);
  EXPECT_EQ(round_to_5_decimals(-0.000001), 0.0);
  EXPECT_EQ(round_to_5_decimals(1e300), 1e300);
}

TEST(NumbersTest, IgnoresTheLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"}) {
    if (std::setlocale(LC_ALL, name) == nullptr) continue;
    EXPECT_EQ(parse_value("12.5"), 12.5) << name;
    EXPECT_EQ(format_fixed(12.5, 1), "12.5") << name;
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST(NumbersTest, TrimAndCompare) {
  EXPECT_EQ(trim(" \t\r\na b\v\f "), "a b");
  EXPECT_EQ(trim(" "), "");
  EXPECT_TRUE(equals_ignoring_case("Utf-8", "uTF-8"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
}

}  // namespace
}  // namespace yagura::text
