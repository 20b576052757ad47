#include "http/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::http {
namespace {

using State = RequestParser::State;

const std::string kHost = "Host: console.example\r\n";

struct Parsed {
  State state = State::kHead;
  ParseFailure failure;
  Request request;
  std::size_t used = 0;
};

Parsed parse(std::string_view bytes, std::size_t piece = 1'000'000) {
  RequestParser parser;
  Parsed out;
  while (out.used < bytes.size()) {
    const std::string_view part = bytes.substr(out.used, piece);
    const std::size_t used = parser.feed(part);
    out.used += used;
    if (parser.state() == State::kComplete || parser.state() == State::kFailed) break;
    EXPECT_EQ(used, part.size());
  }
  out.state = parser.state();
  if (out.state == State::kFailed) out.failure = parser.failure();
  if (out.state == State::kComplete) out.request = parser.take();
  return out;
}

int refused_with(std::string_view bytes) {
  const Parsed out = parse(bytes);
  return out.state == State::kFailed ? out.failure.status : 0;
}

TEST(ParserTest, ReadsARequestInAnyPieces) {
  const std::string bytes = "POST /api/v2/session?x=%20 HTTP/1.1\r\n" + kHost +
                            "Content-Type: application/json\r\nX-Y:  two words \r\n"
                            "Content-Length: 4\r\n\r\n{\"a\"";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Parsed out = parse(bytes, piece);
    ASSERT_EQ(out.state, State::kComplete) << piece << ": " << out.failure.what;
    EXPECT_EQ(out.used, bytes.size());
    EXPECT_EQ(out.request.method, Method::kPost);
    EXPECT_EQ(out.request.path, "/api/v2/session");
    EXPECT_EQ(out.request.query, "x=%20");
    EXPECT_EQ(out.request.body, "{\"a\"");
    EXPECT_EQ(out.request.header("x-y"), "two words");
    EXPECT_EQ(out.request.header("absent"), std::nullopt);
    EXPECT_TRUE(out.request.keep_alive);
  }
}

TEST(ParserTest, ReadsChunksInAnyPieces) {
  const std::string bytes = "POST /a HTTP/1.1\r\n" + kHost +
                            "Transfer-Encoding: chunked\r\n\r\n"
                            "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nCookie: planted=1\r\n\r\nGET";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Parsed out = parse(bytes, piece);
    ASSERT_EQ(out.state, State::kComplete) << piece << ": " << out.failure.what;
    EXPECT_EQ(out.request.body, "hello!");
    EXPECT_EQ(out.used, bytes.size() - 3) << piece;
    EXPECT_EQ(out.request.header("cookie"), std::nullopt) << "a trailer is no header";
  }
}

TEST(ParserTest, LeavesTheNextRequestAlone) {
  const std::string one = "GET /a HTTP/1.1\r\n" + kHost + "\r\n";
  const Parsed out = parse(one + "GET /b HTTP/1.1\r\n");
  ASSERT_EQ(out.state, State::kComplete);
  EXPECT_EQ(out.used, one.size());
}

TEST(ParserTest, KnowsWhenTheConnectionEnds) {
  EXPECT_FALSE(
      parse("GET / HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n").request.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
}

TEST(ParserTest, AnnouncesExpectContinueOnce) {
  RequestParser parser;
  const std::string head =
      "PUT /a HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n";
  EXPECT_EQ(parser.feed(head), head.size());
  EXPECT_EQ(parser.state(), State::kBody);
  EXPECT_TRUE(parser.take_expects_continue());
  EXPECT_FALSE(parser.take_expects_continue());
}

TEST(ParserTest, RefusesSmuggling) {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  const std::string tail = "\r\n0\r\n\r\n";
  EXPECT_EQ(refused_with(post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" + tail), 400);
  EXPECT_EQ(refused_with(post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" + tail), 400);
  EXPECT_EQ(
      refused_with(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + tail),
      400);
  EXPECT_EQ(refused_with(post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"), 400);
  EXPECT_EQ(refused_with(post + "Content-Length: 4, 4\r\n\r\nabcd"), 400);
  EXPECT_EQ(refused_with(post + "Content-Length: +4\r\n\r\nabcd"), 400);
  EXPECT_EQ(refused_with(post + "Content-Length: 4a\r\n\r\nabcd"), 400);
  EXPECT_EQ(refused_with(post + "Content-Length:\r\n\r\n"), 400);
  EXPECT_EQ(refused_with(post + "Content-Length : 4\r\n\r\nabcd"), 400);
  EXPECT_EQ(refused_with(post + "Transfer-Encoding: xchunked\r\n" + tail), 501);
  EXPECT_EQ(refused_with(post + "Transfer-Encoding: gzip, chunked\r\n" + tail), 501);
  EXPECT_EQ(refused_with(post +
                         "Transfer-Encoding: \x0b"
                         "chunked\r\n" +
                         tail),
            400);
  EXPECT_EQ(refused_with("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + tail), 400);
  EXPECT_EQ(refused_with(post + "X: a\r\n folded\r\n\r\n"), 400);
  EXPECT_EQ(refused_with(post + "X: a\nContent-Length: 4\r\n\r\n"), 400);
  EXPECT_EQ(refused_with("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(refused_with(post + "X: a\rb\r\n\r\n"), 400);
  EXPECT_EQ(refused_with("\r\nGET / HTTP/1.1\r\n" + kHost + "\r\n"), 400);
  EXPECT_EQ(refused_with(post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(refused_with(post + "Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(refused_with(post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
            400);
}

TEST(ParserTest, RefusesBadHeads) {
  EXPECT_EQ(refused_with("GET / HTTP/1.1\r\n\r\n"), 400) << "no Host";
  EXPECT_EQ(refused_with("GET / HTTP/1.1\r\n" + kHost + kHost + "\r\n"), 400) << "Host twice";
  EXPECT_EQ(refused_with("GET / HTTP/2.0\r\n" + kHost + "\r\n"), 505);
  EXPECT_EQ(refused_with("GET / HTTP/1.2\r\n" + kHost + "\r\n"), 505);
  EXPECT_EQ(refused_with("BREW / HTTP/1.1\r\n" + kHost + "\r\n"), 501);
  EXPECT_EQ(refused_with("TRACE / HTTP/1.1\r\n" + kHost + "\r\n"), 501);
  EXPECT_EQ(refused_with("CONNECT h:443 HTTP/1.1\r\n" + kHost + "\r\n"), 501);
  EXPECT_EQ(refused_with("GET http://other/ HTTP/1.1\r\n" + kHost + "\r\n"), 400);
  EXPECT_EQ(refused_with("GET /../etc/passwd HTTP/1.1\r\n" + kHost + "\r\n"), 400);
  EXPECT_EQ(refused_with(std::string("GET / HTTP/1.1\r\nX: a\0b\r\n", 25) + kHost + "\r\n"), 400);
  EXPECT_EQ(refused_with("GET / HTTP/1.1\r\n" + kHost + "Expect: money\r\n\r\n"), 400);
  EXPECT_EQ(refused_with("nonsense\r\n\r\n"), 400);
}

TEST(ParserTest, LimitsTheHead) {
  const std::string start = "GET / HTTP/1.1\r\n" + kHost + "X: ";
  const std::size_t room = kMaxRequestHead - start.size() - 4;
  EXPECT_EQ(parse(start + std::string(room, 'a') + "\r\n\r\n").state, State::kComplete);
  EXPECT_EQ(refused_with(start + std::string(room + 1, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(refused_with(std::string(kMaxRequestHead + 1, 'a')), 431);
  std::string many = "GET / HTTP/1.1\r\n" + kHost;
  for (std::size_t i = 1; i < kMaxRequestHeaders; ++i)
    many += "X: a\r\n";
  EXPECT_EQ(parse(many + "\r\n").state, State::kComplete);
  EXPECT_EQ(refused_with(many + "X: a\r\n\r\n"), 431);
}

TEST(ParserTest, LimitsTheTarget) {
  EXPECT_EQ(refused_with("GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n" + kHost + "\r\n"), 414);
}

TEST(ParserTest, LimitsTheBody) {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  const auto with_length = [&](std::size_t n) {
    return post + "Content-Length: " + std::to_string(n) + "\r\n\r\n" + std::string(n, 'b');
  };
  EXPECT_EQ(parse(with_length(kMaxRequestBody)).request.body.size(), kMaxRequestBody);
  EXPECT_EQ(refused_with(with_length(kMaxRequestBody + 1)), 413);
  EXPECT_EQ(refused_with(post + "Content-Length: 99999999999999999999\r\n\r\n"), 400);
  std::string chunks = post + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 17; ++i)
    chunks += "10000\r\n" + std::string(65536, 'c') + "\r\n";
  EXPECT_EQ(refused_with(chunks + "0\r\n\r\n"), 413);
  EXPECT_EQ(refused_with(post + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(20'000, 'x')),
            400);
}

}  // namespace
}  // namespace yagura::http
