// SQL files of ours, read for one back end: blocks by dialect, words that differ, statements.
//
// The one grammar for sql/*.sql (sql/README.md tells it to authors):
//   --@all  --@sqlite  --@mariadb    a line of its own: what follows is for this dialect (start:
//   all)
//   --@begin ... --@end              everything between is one statement (triggers, procedures)
//   AUTOID KEYTEXT(n) CLUSTERED BINARY(n) VARBINARY(n)    words replaced by what the back end says
//   CREATE TABLE ...;                gets engine, character set and collation on MariaDB and MySQL
// Comments and blank edges are dropped, so that editing a comment changes no statement.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

/// The statements of `text` for `flavor`, in order. kInvalid for an unknown --@ line, an open
/// quote, comment or block, and a last statement without ';'.
Result<std::vector<std::string>> statements_of(std::string_view text, Flavor flavor);

/// "INSERT INTO t (a, b) VALUES (?, ?) ON ..." with the bracket after VALUES repeated `rows` times.
/// Empty if the statement is not such an INSERT or REPLACE, or has a '?' outside that bracket.
std::string widen_insert(std::string_view sql, std::size_t rows);

}  // namespace yagura::db
