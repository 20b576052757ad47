// RouteSpec: everything about one route that is not its work. No member has a default: a route that
// forgets its permission or its audit category does not compile (route_test proves it), so a check
// cannot be forgotten (spec console-security, general rule 1).
#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

#include "audit/record.h"
#include "http/message.h"
#include "identity/permission.h"

namespace yagura::api {

/// A member that must be given: there is no way to make one from nothing.
template <typename T>
class Required {
 public:
  template <std::convertible_to<T> U>
    requires(!std::same_as<std::remove_cvref_t<U>, Required>)
  constexpr Required(U&& value)  // NOLINT: implicit, reads like the value
      : value_(std::forward<U>(value)) {}
  constexpr const T& operator*() const { return value_; }
  constexpr const T* operator->() const { return &value_; }

 private:
  T value_;
};

/// Who may call.
class Access {
 public:
  enum class Kind { kPublic, kSession, kSessionBeforeChange, kBit };

  /// Nobody in particular: also without signing in.
  static constexpr Access everyone() { return {Kind::kPublic, std::nullopt}; }
  /// Every signed-in user.
  static constexpr Access signed_in() { return {Kind::kSession, std::nullopt}; }
  /// Every signed-in user, also one who must first change the password.
  static constexpr Access before_password_change() {
    return {Kind::kSessionBeforeChange, std::nullopt};
  }
  /// Users who hold the bit in some group; the service function then asks for the object's group.
  static constexpr Access needs(identity::Bit bit) { return {Kind::kBit, bit}; }

  [[nodiscard]] constexpr Kind kind() const { return kind_; }
  [[nodiscard]] constexpr std::optional<identity::Bit> bit() const { return bit_; }

 private:
  constexpr Access(Kind kind, std::optional<identity::Bit> bit) : kind_(kind), bit_(bit) {}
  Kind kind_;
  std::optional<identity::Bit> bit_;
};

/// What the audit record of the act is called.
class Audit {
 public:
  /// The route changes nothing.
  static constexpr Audit read_only() { return {}; }
  static constexpr Audit act(audit::Category category, std::string_view action) {
    return {category, action};
  }

  [[nodiscard]] constexpr std::optional<audit::Category> category() const { return category_; }
  /// "agent.update"; refusals are recorded as "<action>.refused".
  [[nodiscard]] constexpr std::string_view action() const { return action_; }

 private:
  constexpr Audit() = default;
  constexpr Audit(audit::Category category, std::string_view action)
      : category_(category), action_(action) {}
  std::optional<audit::Category> category_;
  std::string_view action_;
};

/// How often one client may call (limits in rate_limit.h).
enum class RateClass { kRead, kWrite, kLogin };

struct RouteSpec {
  Required<http::Method> method;
  Required<std::string_view> path;     ///< "/api/v2/agents/{id}"; at most one {id}, a whole number
  Required<std::string_view> name;     ///< operationId: "list_agents"
  Required<std::string_view> summary;  ///< one sentence for the reference
  Required<Access> access;
  Required<Audit> audit;
  Required<RateClass> rate;
};

/// Rules between members: what changes something is audited, what is read is not; {id} at most
/// once; path and name well formed. A test asks this of every route.
bool is_consistent(const RouteSpec& spec);

}  // namespace yagura::api
