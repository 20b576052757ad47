// What needs no server; delivery itself is tested against the real transport in tests/integration.
#include "agent/shipper.h"

#include <gmock/gmock.h>

#include "agent/test_support.h"

namespace yagura::agent {
namespace {

TEST(Shipper, ResultsPassThroughThePipe) {
  ShipResult result{3, 4567, 1, 2, "host:41121", "TLSv1.3 X", "line one\nline two", {"f1", "f2"}};
  const auto read = parse_ship_result(write_ship_result(result));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->sent, 3U);
  EXPECT_EQ(read->bytes, 4567U);
  EXPECT_EQ(read->refused, 1U);
  EXPECT_EQ(read->remaining, 2U);
  EXPECT_EQ(read->server, "host:41121");
  EXPECT_EQ(read->tls, "TLSv1.3 X");
  EXPECT_EQ(read->error, "line one line two");
  EXPECT_EQ(read->suspects, (std::vector<std::string>{"f1", "f2"}));
  for (const char* bad : {"", "sent 1\n", "sent x\nend \n", "what 1\nend \n"}) {
    EXPECT_FALSE(parse_ship_result(bad).ok()) << bad;
  }
}

TEST(Shipper, PausesDoubleWithinTheirSpreadAndStartAnew) {
  SeededRandom random(7);
  BackOff back_off(100 * kSecond, random);
  for (const Micros base : {5, 10, 20, 40, 80, 100, 100}) {
    const Micros pause = back_off.failed();
    EXPECT_GE(pause, base * kSecond * 3 / 4);
    EXPECT_LE(pause, base * kSecond * 5 / 4);
  }
  back_off.succeeded();
  EXPECT_LE(back_off.failed(), 5 * kSecond * 5 / 4);
  BackOff endless(INT64_MAX / 4, random);
  for (int i = 0; i < 200; ++i)
    EXPECT_GT(endless.failed(), 0);
}

class ShipperProcessTest : public testing::Test {
 protected:
  ShipperProcessTest() : buffer_(Buffer::open(folder_.open(), "buffer", {}).value()) {}

  std::optional<ShipResult> wait(ShipperProcess& process) {
    const SystemClock clock;
    const Micros limit = clock.steady() + 30 * kSecond;
    std::optional<ShipResult> result;
    while (!result && clock.steady() < limit)
      result = process.poll(clock.steady());
    return result;
  }

  TempFolder folder_;
  Buffer buffer_;
  Config config_;
};

TEST_F(ShipperProcessTest, AnEmptyBufferNeedsNoServer) {
  config_.server.host = "192.0.2.1";
  auto process = ShipperProcess::start(config_, buffer_, "a", ShipperProcess::Target::kPrimary, {});
  ASSERT_TRUE(process.ok());
  const auto result = wait(*process);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->error, "");
}

TEST_F(ShipperProcessTest, NobodyThereKeepsTheReportAndSaysWhy) {
  config_.server.host = "127.0.0.1";
  config_.server.port = 1;
  ASSERT_TRUE(buffer_.store("x", 1).ok());
  auto process = ShipperProcess::start(config_, buffer_, "a", ShipperProcess::Target::kPrimary, {});
  ASSERT_TRUE(process.ok());
  const auto result = wait(*process);
  ASSERT_TRUE(result.has_value());
  EXPECT_THAT(result->error, testing::HasSubstr("refused"));
  EXPECT_EQ(result->remaining, 1U);
  EXPECT_EQ(buffer_.list()->size(), 1U);
}

TEST_F(ShipperProcessTest, ARoundPastItsTimeIsKilled) {
  config_.server.host = "192.0.2.1";
  config_.server.port = 9;
  ASSERT_TRUE(buffer_.store("x", 1).ok());
  auto process = ShipperProcess::start(config_, buffer_, "a", ShipperProcess::Target::kPrimary, {});
  ASSERT_TRUE(process.ok());
  const auto result = process->poll(process->deadline());
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->error.empty());
}

}  // namespace
}  // namespace yagura::agent
