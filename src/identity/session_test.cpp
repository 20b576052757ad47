#include "identity/session.h"

#include <gtest/gtest.h>

#include "identity/test_kit.h"

namespace yagura::identity {
namespace {

using Outcome = LoginResult::Outcome;

class SessionTest : public IdentityTest {
 protected:
  void SetUp() override {
    IdentityTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    user_ = add_user("maria", "x");
  }
  OpenedSession open(std::string_view address = "192.0.2.7") {
    auto opened = open_session(*db_, user_, address, policy_, random_, clock_.now());
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
  }
  bool alive(const OpenedSession& opened, std::string_view address = "192.0.2.7",
             Activity activity = Activity::kUser) {
    return find_session(*db_, opened.token.reveal(), address, activity, policy_, clock_.now()).ok();
  }
  UserId user_;
  SessionPolicy policy_;
};

INSTANTIATE_DATABASES(SessionTest);

TEST_P(SessionTest, TokenIsKnownOnlyByItsDigest) {
  const OpenedSession opened = open();
  EXPECT_EQ(opened.token.reveal().size(), 43U);
  EXPECT_NE(text("SELECT token_hash FROM user_session"), opened.token.reveal());
  const auto found = find_session(*db_, opened.token.reveal(), "192.0.2.7", Activity::kUser,
                                  policy_, clock_.now());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->user, user_);
  EXPECT_EQ(found->public_id, opened.session.public_id);
  EXPECT_FALSE(find_session(*db_, text("SELECT token_hash FROM user_session"), "192.0.2.7",
                            Activity::kUser, policy_, clock_.now())
                   .ok());
  EXPECT_FALSE(find_session(*db_, "", "192.0.2.7", Activity::kUser, policy_, clock_.now()).ok());
}

TEST_P(SessionTest, IdleTimeEndsIt) {
  const OpenedSession opened = open();
  clock_.advance(29 * kMinute);
  EXPECT_TRUE(alive(opened)) << "and this was activity";
  clock_.advance(29 * kMinute);
  EXPECT_TRUE(alive(opened));
  clock_.advance(30 * kMinute);
  EXPECT_FALSE(alive(opened));
}

TEST_P(SessionTest, BackgroundRefreshDoesNotProlong) {
  const OpenedSession opened = open();
  clock_.advance(20 * kMinute);
  EXPECT_TRUE(alive(opened, "192.0.2.7", Activity::kBackground));
  clock_.advance(11 * kMinute);
  EXPECT_FALSE(alive(opened));
}

TEST_P(SessionTest, AbsoluteAgeEndsItWhateverHappens) {
  const OpenedSession opened = open();
  for (int i = 0; i < 12 * 4 - 1; ++i) {
    clock_.advance(15 * kMinute);
    ASSERT_TRUE(alive(opened)) << i;
  }
  clock_.advance(15 * kMinute);
  EXPECT_FALSE(alive(opened));
}

TEST_P(SessionTest, ActivityIsWrittenNowAndThenOnly) {
  const OpenedSession opened = open();
  clock_.advance(kTouchInterval - 1);
  EXPECT_TRUE(alive(opened));
  EXPECT_EQ(number("SELECT last_activity FROM user_session"), kStart);
  clock_.advance(1);
  EXPECT_TRUE(alive(opened));
  EXPECT_EQ(number("SELECT last_activity FROM user_session"), clock_.now());
}

TEST_P(SessionTest, BoundToTheNetwork) {
  const OpenedSession opened = open("192.0.2.7");
  EXPECT_TRUE(alive(opened, "192.0.2.200"));
  EXPECT_FALSE(alive(opened, "192.0.3.7"));
  EXPECT_EQ(bound_network("2001:db8:1:2:3::4", SessionBind::kSubnet), "2001:db8:1:2::/64");
  EXPECT_EQ(bound_network("192.0.2.7", SessionBind::kExact), "192.0.2.7");
  EXPECT_EQ(bound_network("192.0.2.7", SessionBind::kOff), "");
}

TEST_P(SessionTest, TheOldestEndsBeyondTheLimit) {
  std::vector<OpenedSession> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(open());
    clock_.advance(kSecond);
  }
  EXPECT_FALSE(alive(all[0]));
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_TRUE(alive(all[i])) << i;
}

TEST_P(SessionTest, PurgeRemovesWhatIsOver) {
  open();
  clock_.advance(20 * kMinute);
  const OpenedSession young = open();
  clock_.advance(11 * kMinute);
  ASSERT_TRUE(purge_sessions(*db_, policy_, clock_.now()).ok());
  EXPECT_EQ(number("SELECT COUNT(*) FROM user_session"), 1);
  EXPECT_TRUE(alive(young));
}

TEST(CsrfTest, BelongsToOneToken) {
  EXPECT_EQ(csrf_token("a").size(), 64U);
  EXPECT_EQ(csrf_token("a"), csrf_token("a"));
  EXPECT_NE(csrf_token("a"), csrf_token("b"));
}

}  // namespace
}  // namespace yagura::identity
