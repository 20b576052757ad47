#include "db/grants.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

#include "db/migrations.h"
#include "db/sql_text.h"

namespace yagura::db {
namespace {

using Names = std::span<const std::string_view>;

/// Accounts of people, with their password hashes and sessions.
constexpr auto kIdentity =
    std::to_array<std::string_view>({"login_source", "password_history", "profile", "user_account",
                                     "user_assignment", "user_session"});

/// What people may change through the console.
constexpr auto kGoverned = std::to_array<std::string_view>(
    {"agent", "agent_address", "agent_group", "agent_secondary_group", "agent_state",
     "custom_field", "custom_field_value", "event", "event_comment", "module", "module_tag",
     "pending_document", "quarantine", "setting", "tag"});

constexpr std::string_view kAudit = "audit_pending";
constexpr auto kBookkeeping = std::to_array<std::string_view>({"schema_version", "schema_lock"});
constexpr auto kProcedures =
    std::to_array<std::string_view>({"report_add_day", "report_drop_days"});

bool in(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Rights on one table; empty = none.
std::string_view rights(Role role, std::string_view table) {
  constexpr std::string_view kAll = "SELECT, INSERT, UPDATE, DELETE";
  if (in(kBookkeeping, table)) return table == "schema_version" ? "SELECT" : "";
  if (role == Role::kServer) return in(kIdentity, table) || table == kAudit ? "" : kAll;
  if (table == kAudit) return "INSERT";
  return in(kIdentity, table) || in(kGoverned, table) ? kAll : "SELECT";
}

bool fits(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           more.find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<Account> parse_account(std::string_view text) {
  const std::size_t at = text.find('@');
  Account account{std::string(text.substr(0, at)),
                  at == std::string_view::npos ? "localhost" : std::string(text.substr(at + 1))};
  if (fits(account.user, "_-.") && fits(account.host, "_-.%:/")) return account;
  return Error{ErrorCode::kInvalid,
               "account \"" + std::string(text) + "\": write it as name@host without quotes"};
}

Result<std::vector<std::string>> grant_statements(Role role, const Account& account,
                                                  std::string_view database,
                                                  const std::vector<std::string>& tables) {
  if (!fits(database, "_")) {
    return Error{ErrorCode::kInvalid, "database name \"" + std::string(database) + "\""};
  }
  const std::string to = " TO '" + account.user + "'@'" + account.host + "';";
  const std::string quoted = "`" + std::string(database) + "`.`";
  std::vector<std::string> out;
  if (role == Role::kOwner) {
    // '_' is a wildcard where rights on a whole database are given.
    std::string pattern;
    for (const char c : database)
      pattern += c == '_' ? std::string("\\_") : std::string(1, c);
    out.push_back("GRANT ALL PRIVILEGES ON `" + pattern + "`.*" + to);
    return out;
  }
  const auto grant = [&](std::string_view what, std::string_view name) {
    std::string statement = "GRANT ";
    statement.append(what).append(" ON ").append(quoted).append(name).append("`").append(to);
    out.push_back(std::move(statement));
  };
  for (const std::string& table : tables) {
    const std::string_view what = rights(role, table);
    if (!what.empty()) grant(what, table);
  }
  if (role != Role::kServer) return out;
  for (const std::string_view procedure : kProcedures) {
    std::string statement = "GRANT EXECUTE ON PROCEDURE ";
    statement.append(quoted).append(procedure).append("`").append(to);
    out.push_back(std::move(statement));
  }
  return out;
}

Result<std::vector<std::string>> schema_tables() {
  constexpr std::string_view kCreate = "CREATE TABLE ";
  constexpr std::string_view kDrop = "DROP TABLE ";
  std::vector<std::string> tables(kBookkeeping.begin(), kBookkeeping.end());
  for (const Migration& m : embedded_migrations()) {
    YAGURA_TRY(statements, statements_of(m.text, Flavor::kMariaDb));
    for (const std::string_view statement : statements) {
      if (statement.starts_with(kCreate)) {
        const std::string_view rest = statement.substr(kCreate.size());
        tables.emplace_back(rest.substr(0, rest.find_first_of(" (")));
      } else if (statement.starts_with(kDrop)) {
        std::erase(tables, std::string(statement.substr(kDrop.size())));
      }
    }
  }
  return tables;
}

}  // namespace yagura::db
