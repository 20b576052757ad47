#include "agent/buffer.h"

#include "agent/test_support.h"

namespace yagura::agent {
namespace {

Buffer open_buffer(const TempFolder& folder, const BufferLimits& limits = {}) {
  auto buffer = Buffer::open(folder.open(), "buffer", limits);
  EXPECT_TRUE(buffer.ok()) << buffer.error().what;
  return std::move(buffer).value();
}

std::vector<std::string> contents(const Buffer& buffer) {
  const auto reports = buffer.list();
  std::vector<std::string> out;
  for (const auto& report : *reports)
    out.push_back(buffer.read(report).value());
  return out;
}

using Texts = std::vector<std::string>;

TEST(Buffer, KeepsTheOrderOfCreationWhateverTheClockDoes) {
  const TempFolder folder;
  {
    Buffer buffer = open_buffer(folder);
    EXPECT_EQ(buffer.store("a", 300).value(), 0U);
    EXPECT_EQ(buffer.store("b", 100).value(), 0U);
  }
  Buffer buffer = open_buffer(folder);
  EXPECT_EQ(buffer.store("c", 200).value(), 0U);
  EXPECT_EQ(contents(buffer), (Texts{"a", "b", "c"}));
  EXPECT_EQ(buffer.list()->at(0).created, 300);
  struct stat st{};
  ASSERT_EQ(::stat((folder.file("buffer/") + buffer.list()->at(0).file).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777U, 0600U);
}

TEST(Buffer, RemovesAndDiscards) {
  const TempFolder folder;
  Buffer buffer = open_buffer(folder);
  for (const char* text : {"a", "b", "c"})
    ASSERT_TRUE(buffer.store(text, 1).ok());
  const auto reports = buffer.list().value();
  ASSERT_TRUE(buffer.remove(reports[0]).ok());
  EXPECT_TRUE(buffer.remove(reports[0]).ok());
  EXPECT_EQ(contents(buffer), (Texts{"b", "c"}));
  EXPECT_EQ(buffer.discard_all().value(), 2U);
  EXPECT_TRUE(buffer.list()->empty());
}

TEST(Buffer, TheOldestGoWhenThereAreTooMany) {
  const TempFolder folder;
  Buffer buffer = open_buffer(folder, {2, 1 << 20, 0});
  std::uint64_t dropped = 0;
  for (const char* text : {"a", "b", "c", "d"})
    dropped += buffer.store(text, 1).value();
  EXPECT_EQ(dropped, 2U);
  EXPECT_EQ(contents(buffer), (Texts{"c", "d"}));
}

TEST(Buffer, TheOldestGoWhenTheyAreTooLarge) {
  const TempFolder folder;
  Buffer buffer = open_buffer(folder, {100, 10, 0});
  EXPECT_EQ(buffer.store("12345", 1).value(), 0U);
  EXPECT_EQ(buffer.store("67890", 2).value(), 0U);
  EXPECT_EQ(buffer.store("x", 3).value(), 1U);
  EXPECT_EQ(contents(buffer), (Texts{"67890", "x"}));
  EXPECT_EQ(buffer.store("much too large", 4).value(), 2U);
  EXPECT_EQ(contents(buffer), (Texts{"much too large"}));
}

TEST(Buffer, WithLittleSpaceOnlyTheNewestStays) {
  const TempFolder folder;
  Buffer buffer = open_buffer(folder, {100, 1 << 20, UINT64_MAX});
  EXPECT_EQ(buffer.store("a", 1).value(), 0U);
  EXPECT_EQ(buffer.store("b", 2).value(), 1U);
  EXPECT_EQ(contents(buffer), (Texts{"b"}));
}

TEST(Buffer, OpeningRemovesWhatACrashLeftAndIgnoresForeignFiles) {
  const TempFolder folder;
  {
    ASSERT_TRUE(open_buffer(folder).store("a", 1).ok());
  }
  folder.put("buffer/.tmp-1-0", "half a rep");
  folder.put("buffer/notes.txt", "mine");
  ASSERT_EQ(::symlink("/etc/passwd",
                      folder.file("buffer/0000000000000000-0000000000000000.report").c_str()),
            0);
  const Buffer buffer = open_buffer(folder);
  EXPECT_FALSE(std::filesystem::exists(folder.file("buffer/.tmp-1-0")));
  EXPECT_TRUE(std::filesystem::exists(folder.file("buffer/notes.txt")));
  EXPECT_EQ(contents(buffer), (Texts{"a"}));
}

TEST(Buffer, RefusedReportsAreKeptForLookingAtUpToALimit) {
  const TempFolder folder;
  Buffer buffer = open_buffer(folder);
  for (std::size_t i = 0; i < kMaxRefusedKept + 5; ++i) {
    ASSERT_TRUE(buffer.store(std::to_string(i), 1).ok());
    ASSERT_TRUE(buffer.set_aside(buffer.list()->front()).ok());
  }
  EXPECT_TRUE(buffer.list()->empty());
  std::size_t kept = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("buffer/refused"))) {
    kept += entry.is_regular_file() ? 1U : 0U;
  }
  EXPECT_EQ(kept, kMaxRefusedKept);
  // Sequence numbers go on behind refused ones.
  Buffer again = open_buffer(folder);
  ASSERT_TRUE(again.store("new", 1).ok());
  EXPECT_EQ(again.list()->front().sequence, kMaxRefusedKept + 6);
}

TEST(Buffer, NamesAreParsedStrictly) {
  BufferedReport report;
  EXPECT_TRUE(parse_report_file_name(report_file_name(7, 1700000000000000), report));
  EXPECT_EQ(report.sequence, 7U);
  EXPECT_EQ(report.created, 1700000000000000);
  for (const char* bad :
       {"", "x.report", "0000000000000001-00000000000000g1.report",
        "0000000000000001-0000000000000001.reporT", "0000000000000001_0000000000000001.report",
        "0000000000000001-ffffffffffffffff.report"}) {
    EXPECT_FALSE(parse_report_file_name(bad, report)) << bad;
  }
}

}  // namespace
}  // namespace yagura::agent
