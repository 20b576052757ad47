// StatementCache<Handle>: prepared statements of one connection, kept by their text. The least
// recently used one goes when there are too many: filters that combine constant pieces must not
// pile up statements on the server. Handle closes its statement when destroyed. Not thread-safe.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace yagura::db {

constexpr std::size_t kMaxCachedStatements = 256;

template <typename Handle>
class StatementCache {
 public:
  /// The handle for `sql`, or null.
  Handle* find(std::string_view sql) {
    const auto found = index_.find(sql);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->handle;
  }

  /// Keeps `handle`; may close the one used longest ago. `sql` must not be in the cache.
  Handle& put(std::string_view sql, Handle handle) {
    if (entries_.size() >= kMaxCachedStatements) {
      index_.erase(entries_.back().sql);
      entries_.pop_back();
    }
    entries_.push_front({std::string(sql), std::move(handle)});
    index_.emplace(entries_.front().sql, entries_.begin());
    return entries_.front().handle;
  }

  void erase(std::string_view sql) {
    const auto found = index_.find(sql);
    if (found == index_.end()) return;
    const auto entry = found->second;
    index_.erase(found);
    entries_.erase(entry);
  }

  void clear() {
    index_.clear();
    entries_.clear();
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string sql;
    Handle handle;
  };
  std::list<Entry> entries_;
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;
};

}  // namespace yagura::db
