#include "monitor/agent_cache.h"

#include <algorithm>

namespace yagura::monitor {

CachedAgent* AgentCache::find(std::string_view name) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return nullptr;
  at->second->used = ++clock_;
  return at->second.get();
}

CachedAgent* AgentCache::put(std::unique_ptr<CachedAgent> agent) {
  agent->used = ++clock_;
  std::unique_ptr<CachedAgent>& place = by_name_[agent->fields.name];
  place = std::move(agent);
  return place.get();
}

void AgentCache::forget(std::string_view name) {
  if (const auto at = by_name_.find(name); at != by_name_.end()) by_name_.erase(at);
}

void AgentCache::trim() {
  if (by_name_.size() <= capacity_) return;
  std::vector<std::uint64_t> marks;
  marks.reserve(by_name_.size());
  for (const auto& [name, agent] : by_name_)
    marks.push_back(agent->used);
  const std::size_t drop = by_name_.size() - capacity_ + capacity_ / 10;
  const auto border = marks.begin() + static_cast<std::ptrdiff_t>(std::min(drop, marks.size() - 1));
  std::nth_element(marks.begin(), border, marks.end());
  const std::uint64_t oldest_kept = *border;
  std::erase_if(by_name_, [&](const auto& entry) { return entry.second->used < oldest_kept; });
}

int status_rank(StatusCode status, bool disabled, Approval approval) {
  if (disabled || approval != Approval::kApproved) return 5;
  switch (status) {
    case StatusCode::kCritical:
      return 0;
    case StatusCode::kWarning:
      return 1;
    case StatusCode::kUnknown:
      return 2;
    case StatusCode::kNormal:
      return 3;
    case StatusCode::kNotInit:
      break;
  }
  return 4;
}

}  // namespace yagura::monitor
