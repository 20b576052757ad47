// The order in which waiting spool items are taken (design §5; spec server §6.1). Pure: names in,
// names out; the reader (spool_reader.h) feeds it from the directory.
//
// Oldest first is right as long as the queue is short: counters see their samples in order and no
// state is ever skipped. Behind a long queue (a server that was down) live state would come late,
// so above `live_first_above` items the newest ones (received within `live_window`) go first and
// the backlog fills the rest of every hand-out, never less than its share: what is late goes to
// history and never moves a status back.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace yagura::monitor {

using ItemId = std::array<std::uint8_t, 16>;
/// 32 lower-case hex digits.
std::string to_hex(const ItemId& id);
std::optional<ItemId> item_id_from_hex(std::string_view hex);

/// The name of an item's file in the spool, as tentacle::file_name() makes it, in 24 bytes.
struct SpoolName {
  Micros received = 0;
  ItemId id{};
  auto operator<=>(const SpoolName&) const = default;
  [[nodiscard]] std::string file_name() const;
};
/// Nothing for every other name (temporary files, strangers).
std::optional<SpoolName> parse_spool_name(std::string_view name);

struct QueuePolicy {
  std::size_t capacity = 100'000;         ///< names kept in memory; more stay on disk only
  std::size_t live_first_above = 20'000;  ///< shorter queues are taken oldest first
  Micros live_window = 300 * kSecond;     ///< what counts as live behind a long queue
  std::uint32_t backlog_percent = 25;     ///< least share of the backlog in a hand-out
};

/// Not thread-safe.
class SpoolQueue {
 public:
  explicit SpoolQueue(QueuePolicy policy) : policy_(policy) {}

  /// Adds a name that was seen; known and handed-out ones are ignored.
  void add(const SpoolName& name);
  /// Up to `max` names to work on, in the order they should be applied; they are "in work" until
  /// done() or give_back().
  std::vector<SpoolName> take(std::size_t max, Micros now);
  /// The item is gone from the spool.
  void done(const SpoolName& name) { in_work_.erase(name); }
  /// The item could not be worked on now; it waits again.
  void give_back(const SpoolName& name);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t in_work() const { return in_work_.size(); }
  /// Receive time of the oldest item waiting or in work; nothing if there is none.
  [[nodiscard]] std::optional<Micros> oldest() const;
  /// True once names were dropped because the queue was full: scan the directory again when there
  /// is room. Reading it resets it.
  bool take_overflow();

 private:
  void drop_one(Micros live_from);

  QueuePolicy policy_;
  std::set<SpoolName> waiting_;
  std::set<SpoolName> in_work_;
  bool overflow_ = false;
};

}  // namespace yagura::monitor
