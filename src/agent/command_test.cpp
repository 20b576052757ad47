#include "agent/command.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>

#include "agent/test_support.h"
#include "text/numbers.h"

namespace yagura::agent {
namespace {

CommandOptions shell(const std::string& command) {
  CommandOptions options;
  options.command = command;
  options.environment = command_environment("/conf", "host a", {{"SAVED", "v 1"}});
  return options;
}

TEST(Command, OutputAndExitStatus) {
  const auto out = run_command(shell("printf 'l1\\nl2\\n'; echo lost >&2; exit 3"));
  ASSERT_TRUE(out.ok()) << out.error().what;
  EXPECT_EQ(out->output, "l1\nl2\n");
  EXPECT_EQ(out->exit_status, 3);
  EXPECT_EQ(run_command(shell("kill -9 $$"))->exit_status, 128 + 9);
  EXPECT_EQ(run_command(shell("no-such-program"))->exit_status, 127);
}

TEST(Command, HasACleanEnvironmentAndStandardInput) {
  ::setenv("YAGURA_TEST_LEAK", "1", 1);  // NOLINT(concurrency-mt-unsafe)
  const auto out = run_command(
      shell("echo $PANDORA_HOME $PANDORA_AGENT \"$SAVED\" [$YAGURA_TEST_LEAK]; cat; pwd; "
            "case $PATH in */conf/plugins) echo plugins;; esac"));
  ::unsetenv("YAGURA_TEST_LEAK");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->output, "/conf host a v 1 []\n/\nplugins\n");
}

TEST(Command, InheritsNoDescriptors) {
  const auto out = run_command(shell("ls /proc/self/fd | wc -l"));
  ASSERT_TRUE(out.ok());
  // 0, 1, 2 and the one ls reads the folder with.
  EXPECT_EQ(text::trim(out->output), "4");
}

/// True once the process is gone or only waits for its new parent to collect it.
bool ends_soon(const std::string& pid_text) {
  const auto pid = text::parse_integer<pid_t>(text::trim(pid_text));
  EXPECT_TRUE(pid.has_value()) << pid_text;
  const std::string file = "/proc/" + std::to_string(pid.value_or(0)) + "/stat";
  const SystemClock clock;
  const Micros limit = clock.steady() + 5 * kSecond;
  while (clock.steady() < limit) {
    const auto stat = read_file(file, 4096);
    if (!stat.ok() || stat->find(") Z ") != std::string::npos) return true;
  }
  return false;
}

TEST(Command, ATimeLimitKillsTheWholeGroup) {
  const TempFolder folder;
  auto options =
      shell("(echo $BASHPID; sleep 60) & echo $! > " + folder.file("pid") + "; sleep 60");
  options.timeout = kSecond / 5;
  const SystemClock clock;
  const Micros begin = clock.steady();
  const auto out = run_command(options);
  EXPECT_EQ(out.error().code, ErrorCode::kTimeout);
  EXPECT_LT(clock.steady() - begin, 10 * kSecond);
  EXPECT_TRUE(ends_soon(folder.get("pid")));
}

TEST(Command, ABackgroundChildThatHoldsTheOutputHoldsNobody) {
  const TempFolder folder;
  const SystemClock clock;
  const Micros begin = clock.steady();
  const auto out = run_command(shell("sleep 60 & echo $! > " + folder.file("pid") + "; echo done"));
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->output, "done\n");
  EXPECT_LT(clock.steady() - begin, 10 * kSecond);
  EXPECT_TRUE(ends_soon(folder.get("pid")));
}

TEST(Command, TooMuchOutputEndsIt) {
  const auto out = run_command(shell("yes"));
  EXPECT_EQ(out.error().code, ErrorCode::kLimit);
  const auto fits = run_command(shell("head -c 1048576 /dev/zero"));
  ASSERT_TRUE(fits.ok());
  EXPECT_EQ(fits->output.size(), kMaxCommandOutput);
}

TEST(Command, StopsWhenTold) {
  const UniqueFd stop(::eventfd(1, EFD_CLOEXEC));
  auto options = shell("sleep 60");
  options.stop_fd = stop.get();
  EXPECT_EQ(run_command(options).error().code, ErrorCode::kUnavailable);
}

TEST(Command, TheCommandIsOneArgumentOfTheShell) {
  EXPECT_EQ(run_command(shell("echo '$(id)' \"a;b\""))->output, "$(id) a;b\n");
}

}  // namespace
}  // namespace yagura::agent
