#include "identity/permission.h"

#include <array>
#include <utility>

namespace yagura::identity {
namespace {

constexpr std::array<std::string_view, kBitCount> kWords = {
    "AR", "AW", "AD", "LW", "LM", "ER", "EW", "EM", "RR", "RW", "RM", "MR", "MW",
    "MM", "VR", "VW", "VM", "NR", "NW", "NM", "IR", "IW", "IM", "UM", "DM", "PM"};

constexpr std::array<std::pair<Bit, Bits>, 14> kImplied = {{
    {Bit::kAW, {Bit::kAR, Bit::kAD}},
    {Bit::kLM, {Bit::kLW}},
    {Bit::kEW, {Bit::kER}},
    {Bit::kEM, {Bit::kEW, Bit::kER}},
    {Bit::kRW, {Bit::kRR}},
    {Bit::kRM, {Bit::kRW, Bit::kRR}},
    {Bit::kMW, {Bit::kMR}},
    {Bit::kMM, {Bit::kMW, Bit::kMR}},
    {Bit::kVW, {Bit::kVR}},
    {Bit::kVM, {Bit::kVW, Bit::kVR}},
    {Bit::kNW, {Bit::kNR}},
    {Bit::kNM, {Bit::kNW, Bit::kNR}},
    {Bit::kIW, {Bit::kIR}},
    {Bit::kIM, {Bit::kIW, Bit::kIR}},
}};

}  // namespace

std::string_view to_string(Bit bit) {
  return kWords.at(static_cast<std::size_t>(bit));
}

std::vector<std::string> Bits::words() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kBitCount; ++i) {
    if (has(static_cast<Bit>(i))) out.emplace_back(kWords.at(i));
  }
  return out;
}

Bits with_implied(Bits bits) {
  Bits out = bits;
  for (const auto& [bit, implied] : kImplied) {
    if (bits.has(bit)) out |= implied;
  }
  return out;
}

void GroupTree::add(GroupId id, GroupId parent, bool propagate) {
  nodes_[id] = Node{parent, propagate};
}

bool GroupTree::reaches(GroupId ancestor, GroupId group) const {
  auto node = nodes_.find(group);
  // At most as many steps as there are groups: a loop in the data must not hang a request.
  for (std::size_t steps = 0; node != nodes_.end() && steps <= nodes_.size(); ++steps) {
    const GroupId parent = node->second.parent;
    node = nodes_.find(parent);
    if (node == nodes_.end() || !node->second.propagate) return false;
    if (parent == ancestor) return true;
  }
  return false;
}

std::vector<GroupId> GroupTree::groups() const {
  std::vector<GroupId> out;
  out.reserve(nodes_.size());
  for (const auto& [id, node] : nodes_)
    out.push_back(id);
  return out;
}

bool covers(const Assignment& assignment, GroupId group, const GroupTree& tree) {
  if (assignment.group == GroupId{0} || assignment.group == group) return true;
  return !assignment.no_hierarchy && tree.reaches(assignment.group, group);
}

}  // namespace yagura::identity
