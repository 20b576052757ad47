#include "http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/problem.h"

namespace yagura::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HeadTest, EveryResponseCarriesTheSecurityHeaders) {
  for (const int status : {200, 204, 304, 401, 404, 500}) {
    Response response;
    response.status = status;
    const std::string head = write_head(response, "r1", Connection::kKeepAlive);
    for (const char* header :
         {"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n",
          "X-Frame-Options: SAMEORIGIN\r\n", "X-Content-Type-Options: nosniff\r\n",
          "Referrer-Policy: same-origin\r\n",
          "Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n",
          "Cross-Origin-Opener-Policy: same-origin\r\n",
          "Cross-Origin-Resource-Policy: same-origin\r\n", "Cache-Control: no-store\r\n",
          "X-Request-Id: r1\r\n",
          "Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
          "frame-ancestors 'self'\r\n"}) {
      EXPECT_THAT(head, HasSubstr(header)) << status;
    }
    EXPECT_THAT(head, Not(HasSubstr("Server:")));
    EXPECT_THAT(head, Not(HasSubstr("unsafe-inline")));
  }
}

TEST(HeadTest, NonceStandsInThePolicy) {
  Response response;
  response.csp_nonce = "abc";
  EXPECT_THAT(write_head(response, "r", Connection::kClose),
              HasSubstr("script-src 'self' 'nonce-abc'; style-src 'self' 'nonce-abc';"));
}

TEST(HeadTest, OwnCacheRuleReplacesTheDefault) {
  Response response;
  response.set("Cache-Control", "public");
  response.set("Cache-Control", "no-cache");
  const std::string head = write_head(response, "r", Connection::kClose);
  EXPECT_THAT(head, HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("no-store")));
  EXPECT_THAT(head, HasSubstr("Connection: close\r\n"));
}

TEST(HeadTest, LengthIsThatOfTheContent) {
  Response response;
  response.static_body = "12345";
  EXPECT_THAT(write_head(response, "r", Connection::kKeepAlive),
              HasSubstr("Content-Length: 5\r\n"));
  response.status = 204;
  EXPECT_THAT(write_head(response, "r", Connection::kKeepAlive), Not(HasSubstr("Content-Length")));
}

TEST(HeadDeathTest, LineBreakInAHeaderEndsTheProcess) {
  Response response;
  response.set("X", "a\r\nSet-Cookie: b");
  EXPECT_DEATH(write_head(response, "r", Connection::kClose), "response-header-invalid");
}

TEST(ProblemTest, WritesTheDocument) {
  const Problem problem{{"too-many-attempts", 429, "Wait"},
                        {{"retry_after_s", std::int64_t{30}}, {"why", "a\"b"}},
                        {{"limit", "out-of-range", {{"max", std::int64_t{5}}}}}};
  const Response response = respond(problem, "r7");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.body,
            R"({"type":"urn:yagura:problem:too-many-attempts","title":"Wait","status":429,)"
            R"("code":"too-many-attempts","params":{"retry_after_s":30,"why":"a\"b",)"
            R"("fields":[{"field":"limit","code":"out-of-range","params":{"max":5}}]},)"
            R"("request_id":"r7"})");
  const std::string head = write_head(response, "r7", Connection::kClose);
  EXPECT_THAT(head, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(head, HasSubstr("Retry-After: 30\r\n"));
}

}  // namespace
}  // namespace yagura::http
