#include "monitor/history_fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(BucketWidthTest, IsRoundAndEnough) {
  EXPECT_EQ(bucket_width(86'400, 1000, 1), 120);
  EXPECT_EQ(bucket_width(3600, 1000, 1), 5);
  EXPECT_EQ(bucket_width(600, 1000, 300), 300) << "never finer than the data";
  for (const std::int64_t span : {60LL, 5000LL, 86'400LL, 31'536'000LL, 3'000'000'000LL}) {
    for (const std::int64_t points : {10LL, 100LL, 1000LL}) {
      EXPECT_LE(span / bucket_width(span, points, 1) + 2, points + 1) << span << " " << points;
    }
  }
}

TEST(FoldTest, KeepsExtremesAndSums) {
  const std::vector<Bucket> in = {
      {0, 1, 5, 5, 5}, {59, 1, 1, 1, 1}, {60, 2, 3, 9, 12}, {185, 1, 7, 7, 7}};
  const auto out = fold(in, 60);
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].at, 0);
  EXPECT_EQ(out[0].n, 2);
  EXPECT_EQ(out[0].min, 1);
  EXPECT_EQ(out[0].max, 5);
  EXPECT_EQ(out[0].sum, 6);
  EXPECT_EQ(out[1].at, 60);
  EXPECT_EQ(out[1].n, 2);
  EXPECT_EQ(out[2].at, 180);
  EXPECT_TRUE(fold({}, 60).empty());
}

TEST(FoldTest, BucketsStayWhenTheRangeMoves) {
  const std::vector<Bucket> all = {{100, 1, 1, 1, 1}, {130, 1, 2, 2, 2}};
  EXPECT_EQ(fold(all, 60)[1].at, fold(std::span(all).last(1), 60)[0].at);
}

TEST(GapsTest, FindsWhatIsLongerThanAllowed) {
  const std::vector<double> times = {100, 110, 150, 160};
  EXPECT_THAT(find_gaps(times, 95, 165, 20), ElementsAre(Gap(110, 150)));
  EXPECT_THAT(find_gaps(times, 0, 300, 40), ElementsAre(Gap(0, 100), Gap(160, 300)));
  EXPECT_THAT(find_gaps({}, 0, 100, 20), ElementsAre(Gap(0, 100)));
  EXPECT_THAT(find_gaps({}, 0, 10, 20), IsEmpty());
  EXPECT_THAT(find_gaps(times, 95, 120, 100), IsEmpty()) << "an end before the last value";
}

}  // namespace
}  // namespace yagura::monitor
