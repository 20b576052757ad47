#include "net/proxy_header.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace yagura::net {
namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

/// Feeds exactly what the reader wants; what it left of `bytes` is returned through `rest`.
Status read(ProxyHeaderReader& reader, std::string bytes, std::string& rest) {
  while (reader.wanted() > 0 && !bytes.empty()) {
    const std::size_t piece = std::min(reader.wanted(), bytes.size());
    const Status status = reader.feed(bytes.substr(0, piece));
    if (!status.ok()) return status;
    bytes.erase(0, piece);
  }
  rest = bytes;
  return {};
}

TEST(ProxyHeader, ReadsVersionOne) {
  ProxyHeaderReader reader;
  std::string rest;
  ASSERT_TRUE(read(reader, "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nSEND", rest).ok());
  EXPECT_EQ(reader.wanted(), 0U);
  EXPECT_EQ(rest, "SEND") << "not one byte too many";
  ASSERT_TRUE(reader.source());
  EXPECT_EQ(reader.source()->address.to_string(), "192.0.2.1");
  EXPECT_EQ(reader.source()->port, 56324);

  ProxyHeaderReader v6;
  ASSERT_TRUE(read(v6, "PROXY TCP6 2001:db8::1 ::1 1 2\r\n", rest).ok());
  EXPECT_EQ(v6.source()->address.to_string(), "2001:db8::1");

  ProxyHeaderReader unknown;
  ASSERT_TRUE(read(unknown, "PROXY UNKNOWN what ever\r\n", rest).ok());
  EXPECT_FALSE(unknown.source());
}

TEST(ProxyHeader, ReadsVersionTwo) {
  ProxyHeaderReader reader;
  std::string rest;
  std::string header = kSignature + std::string("\x21\x11\x00\x0f", 4) +
                       std::string("\xc0\x00\x02\x01\xc0\x00\x02\x02\xdc\x04\x01\xbb", 12) + "tlv";
  ASSERT_TRUE(read(reader, header + "SEND", rest).ok());
  EXPECT_EQ(rest, "SEND");
  EXPECT_EQ(reader.source()->address.to_string(), "192.0.2.1");
  EXPECT_EQ(reader.source()->port, 56324);

  ProxyHeaderReader local;
  ASSERT_TRUE(read(local, kSignature + std::string("\x20\x00\x00\x00", 4), rest).ok());
  EXPECT_EQ(local.wanted(), 0U);
  EXPECT_FALSE(local.source());
}

TEST(ProxyHeader, RefusesEverythingElse) {
  const std::string long_line = "PROXY TCP4 " + std::string(200, '1') + "\r\n";
  for (const std::string& bytes :
       {std::string("SEND <a> SIZE 3\n"), std::string("PROXY TCP4 x y 1 2\r\n"),
        std::string("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"),
        std::string("PROXY TCP4 192.0.2.1 192.0.2.2 70000 2\r\n"),
        std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"), long_line,
        kSignature + std::string("\x31\x11\x00\x0c", 4) + "123456789012",
        kSignature + std::string("\x22\x11\x00\x00", 4),
        kSignature + std::string("\x21\x11\x00\x04", 4) + "abcd",
        kSignature + std::string("\x21\x11\xff\xff", 4)}) {
    ProxyHeaderReader reader;
    std::string rest;
    EXPECT_FALSE(read(reader, bytes, rest).ok()) << bytes;
  }
}

}  // namespace
}  // namespace yagura::net
