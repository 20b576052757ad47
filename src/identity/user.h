// User accounts: what the console must know of them to sign somebody in and decide what he may do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "db/connection.h"
#include "identity/actor.h"

namespace yagura::identity {

constexpr std::size_t kMaxUserName = 255;

struct User {
  UserId id;
  std::string name;  ///< login name, compared exactly
  std::string full_name;
  bool superadmin = false;
  bool disabled = false;
  bool must_change_password = false;
  std::string password_hash;
  std::int64_t failed_attempts = 0;
  Micros first_failure = 0;
  Micros blocked_until = 0;
  Micros password_changed_at = 0;
};

/// What a user chose for the web interface. Empty = the product decides.
struct Preferences {
  std::optional<std::string> language;
  std::string theme;
  std::string density;
};

/// kNotFound if there is none.
Result<User> find_user(db::Connection& db, std::string_view name);
Result<User> load_user(db::Connection& db, UserId id);

/// The user's rights at this moment, with the group tree. A disabled user has none: kDenied.
Result<Actor> load_actor(db::Connection& db, const User& user, audit::Source source);

Result<Preferences> load_preferences(db::Connection& db, UserId user);
/// Audited.
Status save_preferences(db::Connection& db, const Actor& actor, const Preferences& preferences,
                        Micros now);

/// 1 to kMaxUserName bytes of [A-Za-z0-9._@+-] and non-ASCII letters (spec §1.1).
bool is_user_name(std::string_view name);

}  // namespace yagura::identity
