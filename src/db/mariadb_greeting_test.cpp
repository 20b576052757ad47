#include "db/mariadb_greeting.h"

#include <string>

#include <gtest/gtest.h>

namespace yagura::db {
namespace {

/// A greeting as servers send it; `capabilities` are the lower two bytes.
std::string greeting(unsigned capabilities, const std::string& version = "10.11.19-MariaDB") {
  std::string packet = "\x0a" + version + std::string(1, '\0') + "\x01\x02\x03\x04" + "12345678";
  packet += '\0';
  packet += static_cast<char>(capabilities & 0xFFU);
  packet += static_cast<char>(capabilities >> 8U);
  packet += std::string("\x2d\x02\x00\xff\x81\x15", 6) + std::string(10, '\0') + "123456789012";
  packet += '\0';
  std::string framed(1, static_cast<char>(packet.size()));
  return framed + std::string(3, '\0') + packet;
}

TEST(MariaDbGreeting, OfferOfTlsIsOneBit) {
  EXPECT_EQ(judge_greeting(greeting(0xFFFF)), Greeting::kTls);
  EXPECT_EQ(judge_greeting(greeting(0x0800)), Greeting::kTls);
  EXPECT_EQ(judge_greeting(greeting(0xF7FF)), Greeting::kNoTls);
  EXPECT_EQ(judge_greeting(greeting(0)), Greeting::kNoTls);
}

TEST(MariaDbGreeting, EveryPrefixIsIncomplete) {
  const std::string whole = greeting(0xFFFF);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_EQ(judge_greeting(whole.substr(0, n)), Greeting::kIncomplete) << n;
  }
}

TEST(MariaDbGreeting, AnErrorInsteadIsARefusal) {
  const std::string text = std::string("\xff\x10\x04Too many connections", 23);
  const std::string packet =
      std::string(1, static_cast<char>(text.size())) + std::string(3, '\0') + text;
  EXPECT_EQ(judge_greeting(packet), Greeting::kRefusal);
}

TEST(MariaDbGreeting, WhatIsNoGreetingOffersNothing) {
  const std::string framing("\x05\0\0\0", 4);
  EXPECT_EQ(judge_greeting(std::string(4, '\0')), Greeting::kNoTls);  // empty packet
  EXPECT_EQ(judge_greeting("\xff\xff\xff" + std::string(5, 'x')), Greeting::kNoTls);  // huge
  EXPECT_EQ(judge_greeting(framing +
                           "\x09"
                           "5.5" +
                           std::string(1, '\0')),
            Greeting::kNoTls);
  EXPECT_EQ(judge_greeting(framing + "\x0a"
                                     "5.5x"),
            Greeting::kNoTls);  // version without an end
  EXPECT_EQ(judge_greeting(framing +
                           "\x0a"
                           "5.5" +
                           std::string(1, '\0')),
            Greeting::kNoTls);
  EXPECT_EQ(judge_greeting(greeting(0xFFFF) + std::string(kMaxGreetingBytes, 'x')),
            Greeting::kNoTls);
}

}  // namespace
}  // namespace yagura::db
