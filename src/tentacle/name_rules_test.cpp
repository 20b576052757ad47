#include "tentacle/name_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace yagura::tentacle {
namespace {

TEST(NameRules, RefusesEveryForbiddenByte) {
  for (const char c : std::string("?[]/\\=+<>:;',*~|\x7f")) {
    EXPECT_FALSE(valid_name(std::string("x") + c + "y")) << c;
  }
  for (int byte = 0; byte < 0x20; ++byte) {
    EXPECT_FALSE(valid_name(std::string("x") + static_cast<char>(byte) + "y")) << byte;
  }
}

TEST(NameRules, AcceptsWhatAgentsSend) {
  for (const char* name :
       {"x y", "x!y", "x\"y", "x#y", "x$y", "x%y", "x&y", "x(y",        "x)y",      "x@y",
        "x^y", "x_y", "x`y",  "x{y", "x}y", "x-y", "x.y", "x\xC3\xB1y", "\xff\x80", "a"}) {
    EXPECT_TRUE(valid_name(name)) << name;
  }
}

TEST(NameRules, RefusesDotsBlanksAndLengths) {
  for (const char* name : {"", ".", "..", ".hid", " x", "x ", " "}) {
    EXPECT_FALSE(valid_name(name)) << "'" << name << "'";
  }
  EXPECT_TRUE(valid_name(std::string(kMaxName, 'n')));
  EXPECT_FALSE(valid_name(std::string(kMaxName + 1, 'n')));
}

TEST(NameRules, ClassifiesByTheFinalExtension) {
  EXPECT_EQ(kind_of("h.conf01.1700000000.data"), FileKind::kData);
  EXPECT_EQ(kind_of("x.conf"), FileKind::kConfiguration);
  EXPECT_EQ(kind_of("x.md5"), FileKind::kChecksum);
  EXPECT_EQ(kind_of("x.zip"), FileKind::kCollection);
  EXPECT_EQ(kind_of("xconf"), FileKind::kOther);
  EXPECT_EQ(kind_of("x.data.bak"), FileKind::kOther);
}

TEST(NameRules, FindsTheOwnerOfAConfiguration) {
  const std::string digest = "fab778af5d9145345fea4ab8d1b3cbeb";
  EXPECT_EQ(owner_digest(digest + ".conf"), digest);
  EXPECT_EQ(owner_digest(digest + ".md5"), digest);
  EXPECT_EQ(owner_digest(digest + ".srv.conf"), digest);
  EXPECT_EQ(owner_digest(digest + ".data"), "");
  EXPECT_EQ(owner_digest("FAB778AF5D9145345FEA4AB8D1B3CBEB.conf"), "");
  EXPECT_EQ(owner_digest("fc_1.md5"), "");
  EXPECT_EQ(owner_digest(digest + "0.conf"), "");
}

}  // namespace
}  // namespace yagura::tentacle
