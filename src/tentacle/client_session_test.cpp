#include "tentacle/client_session.h"

#include <string>

#include <gtest/gtest.h>

#include "tentacle/client_transport.h"

namespace yagura::tentacle {
namespace {

using Packing = ClientSession::Packing;

/// What the session wants to send now.
std::string drain(ClientSession& session) {
  std::string out;
  while (!session.output().empty()) {
    const std::string part(session.output());
    session.sent(part.size());
    out += part;
  }
  return out;
}

TEST(ClientSession, T01SendsOneFile) {
  ClientSession session;
  ASSERT_TRUE(session.start_send("h.1700000000.data", "hello world\n", Packing::kPlain).ok());
  EXPECT_EQ(drain(session), "SEND <h.1700000000.data> SIZE 12\n");
  session.feed("SEND OK\n");
  EXPECT_EQ(drain(session), "hello world\n");
  EXPECT_TRUE(session.busy());
  session.feed("SEND OK\n");
  EXPECT_FALSE(session.busy());
  EXPECT_TRUE(session.take_result().ok());
  session.start_quit();
  EXPECT_EQ(drain(session), "QUIT\n");
}

TEST(ClientSession, C41RefusesEveryOtherAnswer) {
  for (const char* answer : {"SEND OK\r\n", "SEND ERR\n", "SEND ERR (x)\n", "send ok\n", "\n",
                             "SEND OK \n", "ZSEND OK\n"}) {
    ClientSession session;
    ASSERT_TRUE(session.start_send("a", "abc", Packing::kPlain).ok());
    drain(session);
    session.feed(answer);
    ASSERT_FALSE(session.busy()) << answer;
    EXPECT_EQ(session.take_result().error().code, ErrorCode::kDenied) << answer;
  }
  ClientSession second;
  ASSERT_TRUE(second.start_send("a", "abc", Packing::kPlain).ok());
  drain(second);
  second.feed("SEND OK\n");
  drain(second);
  second.feed("SEND ERR\n");
  EXPECT_EQ(second.take_result().error().code, ErrorCode::kDenied);
}

TEST(ClientSession, C42ReadsAnswersInPieces) {
  ClientSession session;
  ASSERT_TRUE(session.start_send("a", "abc", Packing::kPlain).ok());
  drain(session);
  session.feed("SE");
  session.feed("ND OK");
  session.feed("\n");
  EXPECT_EQ(drain(session), "abc");
  session.feed("SEND OK\n");
  EXPECT_TRUE(session.take_result().ok());
}

TEST(ClientSession, ConfirmationBeforeTheDataIsNone) {
  ClientSession session;
  ASSERT_TRUE(session.start_send("a", "abc", Packing::kPlain).ok());
  drain(session);
  session.feed("SEND OK\nSEND OK\n");
  EXPECT_EQ(session.take_result().error().code, ErrorCode::kUnavailable);
}

TEST(ClientSession, ReceivesAFile) {
  ClientSession session;
  ASSERT_TRUE(session.start_receive("zt.1.data", 100, Packing::kPlain).ok());
  EXPECT_EQ(drain(session), "RECV <zt.1.data>\n");
  session.feed("RECV SIZE 12\n");
  EXPECT_EQ(drain(session), "RECV OK\n");
  session.feed("hello ");
  session.feed("world\n");
  EXPECT_EQ(session.take_result().value(), "hello world\n");
}

TEST(ClientSession, RefusedAndUnwantedFilesLeaveTheConnectionUsable) {
  ClientSession session;
  ASSERT_TRUE(session.start_receive("nofile", 100, Packing::kPlain).ok());
  drain(session);
  session.feed("RECV ERR (file does not exist)\n");
  EXPECT_EQ(session.take_result().error().code, ErrorCode::kNotFound);

  ASSERT_TRUE(session.start_receive("big", 100, Packing::kPlain).ok());
  drain(session);
  session.feed("RECV SIZE 101\n");
  EXPECT_EQ(session.take_result().error().code, ErrorCode::kLimit);
  EXPECT_EQ(drain(session), "RECV NO\n");

  ASSERT_TRUE(session.start_receive("empty", 100, Packing::kPlain).ok());
  drain(session);
  session.feed("RECV SIZE 0\n");
  EXPECT_EQ(session.take_result().value(), "");

  for (const char* answer : {"RECV SIZE \n", "RECV SIZE x\n", "RECV SIZE 3x\n", "RECV SIZE -3\n",
                             "RECV SIZE 99999999999999999999999\n"}) {
    ClientSession other;
    ASSERT_TRUE(other.start_receive("f", 100, Packing::kPlain).ok());
    drain(other);
    other.feed(answer);
    ASSERT_FALSE(other.busy()) << answer;
    EXPECT_FALSE(other.take_result().ok()) << answer;
  }
}

TEST(ClientSession, GivesThePassword) {
  ClientSession session;
  session.start_password("9e769017c85f064977fe6a658f207fa6");
  EXPECT_EQ(drain(session), "PASS 9e769017c85f064977fe6a658f207fa6\n");
  session.feed("PASS OK\n");
  EXPECT_TRUE(session.take_result().ok());
  session.start_password("9e769017c85f064977fe6a658f207fa6");
  drain(session);
  session.lost("closed");
  EXPECT_EQ(session.take_result().error().code, ErrorCode::kUnavailable);
}

TEST(ClientSession, RefusesNamesAndFilesThatNoServerTakes) {
  ClientSession session;
  EXPECT_EQ(session.start_send("a/b", "x", Packing::kPlain).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(session.start_send("a", "", Packing::kPlain).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(session.start_receive("..", 1, Packing::kPlain).error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(session.busy());
  EXPECT_EQ(session.output(), "");
}

TEST(ClientSession, EndlessAnswersEnd) {
  ClientSession session;
  ASSERT_TRUE(session.start_send("a", "abc", Packing::kPlain).ok());
  drain(session);
  session.feed(std::string(2000, 'x'));
  EXPECT_EQ(session.take_result().error().code, ErrorCode::kUnavailable);
}

TEST(ProxyHandshake, C43SendsExactlyTheReferenceRequest) {
  const ProxyHandshake with_user("127.0.0.1", 41960, "user", "pa:ss");
  EXPECT_EQ(with_user.request(),
            "CONNECT 127.0.0.1:41960 HTTP/1.0\r\n"
            "Proxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n\r\n");
  const ProxyHandshake without("h", 41121, "", "");
  EXPECT_EQ(without.request(), "CONNECT h:41121 HTTP/1.0\r\n\r\n");
  const ProxyHandshake v6("2001:db8::1", 41121, "", "");
  EXPECT_EQ(v6.request(), "CONNECT [2001:db8::1]:41121 HTTP/1.0\r\n\r\n");
}

TEST(ProxyHandshake, ReadsTheHeaderToItsEnd) {
  ProxyHandshake handshake("h", 1, "", "");
  std::string_view first = "HTTP/1.0 200 Connection established\r\nVia: ";
  EXPECT_FALSE(handshake.feed(first).value());
  std::string_view second = "x\r\n\r\nSEND OK\n";
  EXPECT_TRUE(handshake.feed(second).value());
  EXPECT_EQ(second, "SEND OK\n") << "what follows belongs to the tunnel";
}

TEST(ProxyHandshake, RefusesOtherAnswers) {
  for (const char* answer : {"HTTP/1.0 502 Bad Gateway 200 \r\n\r\n", "HTTP/1.0 2000 x\r\n\r\n",
                             "FTP 200 ok\r\n\r\n", "\r\n\r\n"}) {
    ProxyHandshake handshake("h", 1, "", "");
    std::string_view input = answer;
    EXPECT_FALSE(handshake.feed(input).ok()) << answer;
  }
  ProxyHandshake denied("h", 1, "", "");
  std::string_view input = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
  EXPECT_EQ(denied.feed(input).error().code, ErrorCode::kDenied);
  ProxyHandshake endless("h", 1, "", "");
  const std::string long_answer(kMaxProxyAnswer + 1, 'a');
  std::string_view rest = long_answer;
  EXPECT_EQ(endless.feed(rest).error().code, ErrorCode::kUnavailable);
}

TEST(ServerAddress, ReadsHostsAndPorts) {
  const auto plain = ServerAddress::parse("transport.example");
  EXPECT_EQ(plain->host, "transport.example");
  EXPECT_EQ(plain->port, kDefaultPort);
  EXPECT_EQ(ServerAddress::parse("10.0.0.1:500")->port, 500);
  EXPECT_EQ(ServerAddress::parse("2001:db8::1")->host, "2001:db8::1");
  EXPECT_EQ(ServerAddress::parse("[::1]:42")->text(), "[::1]:42");
  for (const char* text :
       {"", "h:", "h:0", "h:70000", "h:1x", "[::1", "[::1]x", "[h]", "a b", "-h", "h/x"}) {
    EXPECT_FALSE(ServerAddress::parse(text).ok()) << text;
  }
}

TEST(HttpProxy, DividesAtTheLastAt) {
  const auto proxy = HttpProxy::parse("user:p@ss@proxy:3128");
  ASSERT_TRUE(proxy.ok());
  EXPECT_EQ(proxy->user, "user");
  EXPECT_TRUE(proxy->password.equals("p@ss"));
  EXPECT_EQ(proxy->address.text(), "proxy:3128");
  const auto wrong = HttpProxy::parse("user:geheim@a b");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().what.find("geheim"), std::string::npos);
}

}  // namespace
}  // namespace yagura::tentacle
