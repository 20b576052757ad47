#include "identity/actor.h"

#include <algorithm>
#include <utility>

namespace yagura::identity {

bool GroupScope::contains(GroupId group) const {
  return all || std::ranges::find(groups, group) != groups.end();
}

Actor Actor::superadmin(audit::Source source, UserId id) {
  Actor actor(std::move(source), id);
  actor.superadmin_ = true;
  return actor;
}

Actor Actor::with(audit::Source source, UserId id, std::vector<Assignment> assignments,
                  std::shared_ptr<const GroupTree> tree) {
  Actor actor(std::move(source), id);
  actor.assignments_ = std::move(assignments);
  actor.tree_ = std::move(tree);
  return actor;
}

bool Actor::may(Bit bit, GroupId group) const {
  return superadmin_ || std::ranges::any_of(assignments_, [&](const Assignment& a) {
           return a.bits.has(bit) && covers(a, group, *tree_);
         });
}

Bits Actor::somewhere() const {
  if (superadmin_) return Bits::all();
  Bits out;
  for (const Assignment& a : assignments_)
    out |= a.bits;
  return out;
}

GroupScope Actor::scope(Bit bit) const {
  GroupScope out;
  out.all = superadmin_ || std::ranges::any_of(assignments_, [&](const Assignment& a) {
              return a.group == GroupId{0} && a.bits.has(bit);
            });
  if (out.all) return out;
  for (const GroupId group : tree_->groups()) {
    if (may(bit, group)) out.groups.push_back(group);
  }
  return out;
}

}  // namespace yagura::identity
