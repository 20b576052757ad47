#include "identity/password_policy.h"

#include <gtest/gtest.h>

#include "crypto/password.h"

namespace yagura::identity {
namespace {

using Rule = PolicyViolation::Rule;

std::optional<Rule> check(std::string password, std::string_view user = "maria",
                          std::string_view full_name = "Maria Tanaka") {
  const auto violation =
      check_password(crypto::Secret(std::move(password)), user, full_name, PasswordPolicy{});
  return violation ? std::optional<Rule>(violation->rule) : std::nullopt;
}

TEST(PasswordPolicyTest, LengthCountsCharacters) {
  EXPECT_EQ(check("k7#mQz2!vBp"), Rule::kTooShort) << "11";
  EXPECT_EQ(check("k7#mQz2!vBpx"), std::nullopt) << "12";
  EXPECT_EQ(check("櫓の上から見える海と"), Rule::kTooShort) << "10 characters, 30 bytes";
  EXPECT_EQ(check("櫓の上から見える海と山々と"), std::nullopt);
  const auto violation =
      check_password(crypto::Secret(std::string("x")), "u", "", {.min_length = 9});
  EXPECT_EQ(violation->min_length, 9);
}

TEST(PasswordPolicyTest, CommonOnesInTheirDisguises) {
  for (const char* password :
       {"Password1234", "P@ssw0rd2024!", "passwordpassword", "PASSWORD_____", "123456789012",
        "210987654321", "qwertyuiopqw", "QWERTYUIOP12", "aaaaaaaaaaaaaa", "abababababab",
        "abcabcabcabc", "letmein123456", "ChangeMe!!!!", "sunshine20242024", "1qaz2wsx3edc",
        "correcthorsebatterystaple", "2024welcome2024"}) {
    EXPECT_EQ(check(password), Rule::kTooCommon) << password;
  }
}

TEST(PasswordPolicyTest, NamesDoNotBelongInIt) {
  EXPECT_EQ(check("my-maria-secret-9"), Rule::kTooCommon);
  EXPECT_EQ(check("my-M4R1A-secret-9"), Rule::kTooCommon) << "look-alikes";
  EXPECT_EQ(check("xx-Tanaka-zz-99x"), Rule::kTooCommon);
  EXPECT_EQ(check("yagura-is-the-tower"), Rule::kTooCommon) << "the product's name";
  EXPECT_EQ(check("a-long-bob-phrase-9", "bob", ""), std::nullopt) << "short names occur by chance";
}

TEST(PasswordPolicyTest, OrdinaryLongOnesPass) {
  for (const char* password : {"correct-Horse-7-staple", "vier Pinguine am Fenster",
                               "Tr0mbone/lake?winter9", "zufällig gewählt 38"}) {
    EXPECT_EQ(check(password), std::nullopt) << password;
  }
}

TEST(PasswordPolicyTest, HistoryIsComparedWithTheVerifier) {
  const crypto::PasswordCost cheap{.operations = 1, .memory_bytes = 8192};
  const std::string password = "an old one of 2025";
  const auto hash = crypto::hash_password(crypto::Secret(std::string(password)), cheap);
  ASSERT_TRUE(hash.ok());
  EXPECT_TRUE(was_used_before(crypto::Secret(std::string(password)), {"damaged", *hash}));
  EXPECT_FALSE(was_used_before(crypto::Secret(std::string("another")), {"damaged", *hash}));
  EXPECT_FALSE(was_used_before(crypto::Secret(std::string(password)), {}));
}

}  // namespace
}  // namespace yagura::identity
