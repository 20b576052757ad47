// What documents are measured against and changes rarely: groups with their passwords, catalogues
// of tags, module groups and custom fields. A snapshot, read anew when somebody changed it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "crypto/secret.h"
#include "db/connection.h"
#include "monitor/agent_rules.h"
#include "monitor/module_config.h"

namespace yagura::monitor {

struct Group {
  GroupId id;
  std::string name;
  std::string password_hash;           ///< empty = no password
  std::string previous_password_hash;  ///< valid until grace_until (SRV-11)
  Micros grace_until = 0;
  std::int64_t max_agents = 0;  ///< 0 = unlimited
  std::optional<AgentMode> default_mode;
};

/// Immutable after loading; share it as shared_ptr<const Reference>.
class Reference {
 public:
  static Result<std::shared_ptr<const Reference>> load(db::Connection& db);
  /// A number that changes whenever groups change: a cheap question for every second.
  static Result<std::int64_t> stamp(db::Connection& db);

  [[nodiscard]] const Group* group(std::string_view name) const;
  [[nodiscard]] const Group* group(GroupId id) const;
  /// Views into this object.
  [[nodiscard]] Catalogue catalogue() const { return {tag_names_, module_group_names_}; }
  /// 0 = no such name.
  [[nodiscard]] std::int64_t tag(std::string_view name) const;
  [[nodiscard]] std::int64_t module_group(std::string_view name) const;
  [[nodiscard]] std::int64_t custom_field(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& custom_fields() const { return field_names_; }

 private:
  using Names = std::map<std::string, std::int64_t, std::less<>>;
  std::map<std::int64_t, Group> groups_;
  Names group_ids_;
  Names tags_;
  Names module_groups_;
  Names fields_;
  std::vector<std::string> tag_names_;
  std::vector<std::string> module_group_names_;
  std::vector<std::string> field_names_;
};

/// Group passwords as documents send them (server §3.3). Argon2 takes tens of milliseconds on
/// purpose, so what was found right or wrong is remembered, as keyed digests under a key that only
/// this process ever had; and a peer that keeps sending wrong ones is refused without computing.
/// Not thread-safe.
class GroupPasswords {
 public:
  /// Wrong passwords computed for one peer within kPeerWindow; further ones count as wrong unseen.
  static constexpr std::size_t kWrongPerPeer = 5;
  static constexpr Micros kPeerWindow = 60 * kSecond;
  /// Remembered answers; beyond it the memory starts anew.
  static constexpr std::size_t kMaxRemembered = 10'000;

  GroupPasswords();
  /// True if `sent` is the group's password, or the previous one within its grace.
  bool verify(const Group& group, const std::string& sent, std::string_view peer, Micros now);

 private:
  bool matches(const Group& group, const std::string& hash, const std::string& sent,
               std::string_view peer, Micros now);
  bool peer_may_try(std::string_view peer, Micros now);

  struct Tries {
    Micros since = 0;
    std::size_t wrong = 0;
  };
  std::string key_;
  std::set<std::string> right_;
  std::set<std::string> wrong_;
  std::map<std::string, Tries, std::less<>> peers_;
};

/// Sets (or with an empty one removes) a group's password. The old one stays valid for `grace`.
/// The cost is lower than for people: these are long random texts of machines.
Status set_group_password(db::Connection& db, GroupId group, const crypto::Secret& password,
                          Micros grace, Micros now);

}  // namespace yagura::monitor
