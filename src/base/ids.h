// Strong ids: an AgentId is not a ModuleId, and neither is an ordinary number.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace yagura {

/// Id of a database row; 0 means "none".
template <typename Tag>
struct Id {
  std::int64_t value = 0;

  [[nodiscard]] bool valid() const { return value > 0; }
  auto operator<=>(const Id&) const = default;
};

using AgentId = Id<struct AgentTag>;
using ModuleId = Id<struct ModuleTag>;
using GroupId = Id<struct GroupTag>;
using EventId = Id<struct EventTag>;
using UserId = Id<struct UserTag>;

}  // namespace yagura

template <typename Tag>
struct std::hash<yagura::Id<Tag>> {
  std::size_t operator()(const yagura::Id<Tag>& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
