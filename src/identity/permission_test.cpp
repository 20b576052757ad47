#include "identity/permission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/actor.h"

namespace yagura::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr GroupId kA{1};
constexpr GroupId kB{2};
constexpr GroupId kC{3};
constexpr GroupId kD{4};
constexpr GroupId kE{5};
constexpr GroupId kX{6};
constexpr GroupId kAll{0};

const Bits kRead = {Bit::kAR, Bit::kER};

// Spec console-security §3.5: A (passes on) -> B (does not) -> C; A -> D (passes on) -> E.
std::shared_ptr<const GroupTree> tree() {
  auto out = std::make_shared<GroupTree>();
  out->add(kA, kAll, true);
  out->add(kB, kA, false);
  out->add(kC, kB, false);
  out->add(kD, kA, true);
  out->add(kE, kD, false);
  out->add(kX, kAll, false);
  return out;
}

Actor actor(std::vector<Assignment> assignments) {
  return Actor::with({}, UserId{1}, std::move(assignments), tree());
}

TEST(PermissionTest, WorkedExamplesOfTheSpecification) {
  const Actor at_a = actor({{kRead, kA}});
  EXPECT_TRUE(at_a.may(Bit::kAR, kB)) << "1: A propagates to its children";
  EXPECT_FALSE(at_a.may(Bit::kAR, kC)) << "2: B does not propagate";
  EXPECT_TRUE(at_a.may(Bit::kAR, kE)) << "3: A and D propagate";
  const Actor alone = actor({{kRead, kA, true}});
  EXPECT_FALSE(alone.may(Bit::kAR, kD)) << "4: no hierarchy";
  EXPECT_TRUE(alone.may(Bit::kAR, kA));
  const Actor second = actor({{kRead, kA, true}, {kRead, kD}});
  EXPECT_TRUE(second.may(Bit::kAR, kE)) << "5: the second assignment";
  EXPECT_FALSE(second.may(Bit::kAR, kB)) << "one assignment's flag does not change another's";
  EXPECT_FALSE(at_a.may(Bit::kER, kAll)) << "10: system events belong to All";
  EXPECT_FALSE(at_a.may(Bit::kAW, kA)) << "the bit decides";
}

TEST(PermissionTest, AssignmentOnAllCoversEverything) {
  const Actor everywhere = actor({{kRead, kAll}});
  for (const GroupId group : {kAll, kA, kC, kX, GroupId{99}}) {
    EXPECT_TRUE(everywhere.may(Bit::kAR, group));
  }
  EXPECT_TRUE(everywhere.scope(Bit::kAR).all);
  EXPECT_FALSE(everywhere.scope(Bit::kAW).all);
  EXPECT_TRUE(everywhere.scope(Bit::kAW).empty());
}

TEST(PermissionTest, ScopeListsTheGroups) {
  const GroupScope scope = actor({{kRead, kA}}).scope(Bit::kAR);
  EXPECT_FALSE(scope.all);
  EXPECT_THAT(scope.groups, UnorderedElementsAre(kA, kB, kD, kE));
  EXPECT_TRUE(scope.contains(kB));
  EXPECT_FALSE(scope.contains(kC));
}

TEST(PermissionTest, SuperadminMayEverything) {
  const Actor root = Actor::superadmin({}, UserId{1});
  EXPECT_TRUE(root.may(Bit::kPM, kAll));
  EXPECT_TRUE(root.may(Bit::kAR, GroupId{12345}));
  EXPECT_TRUE(root.scope(Bit::kDM).all);
  EXPECT_EQ(root.somewhere(), Bits::all());
}

TEST(PermissionTest, LoopsInTheTreeEnd) {
  auto loop = std::make_shared<GroupTree>();
  loop->add(kA, kB, true);
  loop->add(kB, kA, true);
  EXPECT_FALSE(loop->reaches(kX, kA));
  EXPECT_TRUE(loop->reaches(kB, kA));
  loop->add(kC, GroupId{77}, true);
  EXPECT_FALSE(loop->reaches(GroupId{77}, kC)) << "a parent that does not exist passes nothing on";
}

TEST(PermissionTest, ImpliedBits) {
  EXPECT_EQ(with_implied({Bit::kAW}), (Bits{Bit::kAW, Bit::kAR, Bit::kAD}));
  EXPECT_EQ(with_implied({Bit::kEM}), (Bits{Bit::kEM, Bit::kEW, Bit::kER}));
  EXPECT_EQ(with_implied({Bit::kRM}), (Bits{Bit::kRM, Bit::kRW, Bit::kRR}));
  EXPECT_EQ(with_implied({Bit::kPM}), (Bits{Bit::kPM}));
}

TEST(PermissionTest, WordsFollowTheMask) {
  EXPECT_THAT((Bits{Bit::kPM, Bit::kAR}).words(), ElementsAre("AR", "PM"));
  EXPECT_EQ(Bits::all().words().size(), kBitCount);
  EXPECT_EQ(Bits::from_mask(~std::uint64_t{0}), Bits::all());
}

}  // namespace
}  // namespace yagura::identity
