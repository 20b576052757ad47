// Named leases by compare-and-set: who alone may do a duty (spec server §20.3, TEN-15).
//
//   YAGURA_TRY(lease, acquire_lease(db, "maintenance", my_name, clock.now(), 15 * kSecond));
//   if (!lease) return;                         // another holds it
//   transaction(db, [&](Connection& t) -> Status {
//     YAGURA_CHECK(guard(t, *lease));           // fails and holds off others until the commit
//     ... writes of the duty ...
//   });
//
// The epoch rises with each new holder, so a holder that was paused past its lease cannot act:
// guard() refuses it. Row values decide, not locks of a connection: it works on a Galera cluster.
// Times come from the caller's clock: clocks that differ make a change of holder early or late,
// never double, because of the epoch.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

constexpr Micros kLeaseDuration = 15 * kSecond;  ///< usual; renewed every 5 s

struct Lease {
  std::string name;
  std::string holder;
  std::int64_t epoch = 0;
  Micros expires_at = 0;
};

/// Takes the lease, or renews it if `holder` has it already. Nothing if another holds it. `holder`
/// must be unique to the process (name plus a random part): a restart is another holder.
Result<std::optional<Lease>> acquire_lease(Connection& db, std::string_view name,
                                           std::string_view holder, Micros now,
                                           Micros duration = kLeaseDuration);

/// Extends a lease still ours; kConflict once another has taken it.
Status renew_lease(Connection& db, Lease& lease, Micros now, Micros duration = kLeaseDuration);

/// Gives it back at once, so that the next holder need not wait. Fine if it was lost.
Status release_lease(Connection& db, const Lease& lease);

/// Inside a transaction: kConflict if the lease is not ours any more, else nobody else can take it
/// before this transaction ends.
Status guard(Connection& db, const Lease& lease);

/// Who holds it, for the server list; nothing if it was never taken.
Result<std::optional<Lease>> read_lease(Connection& db, std::string_view name);

}  // namespace yagura::db
