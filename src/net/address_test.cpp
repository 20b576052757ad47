#include "net/address.h"

#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace yagura::net {
namespace {

Address of_v6(const char* text) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, text, &v6.sin6_addr);
  return address_of(reinterpret_cast<const sockaddr*>(&v6));
}

TEST(Address, ComesFromSockets) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  ::inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
  EXPECT_EQ(address_of(reinterpret_cast<const sockaddr*>(&v4)).to_string(), "192.0.2.1");
  EXPECT_EQ(of_v6("2001:db8::1").to_string(), "2001:db8::1");
  EXPECT_EQ(of_v6("::ffff:192.0.2.1").to_string(), "192.0.2.1") << "a mapped address is IPv4";
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_EQ(address_of(&other), Address());
}

TEST(Address, CountsIpv6ByNetwork) {
  EXPECT_EQ(counted(of_v6("2001:db8:1:2:3:4:5:6")), counted(of_v6("2001:db8:1:2:ffff::1")));
  EXPECT_NE(counted(of_v6("2001:db8:1:2::1")), counted(of_v6("2001:db8:1:3::1")));
  const Address v4 = Address::parse("192.0.2.1").value();
  EXPECT_EQ(counted(v4), v4);
}

}  // namespace
}  // namespace yagura::net
