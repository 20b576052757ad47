#include "monitor/inventory.h"

#include <algorithm>

#include "text/utf8.h"

namespace yagura::monitor {
namespace {

std::vector<std::string_view> records_of(std::string_view content) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while (at < content.size()) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    out.push_back(content.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string told(const InventoryDiff& diff) {
  std::string out;
  std::size_t left = kMaxToldRecords;
  const auto tell = [&](std::string_view what, const std::vector<std::string_view>& records) {
    for (const std::string_view record : records) {
      if (left == 0) return;
      --left;
      if (!out.empty()) out += ' ';
      out += what;
      out += text::truncate_utf8(record, kMaxEventValue);
    }
  };
  tell("DELETED RECORD: ", diff.removed);
  tell("NEW RECORD: ", diff.added);
  const std::size_t all = diff.removed.size() + diff.added.size();
  if (all > kMaxToldRecords) {
    out += " (and " + std::to_string(all - kMaxToldRecords) + " more)";
  }
  return out;
}

}  // namespace

InventoryText normal_form(const std::vector<std::string>& rows, std::size_t max_rows) {
  InventoryText out;
  std::vector<std::string> records;
  records.reserve(std::min(rows.size(), max_rows));
  for (const std::string& row : rows) {
    std::string record = row;
    while (!record.empty() && (record.back() == '\n' || record.back() == '\r'))
      record.pop_back();
    std::replace_if(
        record.begin(), record.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    if (record.empty()) continue;
    if (records.size() == max_rows) {
      ++out.cut;
      continue;
    }
    records.push_back(std::move(record));
  }
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  out.rows = records.size();
  for (const std::string& record : records) {
    out.content += record;
    out.content += '\n';
  }
  return out;
}

InventoryDiff difference(std::string_view before, std::string_view after) {
  const std::vector<std::string_view> old_records = records_of(before);
  const std::vector<std::string_view> new_records = records_of(after);
  InventoryDiff out;
  std::set_difference(new_records.begin(), new_records.end(), old_records.begin(),
                      old_records.end(), std::back_inserter(out.added));
  std::set_difference(old_records.begin(), old_records.end(), new_records.begin(),
                      new_records.end(), std::back_inserter(out.removed));
  return out;
}

std::string joined(const std::vector<std::string_view>& records) {
  std::string out;
  for (const std::string_view record : records) {
    out += record;
    out += '\n';
  }
  return out;
}

Event inventory_event(const EventSubject& subject, std::string_view inventory,
                      const InventoryDiff& diff, Severity severity, Micros at) {
  Event event;
  event.at = at;
  event.type = EventType::kConfigurationChange;
  event.severity = severity;
  event.agent = subject.agent;
  event.group = subject.group;
  event.code = "inventory-changed";
  const std::string records = told(diff);
  event.params = {{"agent", std::string(subject.agent_alias)},
                  {"inventory", std::string(inventory)},
                  {"added", std::to_string(diff.added.size())},
                  {"removed", std::to_string(diff.removed.size())},
                  {"records", records}};
  event.text = "Configuration change: " + records + " for agent '" +
               std::string(subject.agent_alias) + "' module '" + std::string(inventory) + "'.";
  return event;
}

}  // namespace yagura::monitor
