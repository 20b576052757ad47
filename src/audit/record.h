// Audit records: written in the same transaction as the change they tell of (GEN-09, GEN-10).
//
// The console may insert into audit_pending and nothing else; the sealer alone numbers, chains and
// seals. So a record is written by handing it to the connection that runs the change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "db/connection.h"

namespace yagura::audit {

/// Who acts and from where. Service functions take it and enforce the rules themselves.
struct Source {
  std::string user;        ///< login name; "SYSTEM" for the product itself
  std::string realm;       ///< "local", "ldap", ...
  std::string session;     ///< public id of session or token, never its secret
  std::string address;     ///< peer address, "local" for the command line
  std::string request_id;  ///< the request's id, as in logs and error pages
};

/// What kind of act. Every mutating route names one; stable words, part of the export format.
enum class Category {
  kLogin,
  kUser,
  kAgent,
  kModule,
  kGroup,
  kEvent,
  kQuarantine,
  kSettings,
  kSystem,
};
std::string_view to_string(Category category);

struct FieldChange {
  std::string field;
  std::string before;
  std::string after;
};

struct Record {
  Micros at = 0;
  Source source;
  Category category = Category::kSystem;
  std::string action;       ///< stable word: "agent.update", "login.refused"
  std::string object_type;  ///< "agent"
  std::string object_id;
  std::string object_name;
  bool success = true;
  /// Changed fields; on delete the whole old record with empty `after`. Secrets are masked by the
  /// caller: "(changed)".
  std::vector<FieldChange> changes;
};

/// Inserts into audit_pending on the caller's connection, inside the caller's transaction.
Status append(db::Connection& db, const Record& record);

}  // namespace yagura::audit
