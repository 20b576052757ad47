#include "host/parse.h"

#include <gtest/gtest.h>

namespace yagura::host {
namespace {

TEST(Parse, LinesEndAtLfAndTheLastNeedsNone) {
  Lines lines("a\n\nb");
  EXPECT_EQ(lines.next(), "a");
  EXPECT_EQ(lines.next(), "");
  EXPECT_EQ(lines.next(), "b");
  EXPECT_EQ(lines.next(), std::nullopt);
}

TEST(Parse, WordsAreSeparatedByBlanksAndTabs) {
  Words words("  a\t b  c d");
  EXPECT_EQ(words.next(), "a");
  words.skip(1);
  EXPECT_EQ(words.rest(), "c d");
  EXPECT_EQ(words.next(), "c");
  EXPECT_EQ(words.next(), "d");
  EXPECT_EQ(words.next(), "");
}

TEST(Parse, NumbersAreWholeTexts) {
  EXPECT_EQ(to_u64("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(to_u64("18446744073709551616"), std::nullopt);
  for (const char* bad : {"", "-1", "+1", "1 ", "0x1", "1a"})
    EXPECT_FALSE(to_u64(bad)) << bad;
  EXPECT_EQ(to_fraction("0.52"), 0.52);
  for (const char* bad : {"", "-1", "1e3", "nan", "inf", ".5"})
    EXPECT_FALSE(to_fraction(bad)) << bad;
}

TEST(Parse, CountersThatWentBackAreNoDifference) {
  EXPECT_EQ(advance(5, 7), 2U);
  EXPECT_EQ(advance(7, 7), 0U);
  EXPECT_EQ(advance(7, 5), std::nullopt);
}

}  // namespace
}  // namespace yagura::host
