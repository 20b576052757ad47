#include "text/regex.h"

#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace yagura::text {
namespace {

bool matches(std::string_view pattern, std::string_view subject) {
  const auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << pattern;
  return regex.ok() && regex->found_in(subject);
}

// The string table of agent-data §10 (conformance D13).
TEST(RegexTest, SemanticsOfTheTable) {
  EXPECT_TRUE(matches("ERROR", "ERROR x"));
  EXPECT_TRUE(matches("ERROR", "an ERROR x"));
  EXPECT_FALSE(matches("ERROR", "error x"));
  EXPECT_TRUE(matches("a.b", "aXb"));
  EXPECT_FALSE(matches("a.b", "a\nb"));
  EXPECT_FALSE(matches("^ERROR", "l1\nERROR l2"));
  EXPECT_FALSE(matches("l1$", "l1\nERROR"));
  EXPECT_TRUE(matches("l2$", "l1\nl2"));
  EXPECT_FALSE(matches("l2$", "l1\nl2\n"));
  EXPECT_FALSE(Regex::compile("a(b").ok());
  EXPECT_FALSE(Regex::compile("").ok());
}

TEST(RegexTest, PerlSyntax) {
  EXPECT_TRUE(matches("(?i)error", "an ERROR"));
  EXPECT_TRUE(matches("\\bfoo\\b", "a foo b"));
  EXPECT_TRUE(matches("^(?!ok).*$", "fail"));
  EXPECT_TRUE(matches("(a|b)\\1", "xbb"));
  EXPECT_TRUE(matches("^.$", "櫓"));
  EXPECT_TRUE(matches("[あ-ん]+", "これ"));
  EXPECT_TRUE(matches("^$", ""));
  EXPECT_TRUE(matches("(?m)^two$", "one\ntwo\nthree"));
}

TEST(RegexTest, IllFormedSubjectIsSearchedWithReplacements) {
  EXPECT_TRUE(matches("disk", "\xFF\xFE disk \xC3"));
  EXPECT_TRUE(matches("^.disk$",
                      "\xFF"
                      "disk"));
}

TEST(RegexTest, MatchesBehindManySteps) {
  std::string subject(40'000, 'x');
  EXPECT_FALSE(matches("needle", subject));
  subject += "櫓needle";
  EXPECT_TRUE(matches("needle", subject));
  EXPECT_TRUE(matches("(?<=櫓)n", subject));
  EXPECT_TRUE(matches("e$", subject));
  // '^' may not match where a later step begins.
  EXPECT_FALSE(matches("x+^x", subject));
  EXPECT_FALSE(matches("y|\\Aneedle", subject));
}

TEST(RegexTest, LimitsOnTheExpression) {
  EXPECT_EQ(Regex::compile(std::string(Regex::kMaxPatternBytes, 'a')).ok(), true);
  const auto longer = Regex::compile(std::string(Regex::kMaxPatternBytes + 1, 'a'));
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().code, ErrorCode::kLimit);
  const auto nested = [](std::size_t n) {
    return Regex::compile(std::string(n, '(') + "a" + std::string(n, ')')).ok();
  };
  EXPECT_TRUE(nested(Regex::kMaxNesting));
  EXPECT_FALSE(nested(Regex::kMaxNesting + 1));
  const auto large = Regex::compile("((((a{0,500}){0,500}){0,500}){0,500})");
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().code, ErrorCode::kLimit);
  EXPECT_FALSE(Regex::compile("a\\C").ok());
  EXPECT_FALSE(Regex::compile("a|\\Gb").ok());
  EXPECT_TRUE(Regex::compile("a\\\\Gb").ok());
  EXPECT_FALSE(Regex::compile("\xFF").ok());
}

TEST(RegexTest, SubjectIsCutAtItsLimit) {
  std::string subject(Regex::kMaxSubjectBytes, 'a');
  EXPECT_TRUE(matches("a$", subject));
  subject += "b";
  EXPECT_FALSE(matches("b", subject));
  EXPECT_FALSE(matches("a$", subject));  // the cut is no end
  EXPECT_TRUE(matches("aa", subject));
}

TEST(RegexTest, ExplosiveExpressionsEndInTime) {
  const std::string as(Regex::kMaxSubjectBytes - 1, 'a');
  // Classes instead of letters at the end: PCRE2 looks for a required letter first.
  for (const char* pattern :
       {"(a+)+[bc]", "(a|aa)+$x", "(a*)*[bc]", "a*a*a*a*[bc]", "(.*)(.*)(.*)(.*)[xy]", "^(a+)+[bc]",
        "(x+x+)+y|(a?){40}a{40}[yz]", "(?:a{0,90}){0,40}[bc]", "a{1,300}[bc]"}) {
    const auto regex = Regex::compile(pattern);
    ASSERT_TRUE(regex.ok()) << pattern;
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(regex->search(as), RegexOutcome::kMatch) << pattern;
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_LT(took, std::chrono::seconds(5)) << pattern;
  }
  const auto regex = Regex::compile("(a+)+[bc]");
  EXPECT_EQ(regex->search(as), RegexOutcome::kLimit);
  // An ordinary expression still gets through the longest text.
  EXPECT_TRUE(matches("^.*error.*$", as.substr(10) + "error"));
}

TEST(RegexTest, OneExpressionServesManyThreads) {
  const auto regex = Regex::compile("b+c");
  ASSERT_TRUE(regex.ok());
  std::vector<std::thread> threads;
  std::atomic<int> hits = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        hits += regex->found_in("aabbbc") ? 1 : 0;
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(hits, 2000);
}

}  // namespace
}  // namespace yagura::text
