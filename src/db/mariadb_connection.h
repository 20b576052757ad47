// MariaDB and MySQL behind db::Connection, over libmariadb's C interface.
//
// bulk() sends arrays (one command for thousands of rows) to MariaDB; MySQL has no such command, so
// INSERTs are widened to statements of 100 and 10 rows there, prepared once each.
#pragma once

#include <memory>

#include "db/connection.h"

namespace yagura::db {

Result<std::unique_ptr<Connection>> connect_mariadb(const Options& options);

}  // namespace yagura::db
