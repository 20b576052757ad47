// Inventories as sets of records (spec server §16.3; agent-data §14.2): normal form and difference.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "monitor/event.h"

namespace yagura::monitor {

/// Records told one by one in the event of a change.
constexpr std::size_t kMaxToldRecords = 50;

/// Records sorted, each once, each ended by LF; CR and LF inside a record become blanks, empty
/// records are dropped. Order never counts as a change. `cut` counts what lies beyond `max_rows`.
struct InventoryText {
  std::string content;
  std::size_t rows = 0;
  std::size_t cut = 0;
};
InventoryText normal_form(const std::vector<std::string>& rows, std::size_t max_rows);

/// Difference of two normal forms.
struct InventoryDiff {
  std::vector<std::string_view> added;    ///< views of `after`
  std::vector<std::string_view> removed;  ///< views of `before`
  [[nodiscard]] bool empty() const { return added.empty() && removed.empty(); }
};
InventoryDiff difference(std::string_view before, std::string_view after);

/// Records joined with LF at each end: how the history keeps them.
std::string joined(const std::vector<std::string_view>& records);

/// "Configuration change: DELETED RECORD: … NEW RECORD: … for agent 'A' module 'M'."; code
/// "inventory-changed" {agent, inventory, added, removed, records}.
Event inventory_event(const EventSubject& subject, std::string_view inventory,
                      const InventoryDiff& diff, Severity severity, Micros at);

}  // namespace yagura::monitor
