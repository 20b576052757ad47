#include "tentacle/spool_envelope.h"

#include <string>

#include <gtest/gtest.h>

#include "crypto/digest.h"

namespace yagura::tentacle {
namespace {

Envelope sample() {
  Envelope e;
  e.id = std::string(32, 'a');
  e.received = 1'795'314'431'540'582;
  e.peer = "2001:db8::1";
  e.level = Level::kMutual;
  e.fingerprint = std::string(64, 'f');
  e.subject = "host 1 %\n\xff";
  e.name = "x y%\xC3\xB1.data";
  e.length = 3;
  e.sha256 = crypto::sha256_hex("abc");
  return e;
}

TEST(SpoolEnvelope, RoundTrip) {
  for (const Level level :
       {Level::kLocal, Level::kNone, Level::kTls, Level::kCertificate, Level::kMutual}) {
    Envelope e = sample();
    e.level = level;
    const std::string bytes = write_header(e) + "abc";
    const auto parsed = parse_header(bytes);
    ASSERT_TRUE(parsed.ok()) << parsed.error().what;
    EXPECT_EQ(parsed->envelope.id, e.id);
    EXPECT_EQ(parsed->envelope.received, e.received);
    EXPECT_EQ(parsed->envelope.peer, e.peer);
    EXPECT_EQ(parsed->envelope.level, level);
    EXPECT_EQ(parsed->envelope.fingerprint, e.fingerprint);
    EXPECT_EQ(parsed->envelope.subject, e.subject);
    EXPECT_EQ(parsed->envelope.name, e.name);
    EXPECT_EQ(parsed->envelope.length, 3U);
    EXPECT_EQ(bytes.substr(parsed->payload_offset), "abc");
    EXPECT_TRUE(verify_payload(parsed->envelope, "abc").ok());
    EXPECT_FALSE(verify_payload(parsed->envelope, "abd").ok());
    EXPECT_FALSE(verify_payload(parsed->envelope, "ab").ok());
  }
}

TEST(SpoolEnvelope, DashMeansNoneAndOnlyThat) {
  Envelope e = sample();
  e.fingerprint.clear();
  e.subject.clear();
  EXPECT_EQ(parse_header(write_header(e))->envelope.subject, "");
  e.subject = "-";
  EXPECT_EQ(parse_header(write_header(e))->envelope.subject, "-");
  e.name = "-";
  EXPECT_EQ(parse_header(write_header(e))->envelope.name, "-");
}

TEST(SpoolEnvelope, FileNamesSortByArrival) {
  Envelope e = sample();
  const std::string first = file_name(e);
  EXPECT_EQ(first, "000660d436f3bd66-" + e.id + ".item");
  ++e.received;
  EXPECT_LT(first, file_name(e));
}

TEST(SpoolEnvelope, RefusesEveryWrongLine) {
  const std::string good = write_header(sample());
  std::size_t at = 0;
  while (at < good.size()) {  // without each line in turn
    const std::size_t end = good.find('\n', at) + 1;
    std::string without = good;
    without.erase(at, end - at);
    EXPECT_FALSE(parse_header(without).ok()) << without;
    at = end;
  }
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = good;
    changed.replace(changed.find(from), from.size(), to);
    return parse_header(changed).ok();
  };
  EXPECT_FALSE(with("yagura-spool 1", "yagura-spool 2"));
  EXPECT_FALSE(with("id aaaa", "id AAAA"));
  EXPECT_FALSE(with("received 1", "received 01"));
  EXPECT_FALSE(with("received 1", "received -1"));
  EXPECT_FALSE(with("level 4", "level 5"));
  EXPECT_FALSE(with("level 4", "level 44"));
  EXPECT_FALSE(with("peer 2001", "peer /etc"));
  EXPECT_FALSE(with("length 3", "length 3x"));
  EXPECT_FALSE(with("length 3", "length 99999999999999999999"));
  EXPECT_FALSE(with("%20y", "%zzy"));
  EXPECT_FALSE(with("%20y", "%7ay")) << "not in the one form";
  EXPECT_FALSE(with("fingerprint f", "fingerprint g"));
  EXPECT_TRUE(with("peer 2001:db8::1", "peer local"));
}

TEST(SpoolEnvelope, RefusesHeadersBeyondTheLimit) {
  Envelope e = sample();
  e.subject = std::string(kMaxEnvelopeHeader, 's');
  EXPECT_FALSE(parse_header(write_header(e)).ok());
}

TEST(SpoolEnvelope, LongestRealHeaderFits) {
  Envelope e = sample();
  e.subject = std::string(256, '\n');
  e.name = std::string(255, '%');
  EXPECT_LE(write_header(e).size(), kMaxEnvelopeHeader);
  EXPECT_TRUE(parse_header(write_header(e)).ok());
}

}  // namespace
}  // namespace yagura::tentacle
