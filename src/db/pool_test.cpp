#include "db/pool.h"

#include <atomic>
#include <latch>
#include <thread>

#include <gmock/gmock.h>

#include "db/test_database.h"

namespace yagura::db {
namespace {

using namespace std::chrono_literals;

class PoolTest : public testing::Test {
 protected:
  /// Connects to SQLite, or fails while `away`.
  Pool::Connect connect_unless_away() {
    return [this]() -> Result<std::unique_ptr<Connection>> {
      ++attempts_;
      if (away_) return Error{ErrorCode::kUnavailable, "gone fishing"};
      return connect(options_);
    };
  }
  TestFolder folder_;
  Options options_ = [this] {
    Options o;
    o.path = folder_.path() + "/x.db";
    return o;
  }();
  std::atomic<bool> away_ = false;
  std::atomic<int> attempts_ = 0;
};

TEST_F(PoolTest, LendsUpToItsSizeAndReuses) {
  Pool pool(connect_unless_away(), 2);
  EXPECT_EQ(pool.health().open, 0U);
  {
    auto a = pool.acquire(1s);
    auto b = pool.acquire(1s);
    ASSERT_OK(a);
    ASSERT_OK(b);
    EXPECT_EQ(pool.health().in_use, 2U);
    EXPECT_CODE(pool.acquire(10ms), ErrorCode::kTimeout);
  }
  EXPECT_EQ(pool.health().open, 2U);
  EXPECT_EQ(pool.health().in_use, 0U);
  ASSERT_OK(pool.acquire(1s));
  EXPECT_EQ(attempts_.load(), 2);
}

TEST_F(PoolTest, AWaiterGetsWhatIsGivenBack) {
  Pool pool(connect_unless_away(), 1);
  std::latch waiting(1);
  std::thread waiter;
  {
    auto held = pool.acquire(1s);
    ASSERT_OK(held);
    waiter = std::thread([&] {
      waiting.count_down();
      EXPECT_OK(pool.acquire(20s));
    });
    waiting.wait();
  }
  waiter.join();
}

TEST_F(PoolTest, AnOpenTransactionIsRolledBack) {
  Pool pool(connect_unless_away(), 1);
  {
    auto db = pool.acquire(1s);
    ASSERT_OK((*db)->run_text("CREATE TABLE x (n BIGINT)"));
    ASSERT_OK((*db)->begin());
    ASSERT_OK((*db)->execute("INSERT INTO x (n) VALUES (1)"));
  }
  auto db = pool.acquire(1s);
  EXPECT_FALSE((*db)->in_transaction());
  EXPECT_EQ((*(*db)->query("SELECT COUNT(*) FROM x"))[0].integer(0), 0);
}

TEST_F(PoolTest, WhileAwayOneAttemptAtATimeAndTheReasonAtOnce) {
  away_ = true;
  Pool pool(connect_unless_away(), 8);
  const auto first = pool.acquire(0ms);
  EXPECT_CODE(first, ErrorCode::kUnavailable);
  EXPECT_EQ(first.error().what, "gone fishing");
  // The next attempt is most of a second away: nobody waits for it in vain, nobody tries.
  for (int i = 0; i < 50; ++i)
    EXPECT_CODE(pool.acquire(100ms), ErrorCode::kUnavailable);
  EXPECT_EQ(attempts_.load(), 1);
  const Pool::Health health = pool.health();
  EXPECT_FALSE(health.usable);
  EXPECT_EQ(health.last_error, "gone fishing");
  EXPECT_GT(health.since, 0);
  away_ = false;
  ASSERT_OK(pool.acquire(5s));  // long enough for the second attempt
  EXPECT_EQ(attempts_.load(), 2);
  EXPECT_TRUE(pool.health().usable);
}

TEST_F(PoolTest, ManyWaitersShareTheAttempt) {
  away_ = true;
  Pool pool(connect_unless_away(), 4);
  EXPECT_CODE(pool.acquire(0ms), ErrorCode::kUnavailable);
  away_ = false;
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto db = pool.acquire(20s);
      EXPECT_OK(db);
      ++served;
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(served.load(), 8);
  EXPECT_LE(attempts_.load(), 5);
}

TEST(Backoff, DoublesFromOneToThirtySecondsWithJitter) {
  Backoff backoff;
  for (const Micros expected : {1, 2, 4, 8, 16, 30, 30, 30}) {
    const Micros pause = backoff.next();
    EXPECT_LE(pause, expected * kSecond);
    EXPECT_GE(pause, expected * kSecond * 4 / 5);
  }
  backoff.reset();
  EXPECT_LE(backoff.next(), kSecond);
}

}  // namespace
}  // namespace yagura::db
