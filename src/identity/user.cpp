#include "identity/user.h"

#include <algorithm>
#include <utility>

#include "text/utf8.h"

namespace yagura::identity {
namespace {

constexpr std::string_view kByName =
    "SELECT id, name, full_name, superadmin, disabled, must_change_password, password_hash,"
    " failed_attempts, first_failure, blocked_until, password_changed_at"
    " FROM user_account WHERE name = ?";
constexpr std::string_view kById =
    "SELECT id, name, full_name, superadmin, disabled, must_change_password, password_hash,"
    " failed_attempts, first_failure, blocked_until, password_changed_at"
    " FROM user_account WHERE id = ?";

Result<User> first(Result<db::Rows> rows) {
  if (!rows) return rows.error();
  if (rows->empty()) return Error{ErrorCode::kNotFound, "no such user"};
  const db::Row& row = rows->front();
  return User{.id = UserId{row.integer(0)},
              .name = row.text(1),
              .full_name = row.text(2),
              .superadmin = row.integer(3) != 0,
              .disabled = row.integer(4) != 0,
              .must_change_password = row.integer(5) != 0,
              .password_hash = row.text(6),
              .failed_attempts = row.integer(7),
              .first_failure = row.integer(8),
              .blocked_until = row.integer(9),
              .password_changed_at = row.integer(10)};
}

Result<std::shared_ptr<const GroupTree>> load_tree(db::Connection& db) {
  YAGURA_TRY(rows, db.query("SELECT id, parent_id, propagate FROM agent_group"));
  auto tree = std::make_shared<GroupTree>();
  for (const db::Row& row : rows) {
    tree->add(GroupId{row.integer(0)}, GroupId{row.integer(1)}, row.integer(2) != 0);
  }
  return std::shared_ptr<const GroupTree>(std::move(tree));
}

Result<std::vector<Assignment>> load_assignments(db::Connection& db, UserId user) {
  YAGURA_TRY(rows, db.query("SELECT p.bits, a.group_id, a.no_hierarchy FROM user_assignment a"
                            " JOIN profile p ON p.id = a.profile_id WHERE a.user_id = ?",
                            {user.value}));
  std::vector<Assignment> out;
  for (const db::Row& row : rows) {
    const Bits bits = Bits::from_mask(static_cast<std::uint64_t>(row.integer(0)));
    out.push_back({.bits = with_implied(bits),
                   .group = GroupId{row.integer(1)},
                   .no_hierarchy = row.integer(2) != 0});
  }
  return out;
}

void note_change(audit::Record& record, std::string_view field, std::string_view before,
                 std::string_view after) {
  if (before == after) return;
  record.changes.push_back({std::string(field), std::string(before), std::string(after)});
}

}  // namespace

Result<User> find_user(db::Connection& db, std::string_view name) {
  return first(db.query(kByName, {name}));
}

Result<User> load_user(db::Connection& db, UserId id) {
  return first(db.query(kById, {id.value}));
}

Result<Actor> load_actor(db::Connection& db, const User& user, audit::Source source) {
  if (user.disabled) return Error{ErrorCode::kDenied, "the account is disabled"};
  if (user.superadmin) return Actor::superadmin(std::move(source), user.id);
  YAGURA_TRY(assignments, load_assignments(db, user.id));
  YAGURA_TRY(tree, load_tree(db));
  return Actor::with(std::move(source), user.id, std::move(assignments), std::move(tree));
}

Result<Preferences> load_preferences(db::Connection& db, UserId user) {
  YAGURA_TRY(rows, db.query("SELECT language, theme, density FROM user_account WHERE id = ?",
                            {user.value}));
  if (rows.empty()) return Error{ErrorCode::kNotFound, "no such user"};
  const db::Row& row = rows.front();
  Preferences out{.language = std::nullopt, .theme = row.text(1), .density = row.text(2)};
  if (!row.text(0).empty()) out.language = row.text(0);
  return out;
}

Status save_preferences(db::Connection& db, const Actor& actor, const Preferences& preferences,
                        Micros now) {
  return db::transaction(db, [&](db::Connection& tx) -> Status {
    YAGURA_TRY(before, load_preferences(tx, actor.id()));
    const std::string language = preferences.language.value_or("");
    audit::Record record{.at = now,
                         .source = actor.source(),
                         .category = audit::Category::kUser,
                         .action = "preferences.update",
                         .object_type = "user",
                         .object_id = std::to_string(actor.id().value),
                         .object_name = actor.source().user,
                         .changes = {}};
    note_change(record, "language", before.language.value_or(""), language);
    note_change(record, "theme", before.theme, preferences.theme);
    note_change(record, "density", before.density, preferences.density);
    if (record.changes.empty()) return {};
    YAGURA_CHECK(
        tx.execute("UPDATE user_account SET language = ?, theme = ?, density = ?,"
                   " updated_at = ? WHERE id = ?",
                   {language, preferences.theme, preferences.density, now, actor.id().value}));
    return audit::append(tx, record);
  });
}

bool is_user_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxUserName || !text::is_valid_utf8(name)) return false;
  constexpr std::string_view kMarks = "._@+-";
  return std::ranges::all_of(name, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

}  // namespace yagura::identity
