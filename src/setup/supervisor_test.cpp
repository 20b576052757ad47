#include "setup/supervisor.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace yagura::setup {
namespace {

using testing::HasSubstr;
using Kind = SupervisorEvent::Kind;

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "yagura-supervisor-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~SupervisorTest() override { std::filesystem::remove_all(directory_); }

  /// A program that is a line of shell; $1 is the descriptor on which it says that it serves.
  ProgramSpec shell(const std::string& name, const std::string& line) const {
    return {name, "/bin/sh", {"-c", line}, directory_ + "/" + name + ".out"};
  }
  static std::string serving() { return "eval \"echo x >&$1\"; exec sleep 600"; }

  Supervisor make(std::vector<ProgramSpec> programs) {
    return Supervisor(std::move(programs), clock_, Directory::open(directory_).value(),
                      [this](const SupervisorEvent& e) {
                        events_.push_back(e);
                        if (on_event_) on_event_(e);
                      });
  }

  std::string status() const {
    return Directory::open(directory_).value().read("status.json", 100000).value();
  }

  SystemClock clock_;
  std::string directory_;
  std::vector<SupervisorEvent> events_;
  std::function<void(const SupervisorEvent&)> on_event_;
};

TEST_F(SupervisorTest, StartsInOrderAndStopsInReverse) {
  Supervisor supervisor = make({shell("a", serving()), shell("b", serving())});
  ASSERT_TRUE(supervisor.start().ok());
  EXPECT_THAT(status(), HasSubstr("\"name\":\"b\""));
  supervisor.stop();
  ASSERT_EQ(events_.size(), 4U);
  EXPECT_EQ(events_[0].program, "a");
  EXPECT_EQ(events_[1].program, "b");
  EXPECT_EQ(events_[2].program, "b");
  EXPECT_EQ(events_[2].detail, "signal 15");
  EXPECT_EQ(events_[3].program, "a");
}

TEST_F(SupervisorTest, AProgramThatFailsAtStartIsQuotedAndTheOthersAreStopped) {
  Supervisor supervisor =
      make({shell("good", serving()), shell("bad", "echo port 1 is in use >&2; exit 3")});
  const Status started = supervisor.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().what, HasSubstr("bad ended at start (exit status 3)"));
  EXPECT_THAT(started.error().what, HasSubstr("port 1 is in use"));
  EXPECT_EQ(events_.back().kind, Kind::kStopped);
  EXPECT_EQ(events_.back().program, "good");
}

TEST_F(SupervisorTest, AMissingProgramIsNamed) {
  Supervisor supervisor = make({{"x", "/nonexistent/x", {}, directory_ + "/x.out"}});
  const Status started = supervisor.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().what, HasSubstr("/nonexistent/x: No such file"));
}

TEST_F(SupervisorTest, WhatDiesIsStartedAgainUntilTheStopSignal) {
  auto signals = StopSignals::block();
  ASSERT_TRUE(signals.ok());
  // The first run ends by itself once it serves; the second one stays.
  const std::string line = "eval \"echo x >&$1\"; [ -e " + directory_ +
                           "/once ] && exec sleep 600; : > " + directory_ + "/once; exit 7";
  Supervisor supervisor = make({shell("frail", line)});
  on_event_ = [](const SupervisorEvent& e) {
    if (e.kind == Kind::kReady && e.detail == "again") ::kill(::getpid(), SIGTERM);
  };
  ASSERT_TRUE(supervisor.start().ok());
  ASSERT_TRUE(supervisor.run(*signals).ok());
  std::vector<Kind> kinds;
  for (const SupervisorEvent& e : events_)
    kinds.push_back(e.kind);
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::kReady, Kind::kDied, Kind::kRestarting, Kind::kReady,
                                      Kind::kStopped}));
  EXPECT_THAT(events_[1].detail, HasSubstr("exit status 7; starting again in 1 s"));
  EXPECT_THAT(status(), HasSubstr("\"restarts\":1"));
}

}  // namespace
}  // namespace yagura::setup
