#include "tentacle/command.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace yagura::tentacle {
namespace {

TEST(Command, ReadsEveryVerb) {
  const auto send = parse_command("SEND <a.1.data> SIZE 3");
  ASSERT_TRUE(send);
  EXPECT_EQ(send->verb, Verb::kSend);
  EXPECT_EQ(send->name, "a.1.data");
  EXPECT_EQ(send->size, 3U);
  EXPECT_EQ(parse_command("ZSEND <z> SIZE 0003")->size, 3U);
  EXPECT_EQ(parse_command("RECV <x y>")->name, "x y");
  EXPECT_EQ(parse_command("ZRECV <x>")->verb, Verb::kZrecv);
  EXPECT_EQ(parse_command("LS <>")->name, "");
  EXPECT_EQ(parse_command("MV <m>")->verb, Verb::kMv);
  EXPECT_EQ(parse_command("PASS abc")->name, "abc");
  EXPECT_EQ(parse_command("QUIT")->verb, Verb::kQuit);
}

TEST(Command, TakesTheNameUpToTheLastBracketThatFits) {
  EXPECT_EQ(parse_command("SEND <a>b> SIZE 3")->name, "a>b");
  EXPECT_EQ(parse_command("SEND <a> SIZE 1> SIZE 2")->name, "a> SIZE 1");
  EXPECT_EQ(parse_command("RECV <a>b>")->name, "a>b");
}

TEST(Command, SaturatesSizesBeyondSixtyFourBits) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(parse_command("SEND <z> SIZE 99999999999999999999999999")->size, kMost);
  EXPECT_EQ(parse_command("SEND <z> SIZE 18446744073709551615")->size, kMost);
  EXPECT_EQ(parse_command("SEND <z> SIZE 18446744073709551614")->size, kMost - 1);
}

TEST(Command, RefusesEverythingElse) {
  for (const char* line : {"SEND <z> SIZE -3",
                           "SEND  <z> SIZE 3",
                           "SEND z SIZE 3",
                           "send <z> SIZE 3",
                           "HELLO",
                           " QUIT",
                           "QUIT\r",
                           "QUIT ",
                           "",
                           " ",
                           "SEND <z> SIZE ",
                           "SEND <z> SIZE 3 ",
                           "SEND <z>  SIZE 3",
                           "SEND <z SIZE 3",
                           "SEND <z> SIZE",
                           "SEND <z>SIZE 3",
                           "SEND <z> SIZE 3x",
                           "RECV z",
                           "RECV <z",
                           "RECV <z> ",
                           "RECV OK",
                           "RECV",
                           "PASS",
                           "DSEND <z> SIZE 3",
                           "LS",
                           "ZZ <x>"}) {
    EXPECT_FALSE(parse_command(line)) << line;
  }
}

TEST(Command, PasswordDigestIsMd5OfTheRawMd5) {
  EXPECT_EQ(password_digest("secret"), "9e769017c85f064977fe6a658f207fa6");
  EXPECT_EQ(password_digest("pandora"), "9ba1c4c7aeebfa552d5f62f5bbabf51c");
  EXPECT_EQ(password_digest("a"), "b6ff9a06b7e20bcb2858c5b8ff744aea");
  EXPECT_EQ(password_digest("contrase\xC3\xB1"
                            "a"),
            "5fd608f07b6807a9e37ee366770de5f9");
  EXPECT_EQ(password_digest("s p "), "b647565e08aea7a9e2563e12dbd5aafe");
}

TEST(Command, RecognisesDigests) {
  EXPECT_TRUE(is_password_digest("9e769017c85f064977fe6a658f207fa6"));
  EXPECT_FALSE(is_password_digest("9E769017c85f064977fe6a658f207fa6"));
  EXPECT_FALSE(is_password_digest("9e769017c85f064977fe6a658f207fa"));
  EXPECT_FALSE(is_password_digest("9e769017c85f064977fe6a658f207fag"));
}

}  // namespace
}  // namespace yagura::tentacle
