#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/random.h"
#include "base/settings.h"

namespace yagura {
namespace {

using testing::HasSubstr;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "yagura-base-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(ResultTest, CarriesContext) {
  const Result<int> r = Error{ErrorCode::kInvalid, "no digits"};
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.error().with("reading port").what, "reading port: no digits");
}

TEST(ClockTest, FormatsUtc) {
  EXPECT_EQ(format_utc(1'700'000'000'123'456), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(format_utc(-1), "1969-12-31T23:59:59.999Z");
}

TEST(LogTest, EscapesWhatCouldBreakALine) {
  EXPECT_EQ(log::escape("plain"), "plain");
  EXPECT_EQ(log::escape(""), "\"\"");
  EXPECT_EQ(log::escape("a b"), "\"a b\"");
  EXPECT_EQ(log::escape("a\nb"), "\"a\\x0ab\"");
  EXPECT_EQ(log::escape("\x1b[2J"), "\"\\x1b[2J\"");
  EXPECT_EQ(log::escape("櫓"), "櫓");
  EXPECT_EQ(log::escape("\xc2\x85"), "\"\\xc2\\x85\"");
  EXPECT_EQ(log::escape("\xff"), "\"\\xff\"");
  EXPECT_EQ(log::escape(std::string(2000, 'x')).size(), 1024U + 3U);
}

TEST(FileTest, ReadsProcFilesAndKeepsTheLimit) {
  const auto whole = read_file("/proc/self/status", 65536);
  ASSERT_TRUE(whole.ok());
  EXPECT_THAT(*whole, HasSubstr("Pid:"));
  const auto limited = read_file("/proc/self/status", 10);
  ASSERT_FALSE(limited.ok());
  EXPECT_EQ(limited.error().code, ErrorCode::kLimit);
}

TEST(FileTest, DurableWriteReplacesAndLeavesNothingBehind) {
  const TemporaryDirectory tmp;
  const auto dir = Directory::open(tmp.path());
  ASSERT_TRUE(dir.ok());
  ASSERT_TRUE(dir->write_durable("a", "one", 0640).ok());
  ASSERT_TRUE(dir->write_durable("a", "two", 0640).ok());
  EXPECT_EQ(dir->read("a", 100).value(), "two");
  EXPECT_EQ(dir->stat("a").value().st_mode & 0777U, 0640U);
  EXPECT_EQ(dir->list(10).value(), std::vector<std::string>{"a"});
}

TEST(FileTest, NothingOutsideTheDirectoryIsReached) {
  const TemporaryDirectory tmp;
  const auto dir = Directory::open(tmp.path());
  ASSERT_TRUE(dir.ok());
  ASSERT_EQ(::symlink("/etc/passwd", (tmp.path() + "/link").c_str()), 0);
  EXPECT_FALSE(dir->read("link", 1000000).ok());
  EXPECT_FALSE(dir->read("../" + std::filesystem::path(tmp.path()).filename().string(), 10).ok());
  EXPECT_FALSE(dir->read("/etc/passwd", 1000000).ok());
}

TEST(SettingsTest, NamesEveryMistakeWithItsLine) {
  auto settings = Settings::parse("port = 70000\n[log]\nlevle = \"x\"\n", "t.toml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->integer("port", 41121, {1, 65535}), 41121);
  const Status done = settings->finish();
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().what, HasSubstr("t.toml:1: port: 70000 is not between 1 and 65535"));
  EXPECT_THAT(done.error().what, HasSubstr("t.toml:3: log.levle: unknown setting"));
}

TEST(SettingsTest, ReadsListsAndTables) {
  auto settings = Settings::parse(
      "nets = [\"10.0.0.0/8\"]\n[[listener]]\nport = 1\n[[listener]]\nport = 2\n", "t.toml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->list("nets"), std::vector<std::string>{"10.0.0.0/8"});
  ASSERT_EQ(settings->tables("listener"), 2U);
  EXPECT_EQ(settings->integer("listener.0.port", 0, {0, 9}), 1);
  EXPECT_EQ(settings->integer("listener.1.port", 0, {0, 9}), 2);
  EXPECT_TRUE(settings->finish().ok());
}

TEST(QueueTest, DrainsAfterClose) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_FALSE(queue.try_push(3));
  std::jthread producer([&] { EXPECT_TRUE(queue.push(4)); });
  EXPECT_EQ(queue.pop(), 1);
  producer.join();
  queue.close();
  EXPECT_FALSE(queue.push(5));
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 4);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(RandomTest, SeedDecides) {
  SeededRandom a(7);
  SeededRandom b(7);
  EXPECT_EQ(a.hex(16), b.hex(16));
  EXPECT_LT(a.below(10), 10U);
  EXPECT_NE(SystemRandom().hex(16), SystemRandom().hex(16));
}

}  // namespace
}  // namespace yagura
