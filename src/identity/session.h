// Sessions: an opaque 256-bit token in the browser's cookie, only its SHA-256 in the database.
// Source: spec console-security §12.
//
// A session ends when nobody acts for `idle`, at its absolute age, when its user signs out, changes
// the password, is disabled, opens more sessions than allowed, or comes from another network.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "db/connection.h"

namespace yagura::identity {

/// How closely a session is tied to the address that opened it.
enum class SessionBind { kOff, kSubnet, kExact };

struct SessionPolicy {
  Micros idle = 30 * kMinute;
  Micros absolute = 12 * kHour;
  std::int64_t per_user = 5;                ///< the oldest ends when there are more
  SessionBind bind = SessionBind::kSubnet;  ///< kSubnet: IPv4 /24, IPv6 /64
};

/// Whether a request shows that somebody sits there. Pages that refresh themselves do not.
enum class Activity { kUser, kBackground };

struct Session {
  std::string public_id;  ///< names the session in logs and audit records; useless as a credential
  UserId user;
  Micros created_at = 0;
  Micros expires_at = 0;  ///< the earlier of the idle and the absolute end, as of now
};

struct OpenedSession {
  crypto::Secret token;  ///< for the cookie; nowhere else
  Session session;
};

/// Stores a new session and ends the user's oldest ones beyond the limit, inside the caller's
/// transaction.
Result<OpenedSession> open_session(db::Connection& db, UserId user, std::string_view address,
                                   const SessionPolicy& policy, Random& random, Micros now);

/// The live session of a token. kNotFound for every reason why there is none. Activity moves the
/// idle end, written at most every kTouchInterval.
Result<Session> find_session(db::Connection& db, std::string_view token, std::string_view address,
                             Activity activity, const SessionPolicy& policy, Micros now);
constexpr Micros kTouchInterval = 20 * kSecond;

Status close_session(db::Connection& db, std::string_view public_id);
/// Ends every session of a user (password change, account disabled).
Status close_sessions_of(db::Connection& db, UserId user);
/// Removes rows that are over anyway; called now and then.
Status purge_sessions(db::Connection& db, const SessionPolicy& policy, Micros now);

/// The anti-forgery token of a session: derived from its token with a keyed digest, so that nothing
/// has to be stored and it changes with every new session.
std::string csrf_token(std::string_view token);

/// The part of an address that a session is bound to: /24, /64, the whole address or "".
std::string bound_network(std::string_view address, SessionBind bind);

}  // namespace yagura::identity
