// What an error number of MariaDB, MySQL or their client library means to us.
#pragma once

#include <string_view>

#include "base/result.h"

namespace yagura::db {

/// Code and text. Values that the server quotes in its message ("Duplicate entry 'x' for key") are
/// left out: they may be secrets, and logs must not hold them.
Error mariadb_error(unsigned number, std::string_view message);

/// Deadlock, lock wait, Galera certification, definition changed under way: repeat the transaction.
bool mariadb_lost_race(unsigned number);

/// The connection is gone, or leads to a server that cannot write (any more).
bool mariadb_link_lost(unsigned number);

}  // namespace yagura::db
