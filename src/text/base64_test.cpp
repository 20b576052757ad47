#include "text/base64.h"

#include <gtest/gtest.h>

namespace yagura::text {
namespace {

TEST(Base64Test, VectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
    EXPECT_EQ(base64_decode_lenient(encoded), plain);
  }
}

TEST(Base64Test, RoundTripsAllBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
  }
  EXPECT_EQ(base64url_encode("\xFB\xFF\xFE"), "-__-");
}

TEST(Base64Test, StrictAcceptsOnlyTheCanonicalText) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "=",
                           "====", "Z===", "Zg==Zg==", "Zm9-", "Zm9v!"}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64url_decode("Zg=="), std::nullopt);
  EXPECT_EQ(base64url_decode("Zh"), std::nullopt);
  EXPECT_EQ(base64url_decode("Z"), std::nullopt);
}

TEST(Base64Test, LenientTakesBrokenLinesAndMissingPadding) {
  EXPECT_EQ(base64_decode_lenient("Zm9v\r\n Ym Fy\n"), "foobar");
  EXPECT_EQ(base64_decode_lenient("Zg"), "f");
  EXPECT_EQ(base64_decode_lenient("Zh=="), "f");
  for (const char* text : {"Z", "Zg===", "Z=g=", "Zm9-", "Zm9v!"}) {
    EXPECT_EQ(base64_decode_lenient(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace yagura::text
