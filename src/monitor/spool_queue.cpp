#include "monitor/spool_queue.h"

#include <algorithm>
#include <utility>

namespace yagura::monitor {
namespace {

constexpr std::string_view kSuffix = ".item";
constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kIdDigits = 32;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr char kHex[] = "0123456789abcdef";

}  // namespace

std::string to_hex(const ItemId& id) {
  std::string out;
  out.reserve(kIdDigits);
  for (const std::uint8_t byte : id) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

std::optional<ItemId> item_id_from_hex(std::string_view hex) {
  if (hex.size() != kIdDigits) return std::nullopt;
  ItemId id{};
  for (std::size_t i = 0; i < id.size(); ++i) {
    const int high = digit(hex[2 * i]);
    const int low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

std::string SpoolName::file_name() const {
  std::string out(kTimeDigits, '0');
  auto time = static_cast<std::uint64_t>(received);
  for (std::size_t i = kTimeDigits; i > 0; --i, time >>= 4)
    out[i - 1] = kHex[time & 15];
  out += '-';
  out += to_hex(id);
  out += kSuffix;
  return out;
}

std::optional<SpoolName> parse_spool_name(std::string_view name) {
  if (name.size() != kTimeDigits + 1 + kIdDigits + kSuffix.size() || !name.ends_with(kSuffix) ||
      name[kTimeDigits] != '-') {
    return std::nullopt;
  }
  std::uint64_t time = 0;
  for (const char c : name.substr(0, kTimeDigits)) {
    const int value = digit(c);
    if (value < 0) return std::nullopt;
    time = time << 4 | static_cast<std::uint64_t>(value);
  }
  const auto id = item_id_from_hex(name.substr(kTimeDigits + 1, kIdDigits));
  if (!id || time > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return SpoolName{static_cast<Micros>(time), *id};
}

void SpoolQueue::add(const SpoolName& name) {
  if (in_work_.contains(name) || !waiting_.insert(name).second) return;
  if (waiting_.size() > policy_.capacity) {
    drop_one(waiting_.rbegin()->received - policy_.live_window);
  }
}

/// Drops the newest item of the backlog: it is the one that would be taken last. Without a backlog
/// the newest item of all goes.
void SpoolQueue::drop_one(Micros live_from) {
  overflow_ = true;
  auto at = waiting_.lower_bound(SpoolName{live_from, {}});
  if (at == waiting_.begin()) at = waiting_.end();
  waiting_.erase(std::prev(at));
}

std::vector<SpoolName> SpoolQueue::take(std::size_t max, Micros now) {
  std::vector<SpoolName> out;
  out.reserve(std::min(max, waiting_.size()));
  const auto move_range = [&](auto from, std::size_t count) {
    while (count-- > 0 && from != waiting_.end()) {
      out.push_back(*from);
      in_work_.insert(*from);
      from = waiting_.erase(from);
    }
  };
  if (waiting_.size() > policy_.live_first_above) {
    const std::size_t share = std::max<std::size_t>(1, max * policy_.backlog_percent / 100);
    move_range(waiting_.lower_bound(SpoolName{now - policy_.live_window, {}}),
               max > share ? max - share : 0);
  }
  move_range(waiting_.begin(), max - out.size());
  return out;
}

void SpoolQueue::give_back(const SpoolName& name) {
  if (in_work_.erase(name) > 0) waiting_.insert(name);
}

std::optional<Micros> SpoolQueue::oldest() const {
  std::optional<Micros> out;
  if (!waiting_.empty()) out = waiting_.begin()->received;
  if (!in_work_.empty()) {
    out = out ? std::min(*out, in_work_.begin()->received) : in_work_.begin()->received;
  }
  return out;
}

bool SpoolQueue::take_overflow() {
  return std::exchange(overflow_, false);
}

}  // namespace yagura::monitor
