#include "http/assets.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<Asset, 2> kAssets = {{
    {"/assets/index-1a2b3c4d.js", "text/javascript", "\"e1\"", "plain text", "packed", true},
    {"/index.html", "text/html", "\"e2\"", "<meta content=\"__CSP_NONCE__\"><i>__CSP_NONCE__</i>",
     "packed", false},
}};

Request get(std::string path, std::string accept = "") {
  Request request;
  request.path = std::move(path);
  if (!accept.empty()) request.headers.push_back({"accept-encoding", std::move(accept)});
  return request;
}

std::string value(const Response& response, std::string_view name) {
  for (const Header& h : response.headers) {
    if (h.name == name) return h.value;
  }
  return "absent";
}

TEST(AssetsTest, HashedFilesStayInTheBrowser) {
  const Response response = serve_asset(kAssets, get("/assets/index-1a2b3c4d.js"), "n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content(), "plain text");
  EXPECT_EQ(value(response, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(value(response, "ETag"), "\"e1\"");
  EXPECT_EQ(value(response, "Content-Type"), "text/javascript");
  EXPECT_EQ(value(response, "Content-Encoding"), "absent");
}

TEST(AssetsTest, CompressesForWhoUnderstandsIt) {
  for (const auto& [accept, packed] :
       std::vector<std::pair<std::string, bool>>{{"gzip", true},
                                                 {"deflate, gzip;q=0.5", true},
                                                 {"br, gzip", true},
                                                 {"gzip;q=0", false},
                                                 {"gzip;q=0.0", false},
                                                 {"x-gzip", false},
                                                 {"identity", false}}) {
    const Response response = serve_asset(kAssets, get("/assets/index-1a2b3c4d.js", accept), "n");
    EXPECT_EQ(response.content(), packed ? "packed" : "plain text") << accept;
    EXPECT_EQ(value(response, "Vary"), "Accept-Encoding");
  }
}

TEST(AssetsTest, SaysWhenNothingChanged) {
  Request request = get("/assets/index-1a2b3c4d.js");
  request.headers.push_back({"if-none-match", "\"e1\""});
  const Response response = serve_asset(kAssets, request, "n");
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(response.content(), "");
}

TEST(AssetsTest, StartPageGetsAFreshNonceAndIsNeverKept) {
  for (const char* path : {"/", "/index.html", "/agents/12", "/login"}) {
    const Response response = serve_asset(kAssets, get(path, "gzip"), "abc");
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.body, "<meta content=\"abc\"><i>abc</i>");
    EXPECT_EQ(response.csp_nonce, "abc");
    EXPECT_EQ(value(response, "Cache-Control"), "absent") << "no-store by default";
  }
}

TEST(AssetsTest, UnknownFilesAreNotThePage) {
  EXPECT_EQ(serve_asset(kAssets, get("/assets/none.js"), "n").status, 404);
  EXPECT_EQ(serve_asset(kAssets, get("/favicon.ico"), "n").status, 404);
}

TEST(AssetsTest, OnlyReading) {
  Request request = get("/");
  request.method = Method::kPost;
  const Response response = serve_asset(kAssets, request, "n");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(value(response, "Allow"), "GET, HEAD");
}

TEST(AssetsTest, WithoutFrontEndAPageSaysSo) {
  const Response response = serve_asset({}, get("/"), "n");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(std::string(response.content()), HasSubstr("scripts/build-ui"));
  EXPECT_THAT(std::string(response.content()), Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace yagura::http
