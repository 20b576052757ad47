#include "tentacle/file_filters.h"

#include <string>

#include <gtest/gtest.h>

namespace yagura::tentacle {
namespace {

TEST(FileFilters, BuiltInGoesByTheFinalExtension) {
  const FileFilters filters;
  EXPECT_EQ(filters.directory("x.conf"), "conf");
  EXPECT_EQ(filters.directory("x.md5"), "md5");
  EXPECT_EQ(filters.directory("x.zip"), "collections");
  EXPECT_FALSE(filters.directory("x.data"));
  EXPECT_FALSE(filters.directory("x.conf.data"));
  EXPECT_FALSE(filters.directory("xconf"));
}

TEST(FileFilters, ReadsTheReferencesSyntax) {
  const auto filters = FileFilters::parse(
      ".*\\.conf:conf;.*\\.md5:md5/;.*\\.zip:collections;broken;:x;y:;.*\\.rcmd:commands");
  ASSERT_TRUE(filters.ok()) << filters.error().what;
  EXPECT_EQ(filters->directory("a.conf"), "conf");
  EXPECT_EQ(filters->directory("a.md5"), "md5");
  EXPECT_EQ(filters->directory("a.rcmd"), "commands");
  EXPECT_EQ(filters->directory("a.conf.md5"), "conf") << "the first match decides, unanchored";
  EXPECT_FALSE(filters->directory("srv.confluence.1700000000.data")) << "data comes first";
  EXPECT_EQ(filters->directory("srv.confluence"), "conf");
  EXPECT_EQ(filters->directories().size(), 4U);
}

TEST(FileFilters, RefusesWhatLeavesTheFolder) {
  for (const char* text : {"x:..", "x:../y", "x:/etc", "x:a/../b", "x:a//b", "x:.hidden"}) {
    EXPECT_FALSE(FileFilters::parse(text).ok()) << text;
  }
  EXPECT_FALSE(FileFilters::parse("(:conf").ok());
  std::string many;
  for (std::size_t i = 0; i <= FileFilters::kMaxEntries; ++i)
    many += "x:y;";
  EXPECT_FALSE(FileFilters::parse(many).ok());
}

}  // namespace
}  // namespace yagura::tentacle
