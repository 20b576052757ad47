#include "db/lease.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "db/migrations.h"
#include "db/test_database.h"

namespace yagura::db {
namespace {

constexpr Micros kStart = 1'800'000'000 * kSecond;

class LeaseTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (db_) ASSERT_OK(migrate(*db_, embedded_migrations().first(1)));
  }
  std::optional<Lease> acquire(std::string_view holder, Micros now) {
    Result<std::optional<Lease>> lease = acquire_lease(*db_, "duty", holder, now);
    EXPECT_OK(lease);
    return lease.ok() ? *lease : std::nullopt;
  }
};
INSTANTIATE_DIALECTS(LeaseTest);

TEST_P(LeaseTest, OneHolderUntilItExpires) {
  const auto a = acquire("a", kStart);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->epoch, 1);
  EXPECT_EQ(a->expires_at, kStart + 15 * kSecond);
  EXPECT_FALSE(acquire("b", kStart + 14 * kSecond));
  const auto renewed = acquire("a", kStart + 5 * kSecond);
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->epoch, 1);
  EXPECT_FALSE(acquire("b", kStart + 19 * kSecond));
  const auto b = acquire("b", kStart + 20 * kSecond);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->epoch, 2);
  EXPECT_FALSE(acquire("a", kStart + 21 * kSecond));
  const auto seen = read_lease(*db_, "duty");
  ASSERT_OK(seen);
  ASSERT_TRUE(*seen);
  EXPECT_EQ((*seen)->holder, "b");
}

TEST_P(LeaseTest, PausedHolderIsFenced) {
  auto a = acquire("a", kStart);
  ASSERT_TRUE(a);
  ASSERT_OK(transaction(*db_, [&](Connection& t) { return guard(t, *a); }));
  const auto b = acquire("b", kStart + kMinute);
  ASSERT_TRUE(b);
  // a wakes up and believes it is still the master.
  const Status acted = transaction(*db_, [&](Connection& t) -> Status {
    YAGURA_CHECK(guard(t, *a));
    YAGURA_CHECK(t.execute("INSERT INTO setting (name, value) VALUES (?, ?)", {"x", "by a"}));
    return {};
  });
  EXPECT_CODE(acted, ErrorCode::kConflict);
  EXPECT_EQ((*db_->query("SELECT COUNT(*) FROM setting"))[0].integer(0), 0);
  EXPECT_CODE(renew_lease(*db_, *a, kStart + kMinute), ErrorCode::kConflict);
  EXPECT_OK(release_lease(*db_, *a));
  EXPECT_FALSE(acquire("c", kStart + kMinute + kSecond));
  EXPECT_OK(transaction(*db_, [&](Connection& t) { return guard(t, *b); }));
}

TEST_P(LeaseTest, RestartedHolderIsAnother) {
  ASSERT_TRUE(acquire("a", kStart));
  // Expired without anybody taking it: the same name gets a new epoch.
  const auto again = acquire("a", kStart + kMinute);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->epoch, 2);
}

TEST_P(LeaseTest, ReleaseLetsTheNextInAtOnce) {
  const auto a = acquire("a", kStart);
  ASSERT_TRUE(a);
  ASSERT_OK(release_lease(*db_, *a));
  const auto b = acquire("b", kStart + kSecond);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->epoch, 2);
}

TEST_P(LeaseTest, NamesAreSeparate) {
  ASSERT_TRUE(acquire("a", kStart));
  const auto other = acquire_lease(*db_, "other", "b", kStart);
  ASSERT_OK(other);
  EXPECT_TRUE(*other);
  EXPECT_FALSE(*read_lease(*db_, "never"));
}

TEST_P(LeaseTest, RacersNeverShareAnEpoch) {
  std::atomic<int> held = 0;
  std::atomic<int> grants = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const std::unique_ptr<Connection> db = open();
      const std::string holder = "holder-" + std::to_string(i);
      for (Micros round = 0; round < 40; ++round) {
        Result<std::optional<Lease>> lease = acquire_lease(*db, "race", holder, kStart + round);
        if (!lease.ok() && db->lost_race()) continue;
        ASSERT_OK(lease);
        if (!*lease) continue;
        EXPECT_EQ(held.fetch_add(1), 0);
        ++grants;
        held.fetch_sub(1);
        ASSERT_OK(release_lease(*db, **lease));
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_GT(grants.load(), 0);
  const auto last = read_lease(*db_, "race");
  ASSERT_OK(last);
  EXPECT_EQ((*last)->epoch, grants.load());
}

}  // namespace
}  // namespace yagura::db
