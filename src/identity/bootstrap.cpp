#include "identity/bootstrap.h"

#include "audit/record.h"
#include "identity/session.h"
#include "identity/user.h"

namespace yagura::identity {
namespace {

// No character that looks like another one when read from a terminal or paper.
constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstuvwxyz23456789";
constexpr std::size_t kGroups = 4;
constexpr std::size_t kGroupLength = 5;

crypto::Secret one_time_password(Random& random) {
  std::string out;
  for (std::size_t i = 0; i < kGroups * kGroupLength; ++i) {
    if (i > 0 && i % kGroupLength == 0) out += '-';
    out += kAlphabet[random.below(kAlphabet.size())];
  }
  return crypto::Secret(std::move(out));
}

}  // namespace

Result<bool> has_administrator(db::Connection& db) {
  YAGURA_TRY(rows, db.query("SELECT COUNT(*) FROM user_account WHERE superadmin = 1"));
  return rows.front().integer(0) > 0;
}

Result<FirstAdministrator> bootstrap_administrator(db::Connection& db, const std::string& name,
                                                   const crypto::PasswordCost& cost, Random& random,
                                                   Micros now) {
  if (!is_user_name(name)) return Error{ErrorCode::kInvalid, "not a user name: " + name};
  FirstAdministrator first{.name = name, .password = one_time_password(random)};
  YAGURA_TRY(hash, crypto::hash_password(first.password, cost));
  const Status stored = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_TRY(exists, has_administrator(tx));
    if (exists) return Error{ErrorCode::kConflict, "there is an administrator already"};
    YAGURA_TRY(inserted,
               tx.execute("INSERT INTO user_account (name, full_name, superadmin, password_hash,"
                          " must_change_password, created_at, updated_at)"
                          " VALUES (?, 'Administrator', 1, ?, 1, ?, ?)",
                          {name, hash, now, now}));
    return audit::append(tx,
                         {.at = now,
                          .source = {.user = "SYSTEM",
                                     .realm = "local",
                                     .session = "",
                                     .address = "local",
                                     .request_id = ""},
                          .category = audit::Category::kUser,
                          .action = "user.create",
                          .object_type = "user",
                          .object_id = std::to_string(inserted.last_id),
                          .object_name = name,
                          .changes = {{"superadmin", "", "1"}, {"must_change_password", "", "1"}}});
  });
  if (!stored.ok()) return stored.error();
  return first;
}

Result<crypto::Secret> reset_password(db::Connection& db, const std::string& name,
                                      const crypto::PasswordCost& cost, Random& random,
                                      Micros now) {
  crypto::Secret password = one_time_password(random);
  YAGURA_TRY(hash, crypto::hash_password(password, cost));
  const Status done = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_TRY(user, find_user(tx, name));
    YAGURA_CHECK(
        tx.execute("UPDATE user_account SET password_hash = ?, must_change_password = 1,"
                   " failed_attempts = 0, first_failure = 0, blocked_until = 0,"
                   " updated_at = ? WHERE id = ?",
                   {hash, now, user.id.value}));
    YAGURA_CHECK(close_sessions_of(tx, user.id));
    return audit::append(tx, {.at = now,
                              .source = {.user = "SYSTEM",
                                         .realm = "local",
                                         .session = "",
                                         .address = "local",
                                         .request_id = ""},
                              .category = audit::Category::kUser,
                              .action = "user.reset_password",
                              .object_type = "user",
                              .object_id = std::to_string(user.id.value),
                              .object_name = name,
                              .changes = {{"password", "(secret)", "(changed)"},
                                          {"must_change_password", "", "1"}}});
  });
  if (!done.ok()) return done.error();
  return password;
}

}  // namespace yagura::identity
