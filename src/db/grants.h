// What each program's account may do in MariaDB or MySQL, and no more (spec server §23.3, DB-03).
//
//   owner    everything in this one database: makes and changes the schema, never serves
//   server   data of the monitoring; no DDL (partitions by two procedures), nothing of people's
//            accounts, nothing of the audit records
//   console  reads the monitoring, changes what people may change there, keeps people's accounts,
//            inserts audit records and cannot read them
//
// The statements are for an administrator to read and run: this program does not run them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

enum class Role { kOwner, kServer, kConsole };

/// Name and host of an account, "yagura_server@10.0.0.5"; the host may be a pattern of digits and
/// %.
struct Account {
  std::string user;
  std::string host;
};

/// Letters, digits, '_', '-', '.' (and '%', ':', '/' in the host), so that quoting cannot be left;
/// kInvalid otherwise. Without '@' the host is localhost.
Result<Account> parse_account(std::string_view text);

/// The GRANT statements for `tables` of `database` (a name as in parse_account), one per line
/// without passwords. A table nobody decided on gives the server its data and lets the console read
/// it.
Result<std::vector<std::string>> grant_statements(Role role, const Account& account,
                                                  std::string_view database,
                                                  const std::vector<std::string>& tables);

/// The tables of the schema this program knows, in order, read from its migrations.
Result<std::vector<std::string>> schema_tables();

}  // namespace yagura::db
