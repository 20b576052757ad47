#include "host/network.h"

#include "host/test_roots.h"

namespace yagura::host {
namespace {

TEST(Network, ReadsCountersAndLinkStates) {
  const Root root = fixture("debian12-vm");
  const auto snapshot = read_interfaces(root, 7);
  ASSERT_TRUE(snapshot.ok());
  ASSERT_EQ(snapshot->interfaces.size(), 5U);
  const InterfaceCounters& eth0 = snapshot->interfaces[1];
  EXPECT_EQ(eth0.name, "eth0");
  EXPECT_EQ(eth0.rx_bytes, 217086230U);
  EXPECT_EQ(eth0.rx_errors, 1U);
  EXPECT_EQ(eth0.rx_dropped, 2U);
  EXPECT_EQ(eth0.tx_bytes, 163983U);
  EXPECT_EQ(eth0.tx_errors, 3U);
  EXPECT_EQ(eth0.tx_dropped, 4U);
  EXPECT_TRUE(link_up(root, "eth0").value());
  EXPECT_FALSE(link_up(root, "eth1").value());
  EXPECT_TRUE(link_up(root, "wg0").value());
  EXPECT_EQ(link_up(root, "eth9").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(monitored_interfaces(root, *snapshot), (std::vector<std::string>{"eth0", "wg0"}));
}

TEST(Network, OldKernelsPutNoBlankBehindTheName) {
  const auto snapshot = read_interfaces(fixture("centos6-physical"), 0);
  ASSERT_TRUE(snapshot.ok());
  ASSERT_EQ(snapshot->interfaces.size(), 2U);
  EXPECT_EQ(snapshot->interfaces[1].rx_bytes, 4294967290U);
}

TEST(Network, NamesNeverBecomePaths) {
  EXPECT_TRUE(parse_interfaces("../../etc: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")->empty());
  EXPECT_TRUE(parse_interfaces("..: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")->empty());
  EXPECT_TRUE(
      parse_interfaces("sixteenbyteslong: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n")->empty());
  EXPECT_EQ(link_up(fixture("debian12-vm"), "../block").error().code, ErrorCode::kInvalid);
}

TEST(Network, RatesBetweenTwoSnapshots) {
  NetworkSnapshot a{0,
                    {{"eth0", 1000, 10, 0, 0, 500, 5, 0, 0}, {"eth1", 900, 9, 0, 0, 0, 0, 0, 0}}};
  NetworkSnapshot b{4 * kSecond,
                    {{"eth0", 5000, 50, 2, 2, 2500, 25, 2, 2}, {"eth1", 1, 1, 0, 0, 0, 0, 0, 0}}};
  const auto rates = interface_rates(a, b);
  ASSERT_TRUE(rates.ok());
  ASSERT_EQ(rates->size(), 1U);
  EXPECT_NEAR((*rates)[0].rx_bytes_s, 1000.0, 1e-9);
  EXPECT_NEAR((*rates)[0].tx_bytes_s, 500.0, 1e-9);
  EXPECT_NEAR((*rates)[0].rx_packets_s, 10.0, 1e-9);
  EXPECT_NEAR((*rates)[0].errors_s, 2.0, 1e-9);
  EXPECT_EQ(interface_rates(b, a).error().code, ErrorCode::kUnavailable);
}

TEST(Network, LimitsAndMissingFile) {
  std::string text;
  for (std::size_t i = 0; i <= kMaxInterfaces; ++i) {
    text += "e" + std::to_string(i) + ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
  }
  EXPECT_EQ(parse_interfaces(text).error().code, ErrorCode::kLimit);
  EXPECT_EQ(read_interfaces(fixture("empty"), 0).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace yagura::host
