// The demonstration fleet in an installation: made on `yagura up --demo`, kept alive by
// `yagura demo feed`, taken away by `yagura demo remove`. Its hosts carry a mark of their own in
// the database, so that they can never be mistaken for real ones and leave nothing behind.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/signals.h"
#include "db/connection.h"
#include "setup/installation.h"

namespace yagura::setup {

using Say = std::function<void(const std::string&)>;

/// Makes the fleet with a day of history, through the same rules as real reports; nothing if it is
/// there already. The data server must not run on this database yet.
Status seed_demo(const Installation& installation, db::Connection& db, const Clock& clock,
                 const Say& say);

/// Reports for the fleet as it goes on, through the spool, until a stop signal. Rests while there
/// is no demonstration fleet in the database.
Status feed_demo(const Installation& installation, db::Connection& db, const Clock& clock,
                 StopSignals& signals);

struct DemoRemoval {
  std::int64_t agents = 0;
  std::int64_t rows = 0;
};
/// Removes every demonstration agent and all that belongs to it. Safe while the installation runs.
Result<DemoRemoval> remove_demo(db::Connection& db);

}  // namespace yagura::setup
