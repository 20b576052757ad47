#include "monitor/spool_queue.h"

#include <gtest/gtest.h>

#include "tentacle/spool_envelope.h"

namespace yagura::monitor {
namespace {

SpoolName item(Micros received, std::uint8_t id = 1) {
  SpoolName name{received, {}};
  name.id[15] = id;
  return name;
}

TEST(SpoolName, IsTheNameTheTransportGives) {
  tentacle::Envelope envelope;
  envelope.id = "00112233445566778899aabbccddeeff";
  envelope.received = 1'764'000'000'123'456;
  const auto name = parse_spool_name(tentacle::file_name(envelope));
  ASSERT_TRUE(name);
  EXPECT_EQ(name->received, envelope.received);
  EXPECT_EQ(to_hex(name->id), envelope.id);
  EXPECT_EQ(name->file_name(), tentacle::file_name(envelope));
}

TEST(SpoolName, StrangersAreNoItems) {
  for (const char* name :
       {"", ".tmp-1-2", "a.1.data", "0000000000000001-00112233445566778899aabbccddeeff.item.tmp",
        "0000000000000001-00112233445566778899AABBCCDDEEFF.item",
        "000000000000000g-00112233445566778899aabbccddeeff.item",
        "ffffffffffffffff-00112233445566778899aabbccddeeff.item",
        "0000000000000001_00112233445566778899aabbccddeeff.item"}) {
    EXPECT_FALSE(parse_spool_name(name)) << name;
  }
}

TEST(SpoolQueue, ShortQueueIsTakenOldestFirst) {
  SpoolQueue queue({});
  for (const Micros t : {30, 10, 20})
    queue.add(item(t));
  const auto taken = queue.take(2, 1000 * kSecond);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].received, 10);
  EXPECT_EQ(taken[1].received, 20);
  EXPECT_EQ(queue.waiting(), 1U);
  EXPECT_EQ(queue.in_work(), 2U);
  EXPECT_EQ(queue.oldest(), 10);
}

TEST(SpoolQueue, ItemsInWorkAreNotHandedOutAgain) {
  SpoolQueue queue({});
  queue.add(item(1));
  ASSERT_EQ(queue.take(10, 0).size(), 1U);
  queue.add(item(1));  // a scan sees the file that is being worked on
  EXPECT_TRUE(queue.take(10, 0).empty());
  queue.give_back(item(1));
  EXPECT_EQ(queue.take(10, 0).size(), 1U);
  queue.done(item(1));
  EXPECT_FALSE(queue.oldest());
}

TEST(SpoolQueue, BehindALongQueueLiveStateGoesFirstAndTheBacklogKeepsItsShare) {
  SpoolQueue queue({.live_first_above = 10, .live_window = 100, .backlog_percent = 25});
  for (int i = 0; i < 20; ++i)
    queue.add(item(i));  // backlog
  for (int i = 0; i < 20; ++i)
    queue.add(item(1000 + i));  // live
  const auto taken = queue.take(8, 1050);
  ASSERT_EQ(taken.size(), 8U);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(taken[static_cast<std::size_t>(i)].received, 1000 + i);
  EXPECT_EQ(taken[6].received, 0);
  EXPECT_EQ(taken[7].received, 1);
}

TEST(SpoolQueue, FullQueueKeepsTheOldestAndTheLiveOnes) {
  SpoolQueue queue({.capacity = 10, .live_first_above = 5, .live_window = 100});
  for (int i = 0; i < 8; ++i)
    queue.add(item(i));
  for (int i = 0; i < 5; ++i)
    queue.add(item(1000 + i));
  EXPECT_EQ(queue.waiting(), 10U);
  EXPECT_TRUE(queue.take_overflow());
  EXPECT_FALSE(queue.take_overflow());
  std::vector<Micros> times;
  for (const SpoolName& name : queue.take(10, 0))
    times.push_back(name.received);
  std::sort(times.begin(), times.end());
  EXPECT_EQ(times, (std::vector<Micros>{0, 1, 2, 3, 4, 1000, 1001, 1002, 1003, 1004}));
}

}  // namespace
}  // namespace yagura::monitor
