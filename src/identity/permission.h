// Permission bits, the built-in profiles, and how an assignment of a profile to a group answers
// "may this user do X here?". Source: spec console-security §2, §3 (without tags). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace yagura::identity {

/// What a user may do; where is told by the assignment. The order is that of the stored mask: new
/// bits go to the end.
enum class Bit : std::uint8_t {
  kAR,
  kAW,
  kAD,  // agents: see, change, disable
  kLW,
  kLM,  // alerts: assign, manage
  kER,
  kEW,
  kEM,  // events: see, validate, manage
  kRR,
  kRW,
  kRM,  // reports
  kMR,
  kMW,
  kMM,  // maps
  kVR,
  kVW,
  kVM,  // visual consoles
  kNR,
  kNW,
  kNM,  // device configuration
  kIR,
  kIW,
  kIM,  // incidents
  kUM,
  kDM,
  kPM,  // users, database, platform
};
constexpr std::size_t kBitCount = 26;

/// "AR", ...
std::string_view to_string(Bit bit);

/// A set of bits.
class Bits {
 public:
  constexpr Bits() = default;
  constexpr Bits(std::initializer_list<Bit> bits) {
    for (const Bit b : bits)
      mask_ |= one(b);
  }
  /// From the stored mask; unknown bits are dropped.
  static constexpr Bits from_mask(std::uint64_t mask) {
    Bits out;
    out.mask_ = mask & ((std::uint64_t{1} << kBitCount) - 1);
    return out;
  }
  static constexpr Bits all() { return from_mask(~std::uint64_t{0}); }

  [[nodiscard]] constexpr std::uint64_t mask() const { return mask_; }
  [[nodiscard]] constexpr bool has(Bit bit) const { return (mask_ & one(bit)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return mask_ == 0; }
  constexpr Bits& operator|=(Bits other) {
    mask_ |= other.mask_;
    return *this;
  }
  constexpr bool operator==(const Bits&) const = default;
  /// Words of the bits in the order of the enumeration.
  [[nodiscard]] std::vector<std::string> words() const;

 private:
  static constexpr std::uint64_t one(Bit bit) {
    return std::uint64_t{1} << static_cast<unsigned>(bit);
  }
  std::uint64_t mask_ = 0;
};

/// With the implied bits of §2.2: AW brings AR and AD, EM brings EW and ER, ...
Bits with_implied(Bits bits);

/// The group tree as access control sees it. Group 0 ("All") is no node of it.
class GroupTree {
 public:
  void add(GroupId id, GroupId parent, bool propagate);
  /// True if every group from `ancestor` down to the parent of `group` passes rights on to its
  /// children (§3.2.2). False for the group itself, and for a chain that is broken or a loop.
  [[nodiscard]] bool reaches(GroupId ancestor, GroupId group) const;
  [[nodiscard]] std::vector<GroupId> groups() const;

 private:
  struct Node {
    GroupId parent;
    bool propagate = false;
  };
  std::map<GroupId, Node> nodes_;
};

/// One row of "this user has this profile in this group".
struct Assignment {
  Bits bits;      ///< of the profile; closed under §2.2 by whoever loads it
  GroupId group;  ///< 0 = All
  bool no_hierarchy = false;
};

/// §3.2.2: does an assignment apply to objects of `group`?
bool covers(const Assignment& assignment, GroupId group, const GroupTree& tree);

}  // namespace yagura::identity
