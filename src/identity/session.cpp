#include "identity/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "crypto/digest.h"
#include "text/base64.h"
#include "text/cidr.h"

namespace yagura::identity {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenText = 43;  // base64url of 32 bytes
constexpr std::size_t kPublicIdBytes = 8;

std::string as_text(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

Micros end_of(Micros created_at, Micros last_activity, const SessionPolicy& policy) {
  return std::min(last_activity + policy.idle, created_at + policy.absolute);
}

Status end_oldest(db::Connection& db, UserId user, std::int64_t keep) {
  YAGURA_TRY(rows, db.query("SELECT public_id FROM user_session WHERE user_id = ?"
                            " ORDER BY created_at DESC, public_id DESC LIMIT 1000 OFFSET ?",
                            {user.value, keep}));
  for (const db::Row& row : rows)
    YAGURA_CHECK(close_session(db, row.text(0)));
  return {};
}

}  // namespace

Result<OpenedSession> open_session(db::Connection& db, UserId user, std::string_view address,
                                   const SessionPolicy& policy, Random& random, Micros now) {
  std::array<std::uint8_t, kTokenBytes> bytes{};
  random.fill(bytes);
  OpenedSession opened{
      .token = crypto::Secret(text::base64url_encode(as_text(bytes))),
      .session = {.public_id = random.hex(kPublicIdBytes),
                  .user = user,
                  .created_at = now,
                  .expires_at = end_of(now, now, policy)},
  };
  const std::string hash = crypto::sha256_hex(opened.token.reveal());
  const std::string network = bound_network(address, policy.bind);
  YAGURA_CHECK(
      db.execute("INSERT INTO user_session (token_hash, public_id, user_id, network,"
                 " created_at, last_activity) VALUES (?, ?, ?, ?, ?, ?)",
                 {hash, opened.session.public_id, user.value, network, now, now}));
  YAGURA_CHECK(end_oldest(db, user, policy.per_user));
  return opened;
}

Result<Session> find_session(db::Connection& db, std::string_view token, std::string_view address,
                             Activity activity, const SessionPolicy& policy, Micros now) {
  const Error none{ErrorCode::kNotFound, "no such session"};
  if (token.size() != kTokenText) return none;
  const std::string hash = crypto::sha256_hex(token);
  YAGURA_TRY(rows, db.query("SELECT public_id, user_id, network, created_at, last_activity"
                            " FROM user_session WHERE token_hash = ?",
                            {hash}));
  if (rows.empty()) return none;
  const db::Row& row = rows.front();
  const Micros created_at = row.integer(3);
  Micros last_activity = row.integer(4);
  if (now >= end_of(created_at, last_activity, policy)) return none;
  if (row.text(2) != bound_network(address, policy.bind)) {
    log::warning("session-network-changed", {{"session", row.text(0)}, {"address", address}});
    return none;
  }
  if (activity == Activity::kUser) {
    if (now - last_activity >= kTouchInterval) {
      const auto touched =
          db.execute("UPDATE user_session SET last_activity = ? WHERE token_hash = ?", {now, hash});
      // A busy database must not turn a read into a failure; the next request touches again.
      if (!touched) log::warning("session-touch-failed", {{"error", touched.error()}});
    }
    last_activity = now;
  }
  return Session{.public_id = row.text(0),
                 .user = UserId{row.integer(1)},
                 .created_at = created_at,
                 .expires_at = end_of(created_at, last_activity, policy)};
}

Status close_session(db::Connection& db, std::string_view public_id) {
  YAGURA_CHECK(db.execute("DELETE FROM user_session WHERE public_id = ?", {public_id}));
  return {};
}

Status close_sessions_of(db::Connection& db, UserId user) {
  YAGURA_CHECK(db.execute("DELETE FROM user_session WHERE user_id = ?", {user.value}));
  return {};
}

Status purge_sessions(db::Connection& db, const SessionPolicy& policy, Micros now) {
  YAGURA_CHECK(db.execute("DELETE FROM user_session WHERE last_activity <= ? OR created_at <= ?",
                          {now - policy.idle, now - policy.absolute}));
  return {};
}

std::string csrf_token(std::string_view token) {
  const auto digest = crypto::hmac_sha256(token, "yagura csrf 1");
  return crypto::hex(as_text(digest));
}

std::string bound_network(std::string_view address, SessionBind bind) {
  if (bind == SessionBind::kOff) return {};
  const auto parsed = text::IpAddress::parse(address);
  if (!parsed) return std::string(address);
  if (bind == SessionBind::kExact) return parsed->to_string();
  const bool v4 = parsed->family() == text::IpFamily::kV4;
  const std::size_t kept = v4 ? 3 : 8;
  const std::size_t size = v4 ? 4 : 16;
  std::string bytes = as_text(std::span(parsed->bytes()).first(size));
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), '\0');
  return text::IpAddress::from_bytes(bytes)->to_string() + (v4 ? "/24" : "/64");
}

}  // namespace yagura::identity
