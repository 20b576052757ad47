#include "host/sockets.h"

#include "host/test_roots.h"

namespace yagura::host {
namespace {

TEST(Sockets, AddsBothVersions) {
  const auto sockets = read_sockets(fixture("debian12-vm"));
  ASSERT_TRUE(sockets.ok());
  EXPECT_EQ(sockets->used, 170U);
  EXPECT_EQ(sockets->tcp, 15U);
  EXPECT_EQ(sockets->tcp_time_wait, 5U);
  EXPECT_EQ(sockets->udp, 6U);
  EXPECT_EQ(sockets->tcp_established, 7U);
}

TEST(Sockets, IPv6AndSnmpMayBeMissing) {
  const auto sockets = read_sockets(fixture("centos6-physical"));
  ASSERT_TRUE(sockets.ok());
  EXPECT_EQ(sockets->tcp, 5U);
  EXPECT_EQ(sockets->tcp_established, 0U);
  EXPECT_EQ(read_sockets(fixture("empty")).error().code, ErrorCode::kNotFound);
}

TEST(Sockets, EstablishedNeedsItsColumn) {
  EXPECT_EQ(parse_established("Tcp: A CurrEstab\nTcp: 1 5\n").value(), 5U);
  EXPECT_FALSE(parse_established("Tcp: A B\nTcp: 1 5\n").ok());
  EXPECT_FALSE(parse_established("Tcp: A CurrEstab\n").ok());
  EXPECT_FALSE(parse_established("").ok());
}

}  // namespace
}  // namespace yagura::host
