// Actor: who asks for something and what that person may do. Every service function of the console
// and of the command line takes one and asks it itself, so that no entrance can forget a check.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "audit/record.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/permission.h"

namespace yagura::identity {

/// The groups in which a right holds: all of them, or a list.
struct GroupScope {
  bool all = false;
  std::vector<GroupId> groups;
  [[nodiscard]] bool empty() const { return !all && groups.empty(); }
  [[nodiscard]] bool contains(GroupId group) const;
};

/// Immutable after construction; safe to share between threads.
class Actor {
 public:
  /// The superadmin: no bit, no group can refuse it.
  static Actor superadmin(audit::Source source, UserId id);
  static Actor with(audit::Source source, UserId id, std::vector<Assignment> assignments,
                    std::shared_ptr<const GroupTree> tree);

  [[nodiscard]] const audit::Source& source() const { return source_; }
  [[nodiscard]] UserId id() const { return id_; }
  /// §3.2 for an object of one group (0 = All).
  [[nodiscard]] bool may(Bit bit, GroupId group) const;
  /// True if some assignment gives the bit somewhere.
  [[nodiscard]] bool may_somewhere(Bit bit) const { return somewhere().has(bit); }
  /// Every bit held in at least one group.
  [[nodiscard]] Bits somewhere() const;
  /// Where the bit holds: for lists and totals (§3.4).
  [[nodiscard]] GroupScope scope(Bit bit) const;

 private:
  Actor(audit::Source source, UserId id) : source_(std::move(source)), id_(id) {}
  audit::Source source_;
  UserId id_;
  bool superadmin_ = false;
  std::vector<Assignment> assignments_;
  std::shared_ptr<const GroupTree> tree_;
};

}  // namespace yagura::identity
