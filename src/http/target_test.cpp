#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string path_of(std::string_view raw) {
  const auto target = parse_target(raw, "h");
  return target ? target->path : "refused";
}

TEST(TargetTest, DecodesOnce) {
  EXPECT_EQ(path_of("/"), "/");
  EXPECT_EQ(path_of("/api/v2/agents"), "/api/v2/agents");
  EXPECT_EQ(path_of("/a%20b"), "/a b");
  EXPECT_EQ(path_of("/%2525"), "/%25");
  EXPECT_EQ(path_of("/%E6%AB%93"), "/櫓");
  const auto target = parse_target("/a?b=%2e&c", "h");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->query, "b=%2e&c");
}

TEST(TargetTest, RefusesWhatCouldBeReadInTwoWays) {
  for (const std::string_view raw : {"",
                                     "a",
                                     "//",
                                     "/a//b",
                                     "/a/",
                                     "/.",
                                     "/..",
                                     "/a/../b",
                                     "/%2e%2e/b",
                                     "/a/%2E",
                                     "/a%2fb",
                                     "/a%5cb",
                                     "/a\\b",
                                     "/a%00",
                                     "/a%0a",
                                     "/a%7f",
                                     "/a%c2%80",
                                     "/a%ff",
                                     "/a%c0%ae",
                                     "/a%ed%a0%80",
                                     "/a%",
                                     "/a%2",
                                     "/a%zz",
                                     "/a#b",
                                     "*",
                                     "http://h/",
                                     "https://other/",
                                     "https://hh/",
                                     "https://h",
                                     "https://h:8443/",
                                     "h:443"}) {
    EXPECT_EQ(path_of(raw), "refused") << raw;
  }
  EXPECT_EQ(path_of("https://h/a?b"), "/a");
}

TEST(TargetTest, LimitsLengthAndDepth) {
  EXPECT_NE(path_of("/" + std::string(kMaxTarget - 1, 'a')), "refused");
  const auto longer = parse_target("/" + std::string(kMaxTarget, 'a'), "h");
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().code, ErrorCode::kLimit);
  std::string deep;
  for (std::size_t i = 0; i < kMaxPathSegments; ++i)
    deep += "/a";
  EXPECT_EQ(path_of(deep), deep);
  EXPECT_EQ(path_of(deep + "/a"), "refused");
}

TEST(TargetTest, SplitsPaths) {
  EXPECT_TRUE(split_path("/").empty());
  EXPECT_THAT(split_path("/a/b c"), ElementsAre("a", "b c"));
}

TEST(QueryTest, ReadsPairs) {
  const auto pairs = parse_query("a=1&b=x%26y+z&c&d=");
  ASSERT_TRUE(pairs.ok());
  EXPECT_THAT(*pairs,
              ElementsAre(Pair("a", "1"), Pair("b", "x&y z"), Pair("c", ""), Pair("d", "")));
  EXPECT_TRUE(parse_query("")->empty());
}

TEST(QueryTest, RefusesBadEscapesAndNames) {
  for (const std::string_view query :
       {"a=%", "a=%g1", "=1", "a=1&&b=2", "a=%00", "%ff=1", "a=%0d%0a"}) {
    EXPECT_FALSE(parse_query(query).ok()) << query;
  }
}

TEST(QueryTest, LimitsTheNumber) {
  std::string query = "a=1";
  for (std::size_t i = 1; i < kMaxQueryParameters; ++i)
    query += "&a=1";
  EXPECT_TRUE(parse_query(query).ok());
  EXPECT_EQ(parse_query(query + "&a=1").error().code, ErrorCode::kLimit);
}

TEST(CookieTest, FindsExactlyOne) {
  EXPECT_EQ(find_cookie("a=1; __Host-yagura=tok; b=2", "__Host-yagura"), "tok");
  EXPECT_EQ(find_cookie("__Host-yagura=tok", "__Host-yagura"), "tok");
  EXPECT_EQ(find_cookie("x__Host-yagura=tok", "__Host-yagura"), "");
  EXPECT_EQ(find_cookie("__host-yagura=tok", "__Host-yagura"), "");
  EXPECT_EQ(find_cookie("", "__Host-yagura"), "");
}

TEST(CookieTest, TwoOfOneNameAreNone) {
  EXPECT_EQ(find_cookie("__Host-yagura=evil; __Host-yagura=tok", "__Host-yagura"), "");
}

TEST(CleanTextTest, KnowsControlsAndUtf8) {
  EXPECT_TRUE(is_clean_text("櫓 ok €"));
  EXPECT_FALSE(is_clean_text("a\tb"));
  EXPECT_FALSE(is_clean_text("\xc2\x85"));
  EXPECT_FALSE(is_clean_text("\xff"));
}

}  // namespace
}  // namespace yagura::http
