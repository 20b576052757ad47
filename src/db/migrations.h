// The schema's way forward: numbered files sql/NNNN_name.sql, compiled into the program, applied in
// order, each exactly once (DB-01). There is no way back: a restore is the way back.
//
//   SQLite: a migration is one transaction.
//   MariaDB: DDL commits by itself, so each statement's end is recorded; a migration that crashed
//   goes on where it stopped. A statement that may or may not have run is run again, and "exists
//   already" or "is gone already" then means that it had.
//
// Several programs may start together: one applies, the others wait. An account without the right
// to change the schema may call migrate() as long as nothing is pending: it only reads then.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

struct Migration {
  int number = 0;
  std::string_view name;
  std::string_view text;
};

/// Those of sql/, ascending.
std::span<const Migration> embedded_migrations();

struct SchemaState {
  int applied = -1;  ///< highest complete migration, -1 = none
  int newest = -1;   ///< highest this program knows
  int pending = 0;   ///< how many are still to apply; 0 = the program may run
};

/// Compares the database with the program. kInvalid with a sentence for the administrator if the
/// schema is newer than the program, a migration was changed after it had been applied, or one was
/// added behind the newest applied one.
Result<SchemaState> schema_state(Connection& db,
                                 std::span<const Migration> migrations = embedded_migrations());

/// Applies what is pending. Errors as schema_state; kUnavailable if another program holds the
/// migration lock for longer than ten minutes; a failed statement names migration and statement.
Status migrate(Connection& db, std::span<const Migration> migrations = embedded_migrations());

/// For programs whose account may not change the schema: kUnavailable, with what to do, if anything
/// is pending.
Status require_current(Connection& db,
                       std::span<const Migration> migrations = embedded_migrations());

}  // namespace yagura::db
