#include "identity/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/bootstrap.h"
#include "identity/test_kit.h"

namespace yagura::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Outcome = LoginResult::Outcome;

class LoginTest : public IdentityTest {
 protected:
  std::string last_reason() {
    return text("SELECT changes FROM audit_pending ORDER BY id DESC LIMIT 1");
  }
  Actor actor_of(const std::string& name) {
    const auto user = find_user(*db_, name);
    audit::Source source;
    source.user = name;
    source.address = "192.0.2.7";
    return *load_actor(*db_, *user, std::move(source));
  }
  PasswordChange change(const std::string& name, const std::string& current,
                        const std::string& replacement) {
    auto done =
        change_password(*db_, services_, actor_of(name), crypto::Secret(std::string(current)),
                        crypto::Secret(std::string(replacement)));
    EXPECT_TRUE(done.ok()) << done.error().what;
    return std::move(*done);
  }
};

INSTANTIATE_DATABASES(LoginTest);

TEST_P(LoginTest, RightPasswordOpensASession) {
  add_user("root", "right", 1);
  const LoginResult result = sign_in("root", "right");
  ASSERT_EQ(result.outcome, Outcome::kAccepted);
  EXPECT_EQ(number("SELECT COUNT(*) FROM user_session"), 1);
  EXPECT_EQ(number("SELECT last_login FROM user_account"), kStart);
  EXPECT_EQ(text("SELECT action || ' ' || session_id FROM audit_pending"),
            "login.accepted " + result.opened->session.public_id);
}

TEST_P(LoginTest, ReasonsStandInTheRecordOnly) {
  add_user("root", "right", 1);
  add_user("nobody", "right");
  EXPECT_EQ(sign_in("root", "wrong").outcome, Outcome::kRefused);
  EXPECT_THAT(last_reason(), HasSubstr("wrong-password"));
  EXPECT_EQ(sign_in("stranger", "right").outcome, Outcome::kRefused);
  EXPECT_THAT(last_reason(), HasSubstr("unknown-user"));
  EXPECT_EQ(sign_in("nobody", "right").outcome, Outcome::kRefused);
  EXPECT_THAT(last_reason(), HasSubstr("no-assignment"));
  ASSERT_TRUE(db_->execute("UPDATE user_account SET disabled = 1 WHERE name = 'root'").ok());
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kRefused);
  EXPECT_THAT(last_reason(), HasSubstr("account-disabled"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM user_session"), 0);
}

TEST_P(LoginTest, FifthFailureBlocksTheAccountForItsTime) {
  add_user("root", "right", 1);
  for (int i = 0; i < 5; ++i) {
    // Every attempt from another source, so that only the account counts.
    EXPECT_EQ(sign_in("root", "wrong", "198.51.100." + std::to_string(i)).outcome,
              Outcome::kRefused);
  }
  EXPECT_EQ(number("SELECT COUNT(*) FROM audit_pending WHERE action = 'login.blocked'"), 1);
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kRefused) << "even the right password";
  EXPECT_THAT(last_reason(), HasSubstr("account-blocked"));
  clock_.advance(15 * kMinute - kSecond);
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kRefused);
  clock_.advance(kSecond);
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kAccepted);
}

TEST_P(LoginTest, FailuresFarApartDoNotAddUp) {
  add_user("root", "right", 1);
  for (int i = 0; i < 4; ++i)
    sign_in("root", "wrong", "198.51.100.1");
  clock_.advance(31 * kMinute);
  sign_in("root", "wrong", "198.51.100.1");
  EXPECT_EQ(number("SELECT failed_attempts FROM user_account"), 1);
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kAccepted);
  EXPECT_EQ(number("SELECT failed_attempts FROM user_account"), 0) << "success forgives";
}

TEST_P(LoginTest, ASourceIsSlowedDownThenShutOut) {
  add_user("root", "right", 1);
  const Micros floor = kRefusalTime;  // the manual clock stands still inside a login
  std::vector<Micros> delays;
  for (int i = 0; i < 9; ++i)
    delays.push_back(sign_in("x" + std::to_string(i), "y").delay - floor);
  EXPECT_THAT(delays, ::testing::ElementsAre(0, 0, kSecond, 2 * kSecond, 4 * kSecond, 8 * kSecond,
                                             16 * kSecond, 30 * kSecond, 30 * kSecond));
  for (int i = 9; i < 20; ++i)
    EXPECT_EQ(sign_in("z", "y").outcome, Outcome::kRefused) << i;
  const LoginResult shut = sign_in("root", "right");
  EXPECT_EQ(shut.outcome, Outcome::kTooMany);
  EXPECT_EQ(shut.retry_after_s, 900);
  EXPECT_EQ(sign_in("root", "right", "192.0.2.8").outcome, Outcome::kAccepted) << "another source";
  clock_.advance(15 * kMinute);
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kAccepted);
  EXPECT_EQ(number("SELECT COUNT(*) FROM login_source"), 1) << "nothing is kept per unknown name";
}

TEST_P(LoginTest, OneIpv6NetworkIsOneSource) {
  EXPECT_EQ(source_of("2001:db8:1:2::1"), source_of("2001:db8:1:2:ffff::9"));
  EXPECT_NE(source_of("2001:db8:1:2::1"), source_of("2001:db8:1:3::1"));
  EXPECT_NE(source_of("192.0.2.7"), source_of("192.0.2.8"));
}

TEST_P(LoginTest, OldSourcesAreForgotten) {
  sign_in("a", "b", "198.51.100.1");
  clock_.advance(kHour);
  sign_in("a", "b", "198.51.100.2");
  EXPECT_EQ(text("SELECT source FROM login_source"), "198.51.100.2");
}

TEST_P(LoginTest, CheaperHashIsRenewedAtTheNextLogin) {
  add_user("root", "right", 1);
  const std::string before = text("SELECT password_hash FROM user_account");
  sign_in("root", "right");
  EXPECT_EQ(text("SELECT password_hash FROM user_account"), before);
  services_.cost.operations = 2;
  sign_in("root", "right");
  EXPECT_NE(text("SELECT password_hash FROM user_account"), before);
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kAccepted);
}

TEST_P(LoginTest, PasswordChangeEndsAllSessions) {
  add_user("root", "right", 1);
  sign_in("root", "right");
  sign_in("root", "right");
  ASSERT_TRUE(db_->execute("UPDATE user_account SET must_change_password = 1").ok());
  const PasswordChange done = change("root", "right", "vier Pinguine am Fenster");
  ASSERT_EQ(done.outcome, PasswordChange::Outcome::kChanged);
  EXPECT_EQ(text("SELECT public_id FROM user_session"), done.opened->session.public_id);
  EXPECT_EQ(number("SELECT COUNT(*) FROM user_session"), 1);
  EXPECT_EQ(number("SELECT must_change_password FROM user_account"), 0);
  EXPECT_EQ(sign_in("root", "right").outcome, Outcome::kRefused);
  EXPECT_EQ(sign_in("root", "vier Pinguine am Fenster").outcome, Outcome::kAccepted);
}

TEST_P(LoginTest, EarlierPasswordsDoNotComeBackBeforeTheSixth) {
  add_user("root", "number zero of them", 1);
  const std::vector<std::string> next = {"vier Pinguine eins", "vier Pinguine zwei",
                                         "vier Pinguine drei", "vier Pinguine vier",
                                         "vier Pinguine funf", "vier Pinguine sechs"};
  std::string current = "number zero of them";
  for (const std::string& p : next) {
    const PasswordChange again = change("root", current, "number zero of them");
    ASSERT_EQ(again.outcome, PasswordChange::Outcome::kPolicy) << current;
    EXPECT_EQ(again.violation->rule, PolicyViolation::Rule::kSame);
    ASSERT_EQ(change("root", current, p).outcome, PasswordChange::Outcome::kChanged) << p;
    current = p;
    clock_.advance(kMinute);
  }
  EXPECT_EQ(number("SELECT COUNT(*) FROM password_history"), 5);
  EXPECT_EQ(change("root", current, "number zero of them").outcome,
            PasswordChange::Outcome::kChanged);
}

TEST_P(LoginTest, WrongCurrentPasswordCountsLikeAFailedLogin) {
  add_user("root", "right", 1);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(change("root", "guess", "vier Pinguine am Fenster").outcome,
              PasswordChange::Outcome::kWrongPassword);
  }
  EXPECT_EQ(change("root", "right", "vier Pinguine am Fenster").outcome,
            PasswordChange::Outcome::kWrongPassword)
      << "blocked";
  EXPECT_EQ(sign_in("root", "right", "198.51.100.1").outcome, Outcome::kRefused);
}

TEST_P(LoginTest, FirstAdministratorIsMadeOnce) {
  EXPECT_FALSE(*has_administrator(*db_));
  const auto first = bootstrap_administrator(*db_, "admin", kCheap, random_, clock_.now());
  ASSERT_TRUE(first.ok()) << first.error().what;
  EXPECT_THAT(std::string(first->password.reveal()),
              MatchesRegex("[a-z2-9]{5}-[a-z2-9]{5}-[a-z2-9]{5}-[a-z2-9]{5}"));
  EXPECT_TRUE(*has_administrator(*db_));
  EXPECT_EQ(sign_in("admin", std::string(first->password.reveal())).outcome, Outcome::kAccepted);
  EXPECT_TRUE(find_user(*db_, "admin")->must_change_password);
  const auto second = bootstrap_administrator(*db_, "other", kCheap, random_, clock_.now());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_EQ(bootstrap_administrator(*db_, "a b", kCheap, random_, 1).error().code,
            ErrorCode::kInvalid);
}

TEST_P(LoginTest, BuiltInProfilesHoldTheirBits) {
  const std::vector<std::pair<std::string, Bits>> expected = [] {
    using enum Bit;
    const Bits read = {kAR, kER, kRR, kMR, kVR, kIR};
    Bits write = read;
    write |= {kEW, kIW};
    Bits chief = write;
    chief |= {kAD, kLW, kRW, kMW, kVW, kEM, kIM};
    Bits coordinator = chief;
    coordinator |= {kAW, kLM, kRM, kMM, kVM, kNR, kNW, kUM};
    return std::vector<std::pair<std::string, Bits>>{{"Operator (Read)", read},
                                                     {"Operator (Write)", write},
                                                     {"Chief Operator", chief},
                                                     {"Group Coordinator", coordinator},
                                                     {"Administrator", Bits::all()}};
  }();
  for (const auto& [name, bits] : expected) {
    const auto rows = db_->query("SELECT bits, built_in FROM profile WHERE name = ?", {name});
    ASSERT_EQ(rows->size(), 1U) << name;
    EXPECT_EQ(Bits::from_mask(static_cast<std::uint64_t>(rows->at(0).integer(0))),
              with_implied(bits))
        << name;
    EXPECT_EQ(rows->at(0).integer(1), 1);
  }
}

TEST_P(LoginTest, RightsFollowTheAssignments) {
  const UserId user = add_user("op", "x");
  ASSERT_TRUE(db_->execute("INSERT INTO agent_group (id, name, parent_id, propagate) VALUES"
                           " (501, 'A', 0, 1), (502, 'B', 501, 0), (503, 'C', 0, 0)")
                  .ok());
  ASSERT_TRUE(db_->execute("INSERT INTO user_assignment (user_id, profile_id, group_id)"
                           " VALUES (?, 2, 501)",
                           {user.value})
                  .ok());
  const Actor actor = actor_of("op");
  EXPECT_TRUE(actor.may(Bit::kEW, GroupId{501}));
  EXPECT_TRUE(actor.may(Bit::kEW, GroupId{502}));
  EXPECT_FALSE(actor.may(Bit::kEW, GroupId{503}));
  EXPECT_FALSE(actor.may(Bit::kAW, GroupId{501}));
}

TEST(UserNameTest, Rules) {
  for (const char* name : {"maria", "a", "o.b+c-d_e@f", "櫓", "MARIA9"}) {
    EXPECT_TRUE(is_user_name(name)) << name;
  }
  for (const char* name : {"", "a b", "a'b", "a\"b", "a<b", "a\nb", "\xff", "a/b", "a;b"}) {
    EXPECT_FALSE(is_user_name(name)) << name;
  }
  EXPECT_TRUE(is_user_name(std::string(kMaxUserName, 'a')));
  EXPECT_FALSE(is_user_name(std::string(kMaxUserName + 1, 'a')));
}

}  // namespace
}  // namespace yagura::identity
