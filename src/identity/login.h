// Signing in with name and password, and changing the password. Source: spec console-security §6.1,
// §9, §10.
//
// A refusal never tells why: one outcome, one cost (an unknown or blocked name is verified against
// a dummy hash), whatever the reason. The reason stands in the audit record alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "db/connection.h"
#include "identity/password_policy.h"
#include "identity/session.h"
#include "identity/throttle.h"
#include "identity/user.h"

namespace yagura::identity {

/// What all sign-in functions need; lives as long as the program.
struct LoginServices {
  SessionPolicy sessions;
  PasswordPolicy passwords;
  ThrottlePolicy throttle;
  crypto::PasswordCost cost;
  /// What the password of an unknown name is verified against; from make_dummy_hash().
  std::string dummy_hash;
  const Clock& clock;
  Random& random;
};

/// A hash of a random password with the same cost as real ones.
Result<std::string> make_dummy_hash(const crypto::PasswordCost& cost, Random& random);

struct LoginRequest {
  std::string user;
  crypto::Secret password;
  std::string address;
  std::string request_id;
};

struct LoginResult {
  enum class Outcome { kAccepted, kRefused, kTooMany } outcome = Outcome::kRefused;
  std::optional<OpenedSession> opened;  ///< kAccepted
  std::int64_t retry_after_s = 0;       ///< kTooMany
  Micros delay = 0;                     ///< kRefused: answer this much later
};

/// A refusal leaves this long after the request began, or later: what was looked up and written for
/// it, which differs between known and unknown names, does not show in the time. Above the cost of
/// a password hash and its records.
constexpr Micros kRefusalTime = 400'000;

/// Blocking for about the cost of one password hash. Every outcome is audited.
Result<LoginResult> login(db::Connection& db, const LoginServices& services, LoginRequest request);

/// Ends the session. Audited.
Status logout(db::Connection& db, const Actor& actor, const Session& session, Micros now);

struct PasswordChange {
  enum class Outcome { kChanged, kWrongPassword, kPolicy, kTooMany } outcome = Outcome::kChanged;
  std::optional<PolicyViolation> violation;  ///< kPolicy
  std::optional<OpenedSession> opened;       ///< kChanged: the session that replaces all others
  std::int64_t retry_after_s = 0;            ///< kTooMany
};

/// Verifies `current`, applies the policy, ends every session of the user and opens a new one. A
/// wrong current password counts like a refused login. Audited.
Result<PasswordChange> change_password(db::Connection& db, const LoginServices& services,
                                       const Actor& actor, crypto::Secret current,
                                       crypto::Secret replacement);

}  // namespace yagura::identity
