#include "agent/log_tail.h"

#include "agent/test_support.h"

namespace yagura::agent {
namespace {

class LogTailTest : public testing::Test {
 protected:
  /// What the next run sees.
  LogTail next(const char* pattern = nullptr) {
    std::optional<text::Regex> regex;
    if (pattern != nullptr) regex = text::Regex::compile(pattern).value();
    auto tail = read_log_tail(folder_.file("log"), position_, regex);
    EXPECT_TRUE(tail.ok()) << tail.error().what;
    position_ = tail->position;
    return std::move(tail).value();
  }

  TempFolder folder_;
  std::optional<LogPosition> position_;
};

using Texts = std::vector<std::string>;

TEST_F(LogTailTest, StartsAtTheEndAndThenSeesWhatIsNew) {
  folder_.put("log", "old 1\nold 2\n");
  EXPECT_EQ(next().matches, 0U);
  EXPECT_EQ(next().matches, 0U);
  folder_.append("log", "new error\r\nnew other\nunfinished");
  const LogTail tail = next("error");
  EXPECT_EQ(tail.lines, Texts{"new error"});
  EXPECT_EQ(tail.matches, 1U);
  folder_.append("log", " line\n");
  EXPECT_EQ(next().lines, Texts{"unfinished line"});
}

TEST_F(LogTailTest, FollowsARotation) {
  folder_.put("log", "a\n");
  (void)next();
  folder_.append("log", "b\nc");
  std::filesystem::rename(folder_.file("log"), folder_.file("log.1"));
  folder_.put("log", "d\n");
  EXPECT_EQ(next().lines, (Texts{"b", "c", "d"}));
  EXPECT_TRUE(next().lines.empty());
}

TEST_F(LogTailTest, StartsAnewAfterATruncation) {
  folder_.put("log", "a long first line\n");
  (void)next();
  folder_.put("log", "b\n");
  EXPECT_EQ(next().lines, Texts{"b"});
}

TEST_F(LogTailTest, LimitsOfLinesAndBytes) {
  folder_.put("log", "");
  (void)next();
  std::string many;
  for (std::size_t i = 0; i < kMaxTailLines + 5; ++i)
    many += "x\n";
  folder_.append("log", many);
  const LogTail lines = next();
  EXPECT_EQ(lines.lines.size(), kMaxTailLines);
  EXPECT_EQ(lines.matches, kMaxTailLines + 5);
  folder_.append("log", std::string(kMaxTailBytes + 100, 'y') + "\nz\n");
  const LogTail first = next();
  ASSERT_EQ(first.lines.size(), 1U);
  EXPECT_EQ(first.lines[0].size(), kMaxTailLine);
  EXPECT_EQ(next().lines.back(), "z");
}

TEST_F(LogTailTest, MissingAndUnsuitableFilesAreErrors) {
  EXPECT_EQ(read_log_tail(folder_.file("none"), {}, {}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_log_tail(folder_.path(), {}, {}).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace yagura::agent
