#include "tentacle/pending_index.h"

#include <string>

#include <gtest/gtest.h>

namespace yagura::tentacle {
namespace {

using Match = PendingIndex::Match;
const crypto::Sha256Digest kOne = crypto::sha256("one");
const crypto::Sha256Digest kTwo = crypto::sha256("two");

TEST(PendingIndex, KnowsPendingNames) {
  PendingIndex index(kHour);
  EXPECT_EQ(index.look_up("a.data", kOne).match, Match::kNew);
  index.add("f1", "a.data", kOne, 10);
  EXPECT_EQ(index.look_up("a.data", kOne).match, Match::kSame);
  EXPECT_EQ(index.look_up("a.data", kOne).file, "f1");
  EXPECT_EQ(index.look_up("a.data", kTwo).match, Match::kDifferent);
  std::string file;
  EXPECT_EQ(index.pending_size("a.data", file), 10U);
  EXPECT_EQ(file, "f1");
  EXPECT_EQ(index.items(), 1U);
  EXPECT_EQ(index.bytes(), 10U);
}

TEST(PendingIndex, RemembersConsumedDataForAWhile) {
  PendingIndex index(kHour);
  index.add("f1", "a.data", kOne, 10);
  index.consumed("f1", 0);
  EXPECT_EQ(index.look_up("a.data", kOne).match, Match::kSame) << "a late repetition";
  EXPECT_EQ(index.look_up("a.data", kOne).file, "");
  EXPECT_EQ(index.look_up("a.data", kTwo).match, Match::kNew) << "new content is new";
  EXPECT_EQ(index.bytes(), 0U);
  index.begin_scan();
  index.reconcile({}, kHour + 1);
  EXPECT_EQ(index.look_up("a.data", kOne).match, Match::kNew);
}

TEST(PendingIndex, ConfigurationsAreForgottenAtOnce) {
  PendingIndex index(kHour);
  index.add("f1", "a.conf", kOne, 10);
  index.consumed("f1", 0);
  EXPECT_EQ(index.look_up("a.conf", kOne).match, Match::kNew);
  PendingIndex none(0);
  none.add("f1", "a.data", kOne, 10);
  none.consumed("f1", 0);
  EXPECT_EQ(none.look_up("a.data", kOne).match, Match::kNew);
}

TEST(PendingIndex, ReconcilesWithTheDirectory) {
  PendingIndex index(0);
  index.add("f1", "a.data", kOne, 10);
  index.add("f2", "b.data", kTwo, 5);
  index.begin_scan();
  index.add("f3", "c.data", kTwo, 7);  // came while the directory was read
  const auto unknown = index.reconcile({"f2", "foreign"}, 0);
  EXPECT_EQ(unknown, std::vector<std::string>{"foreign"});
  EXPECT_EQ(index.items(), 2U);
  EXPECT_EQ(index.bytes(), 12U);
  index.add_foreign("foreign", 100);
  index.add_foreign("foreign", 100);
  EXPECT_EQ(index.bytes(), 112U);
  index.begin_scan();
  index.reconcile({"f2", "f3"}, 0);
  EXPECT_EQ(index.bytes(), 12U);
}

TEST(PendingIndex, DropsWhatCouldNotBeStored) {
  PendingIndex index(kHour);
  index.add("f1", "a.data", kOne, 10);
  index.drop("f1");
  EXPECT_EQ(index.look_up("a.data", kOne).match, Match::kNew);
  EXPECT_EQ(index.items(), 0U);
}

TEST(PendingIndex, MemoryOfConsumedNamesIsBounded) {
  PendingIndex index(kDay);
  for (std::size_t i = 0; i <= PendingIndex::kMaxRemembered; ++i) {
    const std::string n = std::to_string(i);
    index.add("f" + n, n + ".data", kOne, 1);
    index.consumed("f" + n, static_cast<Micros>(i));
  }
  EXPECT_EQ(index.look_up("0.data", kOne).match, Match::kNew);
  EXPECT_EQ(index.look_up("1.data", kOne).match, Match::kSame);
}

}  // namespace
}  // namespace yagura::tentacle
