#include "agent/state.h"

#include "agent/test_support.h"

namespace yagura::agent {
namespace {

StateData example() {
  StateData data;
  data.lost_reports = 3;
  data.refused_reports = 1;
  data.last_run = {{"name with blank", 1700000000000000}, {"100%", 1}, {"zeile\nende", 2}};
  data.log_positions = {{"m\n/var/log/x", {12345, 678}}};
  return data;
}

TEST(State, RoundTrip) {
  const auto data = parse_state(write_state(example()));
  ASSERT_TRUE(data.ok()) << data.error().what;
  EXPECT_EQ(*data, example());
}

TEST(State, MalformedTextsNameTheLine) {
  EXPECT_EQ(parse_state("").error().code, ErrorCode::kInvalid);
  for (const char* bad : {"lost x", "ran a", "ran  1", "log a 1", "log a x 1", "what 1", "ran %4 1",
                          "ran %zz 1", ""}) {
    const auto data = parse_state("yagura-agent-state 1\n" + std::string(bad) + "\nlost 1\n");
    ASSERT_FALSE(data.ok()) << bad;
    EXPECT_NE(data.error().what.find("line 2"), std::string::npos);
  }
}

TEST(State, SurvivesRestartAndWritesOnlyChanges) {
  const TempFolder folder;
  const Directory directory = folder.open();
  {
    auto state = State::open(directory);
    ASSERT_TRUE(state.ok());
    ASSERT_TRUE(state->save().ok());
    EXPECT_FALSE(std::filesystem::exists(folder.file("state")));
    state->data() = example();
    ASSERT_TRUE(state->save().ok());
  }
  EXPECT_EQ(State::open(directory)->data(), example());
}

TEST(State, ADamagedFileIsPutAsideAndCounted) {
  const TempFolder folder;
  folder.put("state", "yagura-agent-state 1\nlost 1");
  EXPECT_EQ(State::open(folder.open())->data().lost_reports, 1U);
  folder.put("state", "garbage");
  const Directory directory = folder.open();
  const auto state = State::open(directory);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->data().state_resets, 1U);
  EXPECT_EQ(folder.get("state.damaged"), "garbage");
}

}  // namespace
}  // namespace yagura::agent
