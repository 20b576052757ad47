#include "agent/condition.h"

#include <gtest/gtest.h>

namespace yagura::agent {
namespace {

bool holds(const char* condition, const char* value) {
  const auto parsed = parse_condition(condition);
  EXPECT_TRUE(parsed.ok()) << condition;
  return parsed.ok() && parsed->holds(value);
}

TEST(Condition, ComparesAsSpecified) {
  EXPECT_FALSE(holds("> 10 c", "5"));
  EXPECT_TRUE(holds("= 10 c", "10"));
  EXPECT_TRUE(holds("(5,15) c", "10"));
  EXPECT_FALSE(holds("(5,15) c", "5"));
  EXPECT_FALSE(holds("(5,15) c", "15"));
  EXPECT_TRUE(holds("=~ 1 c", "10"));
  EXPECT_TRUE(holds("!= 10 c", "5"));
  EXPECT_TRUE(holds("< 3.5 c", "3.4"));
  EXPECT_TRUE(holds("> -5 c", "-4"));
}

TEST(Condition, TakesTheLeadingNumberOfTheText) {
  EXPECT_TRUE(holds("= 5 c", "5 MB"));
  EXPECT_TRUE(holds("= 0 c", "abc"));
}

TEST(Condition, KeepsTheCommandAsItIs) {
  EXPECT_EQ(parse_condition("> 3 touch 'a  b' | cat")->command, "touch 'a  b' | cat");
  EXPECT_EQ(parse_condition("( 1 , 2 )  x y")->command, "x y");
  EXPECT_EQ(parse_condition("=~ .*cron.* ps aux | grep cron")->command, "ps aux | grep cron");
}

TEST(Condition, MistakesAreSaid) {
  for (const char* bad : {">= 1 c", "<= 1 c", "== 1 c", "> x c", "> 1", "", "(1 2) c", "(1,2",
                          "=~ ( c", "(a,2) c", "nonsense"}) {
    const auto parsed = parse_condition(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_FALSE(parsed.error().what.empty());
  }
}

}  // namespace
}  // namespace yagura::agent
