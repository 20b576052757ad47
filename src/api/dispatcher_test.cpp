// What decides before a handler runs, without a network. The rules over all routes are tested over
// real HTTPS in tests/integration/test_console_api.py.
#include "api/dispatcher.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/cookie.h"
#include "api/etag.h"
#include "api/resources.h"
#include "db/migrations.h"
#include "identity/bootstrap.h"

namespace yagura::api {
namespace {

using ::testing::HasSubstr;

constexpr crypto::PasswordCost kCheap{.operations = 1, .memory_bytes = 8192};

class DispatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "yagura-api-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    db::Options options;
    options.path = folder_ + "/test.db";
    auto db = db::connect(options);
    ASSERT_TRUE(db.ok());
    ASSERT_TRUE(db::migrate(**db).ok());
    auto first = identity::bootstrap_administrator(**db, "admin", kCheap, random_, clock_.now());
    ASSERT_TRUE(first.ok());
    password_ = first->password.reveal();
    ASSERT_TRUE((*db)->execute("UPDATE user_account SET must_change_password = 0").ok());
    login_.dummy_hash = *identity::make_dummy_hash(kCheap, random_);
    pool_ = std::make_unique<db::Pool>(options, 2);
    dispatcher_ = std::make_unique<Dispatcher>(all_operations(), std::span<const http::Asset>(),
                                               *pool_, login_, limits_);
  }
  void TearDown() override {
    dispatcher_.reset();
    pool_.reset();
    std::filesystem::remove_all(folder_);
  }

  http::Request request(http::Method method, std::string path) {
    http::Request out;
    out.method = method;
    out.path = std::move(path);
    out.id = "r1";
    out.peer.address = "192.0.2.7";
    out.headers = {{"host", "console.example:8443"}};
    if (!token_.empty()) {
      out.headers.push_back({"cookie", std::string(kSessionCookie) + "=" + token_});
    }
    return out;
  }

  http::Response sign_in() {
    http::Request login = request(http::Method::kPost, "/api/v2/session");
    login.headers.push_back({"content-type", "application/json; charset=utf-8"});
    login.body = R"({"user":"admin","password":")" + password_ + R"("})";
    http::Response response = dispatcher_->handle(login);
    for (const http::Header& h : response.headers) {
      if (h.name != "Set-Cookie") continue;
      const std::size_t at = h.value.find('=') + 1;
      token_ = h.value.substr(at, h.value.find(';') - at);
    }
    return response;
  }

  std::string folder_;
  std::string password_;
  std::string token_;
  ManualClock clock_{1'800'000'000 * kSecond};
  SystemRandom random_;
  RateLimits limits_{.read = 5, .write = 5, .login = 3, .anonymous = 4};
  identity::LoginServices login_{.sessions = {},
                                 .passwords = {},
                                 .throttle = {},
                                 .cost = kCheap,
                                 .dummy_hash = "",
                                 .clock = clock_,
                                 .random = random_};
  std::unique_ptr<db::Pool> pool_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(DispatcherTest, SessionsAreLimitedAndRefilled) {
  ASSERT_EQ(sign_in().status, 200);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(dispatcher_->handle(request(http::Method::kGet, "/api/v2/session")).status, 200) << i;
  }
  const http::Response limited =
      dispatcher_->handle(request(http::Method::kGet, "/api/v2/session"));
  EXPECT_EQ(limited.status, 429);
  EXPECT_THAT(limited.body, HasSubstr(R"("code":"rate-limited","params":{"retry_after_s":12})"));
  EXPECT_EQ(limited.user, "admin");
  clock_.advance(12 * kSecond);
  EXPECT_EQ(dispatcher_->handle(request(http::Method::kGet, "/api/v2/session")).status, 200);
}

TEST_F(DispatcherTest, StrangersAreLimitedByAddress) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(dispatcher_->handle(request(http::Method::kGet, "/api/v2/agents")).status, 401);
  }
  EXPECT_EQ(dispatcher_->handle(request(http::Method::kGet, "/api/v2/agents")).status, 429);
  token_ = std::string(43, 'x');
  EXPECT_EQ(dispatcher_->handle(request(http::Method::kGet, "/api/v2/agents")).status, 429)
      << "an invalid cookie does not help";
}

TEST_F(DispatcherTest, LoginsAreLimitedByAddress) {
  password_ = "wrong";
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(sign_in().status, 401);
  EXPECT_EQ(sign_in().status, 429);
}

TEST_F(DispatcherTest, DatabaseAwayIsUnavailable) {
  db::Pool broken(
      []() -> Result<std::unique_ptr<db::Connection>> {
        return Error{ErrorCode::kUnavailable, "gone"};
      },
      1);
  Dispatcher dispatcher(all_operations(), {}, broken, login_, limits_);
  http::Request login = request(http::Method::kPost, "/api/v2/session");
  login.headers.push_back({"content-type", "application/json"});
  login.body = R"({"user":"admin","password":"x"})";
  const http::Response response = dispatcher.handle(login);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr(R"("code":"unavailable")"));
  EXPECT_THAT(response.body, ::testing::Not(HasSubstr("gone")));
  EXPECT_EQ(dispatcher.handle(request(http::Method::kGet, "/healthz")).status, 200);
}

TEST_F(DispatcherTest, KnowsPathsMethodsAndPages) {
  EXPECT_EQ(dispatcher_->handle(request(http::Method::kGet, "/api/v2/nothing")).status, 404);
  const http::Response wrong = dispatcher_->handle(request(http::Method::kPut, "/api/v2/session"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.back().value, "POST, GET, HEAD, DELETE");
  EXPECT_EQ(dispatcher_->handle(request(http::Method::kGet, "/agents/7")).status, 200)
      << "the front end's page";
}

TEST(SameOriginTest, BelievesWhatTheBrowserSays) {
  const auto with = [](std::vector<http::Header> headers) {
    http::Request request;
    request.headers = std::move(headers);
    request.headers.push_back({"host", "console.example:8443"});
    return is_same_origin(request);
  };
  EXPECT_TRUE(with({})) << "no browser";
  EXPECT_TRUE(with({{"origin", "https://console.example:8443"}}));
  EXPECT_TRUE(with({{"sec-fetch-site", "same-origin"}}));
  EXPECT_FALSE(with({{"origin", "https://console.example"}}));
  EXPECT_FALSE(with({{"origin", "http://console.example:8443"}}));
  EXPECT_FALSE(with({{"origin", "https://console.example:8443.evil.example"}}));
  EXPECT_FALSE(with({{"origin", "null"}}));
  EXPECT_FALSE(with({{"sec-fetch-site", "cross-site"}}));
  EXPECT_FALSE(with({{"sec-fetch-site", "same-site"}}));
}

TEST(EtagTest, ExactlyOneStrongTag) {
  const auto revision = [](std::string value) {
    http::Request request;
    request.headers = {{"if-match", std::move(value)}};
    return revision_of(request);
  };
  EXPECT_EQ(etag_of("12"), "\"12\"");
  EXPECT_EQ(revision("\"12\""), "12");
  for (const char* bad : {"*", "12", "\"\"", "W/\"12\"", "\"1\", \"2\"", "\"", ""}) {
    EXPECT_EQ(revision(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(revision_of(http::Request{}), std::nullopt);
}

TEST(RateLimiterTest, ClientsAreBounded) {
  RateLimiter limiter({.read = 1, .write = 1, .login = 1, .anonymous = 1});
  EXPECT_EQ(limiter.take(RateClass::kRead, "a", 0), 0);
  EXPECT_EQ(limiter.take(RateClass::kRead, "a", 0), 60);
  EXPECT_EQ(limiter.take(RateClass::kWrite, "a", 0), 0) << "classes count for themselves";
  for (std::size_t i = 0; i < RateLimiter::kMaxClients; ++i) {
    limiter.take_anonymous(std::to_string(i), 0);
  }
  EXPECT_EQ(limiter.take(RateClass::kRead, "a", 0), 0) << "forgotten, not refused";
}

}  // namespace
}  // namespace yagura::api
