#include "monitor/reference.h"

#include "base/random.h"
#include "crypto/digest.h"
#include "crypto/password.h"
#include "text/numbers.h"

namespace yagura::monitor {
namespace {

constexpr crypto::PasswordCost kGroupCost{.operations = 2, .memory_bytes = 19UL * 1024 * 1024};

template <typename Names>
std::int64_t find_name(const Names& names, std::string_view name) {
  const auto at = names.find(name);
  return at == names.end() ? 0 : at->second;
}

}  // namespace

Result<std::shared_ptr<const Reference>> Reference::load(db::Connection& db) {
  auto out = std::make_shared<Reference>();
  YAGURA_TRY(groups, db.query("SELECT id, name, password_hash, previous_password_hash, "
                              "password_grace_until, max_agents, default_mode FROM agent_group",
                              {}));
  for (const db::Row& row : groups) {
    Group group{GroupId{row.integer(0)}, row.text(1),    row.text(2), row.text(3),
                row.integer(4),          row.integer(5), std::nullopt};
    if (row.integer(6) >= 0) group.default_mode = static_cast<AgentMode>(row.integer(6));
    out->group_ids_.emplace(group.name, group.id.value);
    out->groups_.emplace(group.id.value, std::move(group));
  }
  YAGURA_TRY(tags, db.query("SELECT id, name FROM tag", {}));
  for (const db::Row& row : tags) {
    out->tags_.emplace(row.text(1), row.integer(0));
    out->tag_names_.push_back(row.text(1));
  }
  YAGURA_TRY(module_groups, db.query("SELECT id, name FROM module_group", {}));
  for (const db::Row& row : module_groups) {
    std::string folded;
    for (const char c : row.text(1))
      folded += text::to_lower(c);
    out->module_groups_.emplace(std::move(folded), row.integer(0));
    out->module_group_names_.push_back(row.text(1));
  }
  YAGURA_TRY(fields, db.query("SELECT id, name FROM custom_field", {}));
  for (const db::Row& row : fields) {
    out->fields_.emplace(row.text(1), row.integer(0));
    out->field_names_.push_back(row.text(1));
  }
  return std::shared_ptr<const Reference>(std::move(out));
}

Result<std::int64_t> Reference::stamp(db::Connection& db) {
  // A sum, so that any single change shows; the remainder keeps it within 64 bits.
  YAGURA_TRY(rows, db.query("SELECT COALESCE(SUM(updated_at % 4294967291), 0) + COUNT(*) "
                            "FROM agent_group",
                            {}));
  return rows.front().integer(0);
}

const Group* Reference::group(std::string_view name) const {
  const std::int64_t id = find_name(group_ids_, name);
  return id == 0 ? nullptr : group(GroupId{id});
}

const Group* Reference::group(GroupId id) const {
  const auto at = groups_.find(id.value);
  return at == groups_.end() ? nullptr : &at->second;
}

std::int64_t Reference::tag(std::string_view name) const {
  return find_name(tags_, name);
}

std::int64_t Reference::module_group(std::string_view name) const {
  std::string folded;
  for (const char c : name)
    folded += text::to_lower(c);
  return find_name(module_groups_, folded);
}

std::int64_t Reference::custom_field(std::string_view name) const {
  return find_name(fields_, name);
}

GroupPasswords::GroupPasswords() {
  SystemRandom random;
  key_ = random.hex(32);
}

bool GroupPasswords::peer_may_try(std::string_view peer, Micros now) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return true;
  if (now - at->second.since > kPeerWindow || now < at->second.since) {
    peers_.erase(at);
    return true;
  }
  return at->second.wrong < kWrongPerPeer;
}

bool GroupPasswords::matches(const Group& group, const std::string& hash, const std::string& sent,
                             std::string_view peer, Micros now) {
  if (hash.empty()) return false;
  std::string subject = std::to_string(group.id.value) + '\0' + hash + '\0' + sent;
  const crypto::Sha256Digest digest = crypto::hmac_sha256(key_, subject);
  crypto::wipe(subject);
  std::string mark(digest.begin(), digest.end());
  if (right_.contains(mark)) return true;
  if (wrong_.contains(mark) || !peer_may_try(peer, now)) return false;
  const bool right = crypto::verify_password(hash, crypto::Secret(std::string(sent)));
  if (!right) {
    if (peers_.size() > kMaxRemembered) peers_.clear();
    Tries& tries = peers_[std::string(peer)];
    if (tries.wrong++ == 0) tries.since = now;
  }
  std::set<std::string>& memory = right ? right_ : wrong_;
  if (memory.size() >= kMaxRemembered) memory.clear();
  memory.insert(std::move(mark));
  return right;
}

bool GroupPasswords::verify(const Group& group, const std::string& sent, std::string_view peer,
                            Micros now) {
  if (matches(group, group.password_hash, sent, peer, now)) return true;
  return now < group.grace_until && matches(group, group.previous_password_hash, sent, peer, now);
}

Status set_group_password(db::Connection& db, GroupId group, const crypto::Secret& password,
                          Micros grace, Micros now) {
  std::string hash;
  if (!password.empty()) {
    YAGURA_TRY(made, crypto::hash_password(password, kGroupCost));
    hash = std::move(made);
  }
  // Right sides see the old row on SQLite, but MariaDB assigns from left to right: previous first.
  YAGURA_TRY(done, db.execute("UPDATE agent_group SET previous_password_hash=password_hash, "
                              "password_grace_until=?, updated_at=CASE WHEN updated_at >= ? THEN "
                              "updated_at + 1 ELSE ? END, password_hash=? WHERE id=?",
                              {hash.empty() ? std::int64_t{0} : now + grace, now, now,
                               std::string_view(hash), group.value}));
  if (done.affected != 1) return Error{ErrorCode::kNotFound, "no such group"};
  return {};
}

}  // namespace yagura::monitor
