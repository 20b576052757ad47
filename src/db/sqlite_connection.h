// SQLite behind db::Connection: the embedded default.
//
// One file in WAL mode, readers beside one writer; a writer waits up to 10 s for the other. Commits
// are durable (synchronous=FULL): the spool file of a report is deleted after the commit, so the
// commit must survive power loss. A file made here has mode 0600. The schema is not trusted and
// cannot be damaged by SQL (trusted_schema off, defensive on, "..." is never a text).
#pragma once

#include <memory>

#include "db/connection.h"

namespace yagura::db {

/// Opens or creates options.path (":memory:" = a private one for tests).
Result<std::unique_ptr<Connection>> connect_sqlite(const Options& options);

}  // namespace yagura::db
