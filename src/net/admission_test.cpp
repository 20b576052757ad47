#include "net/admission.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace yagura::net {
namespace {

Address address(const std::string& text) {
  return Address::parse(text).value();
}

struct Holder final : Evictable {
  Admission::Ticket ticket;
  bool evicted = false;
  void evict() override { evicted = true; }
};

std::shared_ptr<Holder> enter(Admission& admission, const std::string& from, Micros now = 0,
                              Verdict expected = Verdict::kAdmitted) {
  auto holder = std::make_shared<Holder>();
  EXPECT_EQ(admission.enter(address(from), now, holder->ticket), expected);
  admission.attach(holder->ticket, holder);
  return holder;
}

AdmissionLimits limits(std::size_t connections, std::size_t per_address) {
  AdmissionLimits out;
  out.connections = connections;
  out.per_address = per_address;
  return out;
}

TEST(Admission, EvictsTheOldestUnprovenWhenFull) {
  Admission admission(limits(3, 10));
  const auto first = enter(admission, "192.0.2.1");
  const auto second = enter(admission, "192.0.2.2");
  const auto third = enter(admission, "192.0.2.3");
  first->ticket.prove();
  const auto fourth = enter(admission, "192.0.2.4");
  EXPECT_FALSE(first->evicted) << "it has proven itself";
  EXPECT_TRUE(second->evicted);
  EXPECT_FALSE(third->evicted);
  EXPECT_EQ(admission.counts(0).open, 3U);
  EXPECT_EQ(admission.counts(0).evicted, 1U);
}

TEST(Admission, RefusesWhenEveryPlaceIsProven) {
  Admission admission(limits(2, 10));
  const auto first = enter(admission, "192.0.2.1");
  auto second = enter(admission, "192.0.2.2");
  first->ticket.prove();
  second->ticket.prove();
  enter(admission, "192.0.2.3", 0, Verdict::kFull);
  second.reset();
  enter(admission, "192.0.2.3");
  EXPECT_EQ(admission.counts(0).refused, 1U);
}

TEST(Admission, LimitsAnAddressToItsOwnPlaces) {
  Admission admission(limits(10, 2));
  const auto other = enter(admission, "192.0.2.9");
  const auto first = enter(admission, "192.0.2.1");
  const auto second = enter(admission, "192.0.2.1");
  const auto third = enter(admission, "192.0.2.1");
  EXPECT_FALSE(other->evicted) << "an address takes places only from itself";
  EXPECT_TRUE(first->evicted);
  second->ticket.prove();
  third->ticket.prove();
  enter(admission, "192.0.2.1", 0, Verdict::kAddressFull);
}

TEST(Admission, CountsIpv6ByNetwork) {
  Admission admission(limits(10, 1));
  const auto first = enter(admission, "2001:db8::1");
  const auto second = enter(admission, "2001:db8::2");
  EXPECT_TRUE(first->evicted);
  const auto third = enter(admission, "2001:db8:0:1::1");
  EXPECT_FALSE(second->evicted);
}

TEST(Admission, BlocksAfterFailuresAndForgives) {
  AdmissionLimits l = limits(10, 10);
  l.failures = 3;
  l.failure_window = 60 * kSecond;
  l.block = 300 * kSecond;
  Admission admission(l);
  const Address bad = address("192.0.2.1");
  EXPECT_FALSE(admission.failed(bad, 0));
  EXPECT_FALSE(admission.failed(bad, kSecond));
  EXPECT_FALSE(admission.failed(bad, 62 * kSecond)) << "the window is over: counted anew";
  EXPECT_FALSE(admission.failed(bad, 63 * kSecond));
  EXPECT_TRUE(admission.failed(bad, 64 * kSecond));
  EXPECT_FALSE(admission.failed(bad, 65 * kSecond)) << "already blocked";
  EXPECT_EQ(admission.counts(65 * kSecond).blocked_addresses, 1U);
  enter(admission, "192.0.2.1", 65 * kSecond, Verdict::kBlocked);
  enter(admission, "192.0.2.2", 65 * kSecond);
  enter(admission, "192.0.2.1", 64 * kSecond + l.block);
}

TEST(Admission, ExemptNetworksAreNeitherCountedNorBlocked) {
  AdmissionLimits l = limits(10, 1);
  l.failures = 1;
  l.exempt.push_back(Network::parse("192.0.2.0/24").value());
  Admission admission(l);
  const auto first = enter(admission, "192.0.2.1");
  const auto second = enter(admission, "192.0.2.1");
  EXPECT_FALSE(first->evicted);
  EXPECT_FALSE(admission.failed(address("192.0.2.1"), 0));
  enter(admission, "192.0.2.1");
}

TEST(Admission, MovesAPlaceToTheTrueAddress) {
  Admission admission(limits(10, 1));
  Admission::Ticket ticket;
  ASSERT_EQ(admission.enter(Address(), 0, ticket), Verdict::kAdmitted);
  Admission::Ticket other;
  ASSERT_EQ(admission.enter(Address(), 0, other), Verdict::kAdmitted);
  EXPECT_EQ(admission.move(ticket, address("192.0.2.1"), 0), Verdict::kAdmitted);
  EXPECT_EQ(admission.move(other, address("192.0.2.1"), 0), Verdict::kAddressFull);
  EXPECT_EQ(admission.move(other, address("192.0.2.2"), 0), Verdict::kAdmitted);
}

TEST(Admission, MemoryOfFailuresIsBounded) {
  AdmissionLimits l = limits(10, 10);
  l.failures = 1;
  Admission admission(l);
  EXPECT_TRUE(admission.failed(address("198.51.100.1"), 0));
  for (std::size_t i = 0; i < Admission::kMaxTracked; ++i) {
    admission.failed(address("10." + std::to_string(i / 65536) + "." +
                             std::to_string(i / 256 % 256) + "." + std::to_string(i % 256)),
                     0);
  }
  enter(admission, "198.51.100.1", 0);  // forgotten: the table is full of newer ones
  EXPECT_EQ(admission.counts(0).blocked_addresses, Admission::kMaxTracked);
}

}  // namespace
}  // namespace yagura::net
