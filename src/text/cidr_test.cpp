#include "text/cidr.h"

#include <gtest/gtest.h>

namespace yagura::text {
namespace {

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}
Network net(std::string_view text) {
  return Network::parse(text).value();
}

TEST(CidrTest, ParsesAndPrintsAddresses) {
  EXPECT_EQ(ip("192.0.2.1").to_string(), "192.0.2.1");
  EXPECT_EQ(ip("2001:DB8:0:0::1").to_string(), "2001:db8::1");
  EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
  EXPECT_EQ(IpAddress::from_bytes(std::string("\x7F\0\0\1", 4)).value(), ip("127.0.0.1"));
  EXPECT_TRUE(ip("127.9.9.9").is_loopback());
  EXPECT_TRUE(ip("::1").is_loopback());
  EXPECT_FALSE(ip("::2").is_loopback());
  EXPECT_FALSE(ip("1::1").is_loopback());
}

TEST(CidrTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ",
                           " 1.2.3.4", "fe80::1%eth0", ":::", "12345::", "localhost", "0x7f.1"}) {
    EXPECT_FALSE(IpAddress::parse(text).ok()) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)).ok());
  EXPECT_FALSE(IpAddress::from_bytes("12345").ok());
}

TEST(CidrTest, NetworksContain) {
  EXPECT_TRUE(net("192.0.2.0/24").contains(ip("192.0.2.255")));
  EXPECT_FALSE(net("192.0.2.0/24").contains(ip("192.0.3.0")));
  EXPECT_TRUE(net("10.0.0.0/9").contains(ip("10.127.255.255")));
  EXPECT_FALSE(net("10.0.0.0/9").contains(ip("10.128.0.0")));
  EXPECT_TRUE(net("0.0.0.0/0").contains(ip("8.8.8.8")));
  EXPECT_FALSE(net("0.0.0.0/0").contains(ip("::1")));
  EXPECT_TRUE(net("::/0").contains(ip("2001:db8::1")));
  EXPECT_TRUE(net("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(net("2001:db8::/33").contains(ip("2001:db8:8000::1")));
  EXPECT_TRUE(net("192.0.2.7").contains(ip("::ffff:192.0.2.7")));
  EXPECT_FALSE(net("192.0.2.7").contains(ip("192.0.2.8")));
  EXPECT_EQ(net("192.0.2.7/32").to_string(), "192.0.2.7");
  EXPECT_EQ(net("2001:db8::/32").to_string(), "2001:db8::/32");
}

TEST(CidrTest, RefusesWhatIsNoNetwork) {
  for (const char* text : {"", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/024",
                           "192.0.2.0/+8", "192.0.2.1/24", "2001:db8::/129", "192.0.2.0/24/24",
                           "::ffff:10.0.0.0/104", "192.0.2.0/ 24"}) {
    EXPECT_FALSE(Network::parse(text).ok()) << text;
  }
}

TEST(CidrTest, Lists) {
  const auto list = NetworkList::parse(" 10.0.0.0/8, 2001:db8::/32\n127.0.0.1,");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->networks().size(), 3U);
  EXPECT_TRUE(list->contains(ip("10.1.2.3")));
  EXPECT_TRUE(list->contains(ip("2001:db8::9")));
  EXPECT_FALSE(list->contains(ip("11.0.0.0")));
  EXPECT_TRUE(NetworkList::parse(" , ")->empty());
  EXPECT_FALSE(NetworkList::parse("10.0.0.0/8 nonsense").ok());
}

TEST(CidrTest, ListHasALimit) {
  std::string text;
  for (std::size_t i = 0; i < NetworkList::kMaxEntries; ++i)
    text += "10.0.0.1,";
  EXPECT_TRUE(NetworkList::parse(text).ok());
  text += "10.0.0.1";
  ASSERT_FALSE(NetworkList::parse(text).ok());
  EXPECT_EQ(NetworkList::parse(text).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace yagura::text
