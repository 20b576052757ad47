#include "identity/login.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "crypto/digest.h"

namespace yagura::identity {
namespace {

// Why a login was refused: for the audit record only.
enum class Refusal { kNone, kUnknownUser, kWrongPassword, kBlocked, kDisabled, kNoAssignment };

std::string_view to_string(Refusal refusal) {
  constexpr std::array<std::string_view, 6> kWords = {
      "", "unknown-user", "wrong-password", "account-blocked", "account-disabled", "no-assignment"};
  return kWords.at(static_cast<std::size_t>(refusal));
}

struct Verdict {
  Refusal refusal = Refusal::kUnknownUser;
  std::optional<User> user;
};

audit::Record login_record(const LoginRequest& request, Micros now) {
  return audit::Record{.at = now,
                       .source = {.user = request.user,
                                  .realm = "local",
                                  .session = "",
                                  .address = request.address,
                                  .request_id = request.request_id},
                       .category = audit::Category::kLogin,
                       .action = "login.accepted",
                       .object_type = "user",
                       .object_id = "",
                       .object_name = request.user,
                       .changes = {}};
}

Result<bool> may_do_anything(db::Connection& db, const User& user) {
  if (user.superadmin) return true;
  YAGURA_TRY(rows,
             db.query("SELECT COUNT(*) FROM user_assignment WHERE user_id = ?", {user.id.value}));
  return rows.front().integer(0) > 0;
}

// The password is verified whatever is known about the name, so that the time tells nothing.
Result<Verdict> examine(db::Connection& db, const LoginServices& services,
                        const LoginRequest& request, Micros now) {
  Verdict verdict;
  if (is_user_name(request.user)) {
    auto found = find_user(db, request.user);
    if (!found && found.error().code != ErrorCode::kNotFound) return found.error();
    if (found) verdict.user = std::move(*found);
  }
  const std::string& hash = verdict.user ? verdict.user->password_hash : services.dummy_hash;
  const bool right = crypto::verify_password(hash, request.password);
  if (!verdict.user) return verdict;
  YAGURA_TRY(useful, may_do_anything(db, *verdict.user));
  if (verdict.user->blocked_until > now) {
    verdict.refusal = Refusal::kBlocked;
  } else if (!right) {
    verdict.refusal = Refusal::kWrongPassword;
  } else if (verdict.user->disabled) {
    verdict.refusal = Refusal::kDisabled;
  } else if (!useful) {
    verdict.refusal = Refusal::kNoAssignment;
  } else {
    verdict.refusal = Refusal::kNone;
  }
  return verdict;
}

// Counts a wrong password of a real account; true if this one blocked it.
Result<bool> count_account_failure(db::Connection& db, UserId user, const ThrottlePolicy& policy,
                                   Micros now) {
  const Micros start = now - policy.account_window;
  YAGURA_CHECK(db.execute(
      "UPDATE user_account SET"
      " failed_attempts = CASE WHEN first_failure > ? THEN failed_attempts + 1 ELSE 1 END,"
      " first_failure = CASE WHEN first_failure > ? THEN first_failure ELSE ? END WHERE id = ?",
      {start, start, now, user.value}));
  YAGURA_TRY(rows, db.query("SELECT failed_attempts FROM user_account WHERE id = ?", {user.value}));
  if (rows.empty() || rows.front().integer(0) < policy.account_failures) return false;
  YAGURA_CHECK(
      db.execute("UPDATE user_account SET failed_attempts = 0, first_failure = 0,"
                 " blocked_until = ? WHERE id = ?",
                 {now + policy.account_block, user.value}));
  return true;
}

// What every failed proof of a password leads to: counters and, for a block, a record of its own.
Result<SourceState> count_failure(db::Connection& db, const ThrottlePolicy& policy,
                                  const std::optional<UserId>& wrong_for, audit::Record record) {
  YAGURA_TRY(state, count_source_failure(db, source_of(record.source.address), policy, record.at));
  if (!wrong_for) return state;
  YAGURA_TRY(blocked, count_account_failure(db, *wrong_for, policy, record.at));
  if (blocked) {
    log::warning("account-blocked",
                 {{"user", record.object_name}, {"address", record.source.address}});
    record.action = "login.blocked";
    record.changes = {{"blocked_until", "", format_utc(record.at + policy.account_block)}};
    YAGURA_CHECK(audit::append(db, record));
  }
  return state;
}

Result<LoginResult> refuse(db::Connection& db, const LoginServices& services,
                           const LoginRequest& request, const Verdict& verdict, Micros now) {
  audit::Record record = login_record(request, now);
  record.action = "login.refused";
  record.success = false;
  record.changes = {{"reason", "", std::string(to_string(verdict.refusal))}};
  std::optional<UserId> wrong_for;
  if (verdict.refusal == Refusal::kWrongPassword) wrong_for = verdict.user->id;
  SourceState state;
  const Status done = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_CHECK(audit::append(tx, record));
    YAGURA_TRY(counted, count_failure(tx, services.throttle, wrong_for, record));
    state = counted;
    return {};
  });
  if (!done.ok()) return done.error();
  LoginResult result;
  result.delay = refusal_delay(state, services.throttle);
  return result;
}

Result<LoginResult> accept(db::Connection& db, const LoginServices& services,
                           const LoginRequest& request, const User& user, Micros now) {
  std::string renewed;
  if (crypto::needs_rehash(user.password_hash, services.cost)) {
    YAGURA_TRY(hash, crypto::hash_password(request.password, services.cost));
    renewed = std::move(hash);
  }
  const std::string& hash = renewed.empty() ? user.password_hash : renewed;
  LoginResult result;
  result.outcome = LoginResult::Outcome::kAccepted;
  const Status done = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_CHECK(purge_sessions(tx, services.sessions, now));
    YAGURA_CHECK(
        tx.execute("UPDATE user_account SET failed_attempts = 0, first_failure = 0,"
                   " blocked_until = 0, last_login = ?, password_hash = ? WHERE id = ?",
                   {now, hash, user.id.value}));
    YAGURA_TRY(opened,
               open_session(tx, user.id, request.address, services.sessions, services.random, now));
    audit::Record record = login_record(request, now);
    record.source.session = opened.session.public_id;
    record.object_id = std::to_string(user.id.value);
    YAGURA_CHECK(audit::append(tx, record));
    result.opened = std::move(opened);
    return {};
  });
  if (!done.ok()) return done.error();
  return result;
}

std::int64_t seconds_until(Micros end, Micros now) {
  return (end - now + kSecond - 1) / kSecond;
}

audit::Record password_record(const Actor& actor, Micros now) {
  return audit::Record{.at = now,
                       .source = actor.source(),
                       .category = audit::Category::kUser,
                       .action = "password.change",
                       .object_type = "user",
                       .object_id = std::to_string(actor.id().value),
                       .object_name = actor.source().user,
                       .changes = {}};
}

Result<PasswordChange> refuse_change(db::Connection& db, const LoginServices& services,
                                     const Actor& actor, std::string_view reason,
                                     PasswordChange change, Micros now) {
  audit::Record record = password_record(actor, now);
  record.success = false;
  record.changes = {{"reason", "", std::string(reason)}};
  const Status done = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_CHECK(audit::append(tx, record));
    if (change.outcome != PasswordChange::Outcome::kWrongPassword) return {};
    YAGURA_CHECK(count_failure(tx, services.throttle, actor.id(), record));
    return {};
  });
  if (!done.ok()) return done.error();
  return change;
}

Result<std::vector<std::string>> old_hashes(db::Connection& db, const User& user,
                                            const PasswordPolicy& policy) {
  YAGURA_TRY(rows, db.query("SELECT password_hash FROM password_history WHERE user_id = ?"
                            " ORDER BY changed_at DESC, id DESC LIMIT ?",
                            {user.id.value, policy.history}));
  std::vector<std::string> out = {user.password_hash};
  for (const db::Row& row : rows)
    out.push_back(row.text(0));
  return out;
}

Status remember_old(db::Connection& db, const User& user, const PasswordPolicy& policy,
                    Micros now) {
  YAGURA_CHECK(
      db.execute("INSERT INTO password_history (user_id, changed_at, password_hash)"
                 " VALUES (?, ?, ?)",
                 {user.id.value, now, user.password_hash}));
  YAGURA_TRY(rows, db.query("SELECT id FROM password_history WHERE user_id = ?"
                            " ORDER BY changed_at DESC, id DESC LIMIT 1000 OFFSET ?",
                            {user.id.value, policy.history}));
  for (const db::Row& row : rows) {
    YAGURA_CHECK(db.execute("DELETE FROM password_history WHERE id = ?", {row.integer(0)}));
  }
  return {};
}

Result<PasswordChange> store_change(db::Connection& db, const LoginServices& services,
                                    const Actor& actor, const User& user, const std::string& hash,
                                    Micros now) {
  PasswordChange change;
  const Status stored = db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_CHECK(remember_old(tx, user, services.passwords, now));
    YAGURA_TRY(done, tx.execute("UPDATE user_account SET password_hash = ?, failed_attempts = 0,"
                                " first_failure = 0, must_change_password = 0,"
                                " password_changed_at = ?, updated_at = ?"
                                " WHERE id = ? AND password_hash = ?",
                                {hash, now, now, user.id.value, user.password_hash}));
    if (done.affected == 0) {
      return Error{ErrorCode::kConflict, "the password was changed by somebody else meanwhile"};
    }
    YAGURA_CHECK(close_sessions_of(tx, user.id));
    YAGURA_TRY(opened, open_session(tx, user.id, actor.source().address, services.sessions,
                                    services.random, now));
    audit::Record record = password_record(actor, now);
    record.changes = {{"password", "(changed)", "(changed)"}};
    if (user.must_change_password) record.changes.push_back({"must_change_password", "1", "0"});
    YAGURA_CHECK(audit::append(tx, record));
    change.opened = std::move(opened);
    return {};
  });
  if (!stored.ok()) return stored.error();
  return change;
}

}  // namespace

Result<std::string> make_dummy_hash(const crypto::PasswordCost& cost, Random& random) {
  constexpr std::size_t kBytes = 32;
  return crypto::hash_password(crypto::Secret(random.hex(kBytes)), cost);
}

Result<LoginResult> login(db::Connection& db, const LoginServices& services, LoginRequest request) {
  const Micros begin = services.clock.steady();
  const Micros now = services.clock.now();
  YAGURA_TRY(state, source_state(db, source_of(request.address), services.throttle, now));
  if (state.blocked_until > now) {
    log::warning("login-source-blocked", {{"address", request.address}});
    LoginResult result;
    result.outcome = LoginResult::Outcome::kTooMany;
    result.retry_after_s = seconds_until(state.blocked_until, now);
    return result;
  }
  YAGURA_TRY(verdict, examine(db, services, request, now));
  if (verdict.refusal != Refusal::kNone) {
    YAGURA_TRY(refused, refuse(db, services, request, verdict, now));
    const Micros spent = services.clock.steady() - begin;
    refused.delay += std::max<Micros>(0, kRefusalTime - spent);
    return refused;
  }
  return accept(db, services, request, *verdict.user, now);
}

Status logout(db::Connection& db, const Actor& actor, const Session& session, Micros now) {
  return db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_CHECK(close_session(tx, session.public_id));
    return audit::append(tx, {.at = now,
                              .source = actor.source(),
                              .category = audit::Category::kLogin,
                              .action = "session.close",
                              .object_type = "user",
                              .object_id = std::to_string(actor.id().value),
                              .object_name = actor.source().user,
                              .changes = {}});
  });
}

Result<PasswordChange> change_password(db::Connection& db, const LoginServices& services,
                                       const Actor& actor, crypto::Secret current,
                                       crypto::Secret replacement) {
  using Outcome = PasswordChange::Outcome;
  const Micros now = services.clock.now();
  PasswordChange change;
  YAGURA_TRY(state, source_state(db, source_of(actor.source().address), services.throttle, now));
  if (state.blocked_until > now) {
    change.outcome = Outcome::kTooMany;
    change.retry_after_s = seconds_until(state.blocked_until, now);
    return change;
  }
  YAGURA_TRY(user, load_user(db, actor.id()));
  if (!crypto::verify_password(user.password_hash, current) || user.blocked_until > now) {
    change.outcome = Outcome::kWrongPassword;
    return refuse_change(db, services, actor, "wrong-password", std::move(change), now);
  }
  change.outcome = Outcome::kPolicy;
  change.violation = check_password(replacement, user.name, user.full_name, services.passwords);
  if (!change.violation) {
    YAGURA_TRY(hashes, old_hashes(db, user, services.passwords));
    if (was_used_before(replacement, hashes)) {
      change.violation = PolicyViolation{PolicyViolation::Rule::kSame, 0};
    }
  }
  if (change.violation) {
    return refuse_change(db, services, actor, "policy", std::move(change), now);
  }
  YAGURA_TRY(hash, crypto::hash_password(replacement, services.cost));
  return store_change(db, services, actor, user, hash, now);
}

}  // namespace yagura::identity
