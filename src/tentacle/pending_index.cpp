#include "tentacle/pending_index.h"

#include <utility>

#include "tentacle/name_rules.h"

namespace yagura::tentacle {

PendingIndex::Known PendingIndex::look_up(std::string_view name,
                                          const crypto::Sha256Digest& digest) const {
  const auto found = names_.find(std::string(name));
  if (found == names_.end()) return {};
  const bool same = found->second.digest == digest;
  if (found->second.file.empty()) return {same ? Match::kSame : Match::kNew, {}};
  return {same ? Match::kSame : Match::kDifferent, found->second.file};
}

std::uint64_t PendingIndex::pending_size(std::string_view name, std::string& file) const {
  const auto found = names_.find(std::string(name));
  if (found == names_.end() || found->second.file.empty()) return 0;
  file = found->second.file;
  return found->second.size;
}

void PendingIndex::add(const std::string& file, std::string_view name,
                       const crypto::Sha256Digest& digest, std::uint64_t size) {
  items_[file] = Item{std::string(name), size, scan_};
  bytes_ += size;
  names_[std::string(name)] = Name{file, digest, size, 0};
}

void PendingIndex::add_foreign(const std::string& file, std::uint64_t size) {
  if (items_.emplace(file, Item{{}, size, scan_}).second) bytes_ += size;
}

void PendingIndex::drop(const std::string& file) {
  const auto found = items_.find(file);
  if (found == items_.end()) return;
  const auto name = names_.find(found->second.name);
  if (name != names_.end() && name->second.file == file) names_.erase(name);
  bytes_ -= found->second.size;
  items_.erase(found);
}

void PendingIndex::consumed(const std::string& file, Micros now) {
  const auto found = items_.find(file);
  if (found == items_.end()) return;
  const auto name = names_.find(found->second.name);
  if (name != names_.end() && name->second.file == file) {
    // Only data is remembered: its names carry a serial number. A configuration may well come again
    // with the same bytes, and must then be seen again.
    if (repeat_window_ > 0 && kind_of(found->second.name) == FileKind::kData) {
      name->second.file.clear();
      name->second.consumed_at = now;
      remembered_.emplace_back(now, found->second.name);
    } else {
      names_.erase(name);
    }
  }
  bytes_ -= found->second.size;
  items_.erase(found);
  forget_old(now);
}

void PendingIndex::forget_old(Micros now) {
  while (!remembered_.empty() && (remembered_.size() > kMaxRemembered ||
                                  now - remembered_.front().first > repeat_window_)) {
    const auto& [when, name] = remembered_.front();
    const auto found = names_.find(name);
    // The name may be pending again, or have been consumed again later.
    if (found != names_.end() && found->second.file.empty() && found->second.consumed_at == when) {
      names_.erase(found);
    }
    remembered_.pop_front();
  }
}

std::vector<std::string> PendingIndex::reconcile(const std::unordered_set<std::string>& listed,
                                                 Micros now) {
  std::vector<std::string> gone;
  for (const auto& [file, item] : items_) {
    // What came while the directory was being read may be missing in the listing.
    if (item.scan < scan_ && !listed.contains(file)) gone.push_back(file);
  }
  for (const std::string& file : gone)
    consumed(file, now);
  forget_old(now);
  std::vector<std::string> unknown;
  for (const std::string& file : listed) {
    if (!items_.contains(file)) unknown.push_back(file);
  }
  return unknown;
}

}  // namespace yagura::tentacle
