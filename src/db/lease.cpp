#include "db/lease.h"

namespace yagura::db {
namespace {

Error lost(const Lease& lease) {
  return Error{ErrorCode::kConflict, "lease " + lease.name + " was taken by another holder"};
}

}  // namespace

Result<std::optional<Lease>> read_lease(Connection& db, std::string_view name) {
  YAGURA_TRY(rows, db.query("SELECT holder, epoch, expires_at FROM lease WHERE name = ?", {name}));
  if (rows.empty()) return std::optional<Lease>();
  return std::optional<Lease>(
      Lease{std::string(name), rows[0].text(0), rows[0].integer(1), rows[0].integer(2)});
}

Result<std::optional<Lease>> acquire_lease(Connection& db, std::string_view name,
                                           std::string_view holder, Micros now, Micros duration) {
  YAGURA_TRY(found, read_lease(db, name));
  if (!found) {
    const Result<Executed> made = db.execute(
        by_dialect(
            db,
            "INSERT OR IGNORE INTO lease (name, holder, epoch, expires_at) "
            "VALUES (?, ?, 1, ?)",
            "INSERT IGNORE INTO lease (name, holder, epoch, expires_at) VALUES (?, ?, 1, ?)"),
        {name, holder, now + duration});
    if (!made.ok()) return made.error();
    if (made->affected == 0) return std::optional<Lease>();  // another was first
    return std::optional<Lease>(Lease{std::string(name), std::string(holder), 1, now + duration});
  }
  Lease lease = *std::move(found);
  if (lease.holder == holder && lease.expires_at > now) {
    const Status renewed = renew_lease(db, lease, now, duration);
    if (renewed.ok()) return std::optional<Lease>(std::move(lease));
    if (renewed.error().code == ErrorCode::kConflict) return std::optional<Lease>();
    return renewed.error();
  }
  if (lease.expires_at > now) return std::optional<Lease>();
  YAGURA_TRY(taken, db.execute("UPDATE lease SET holder = ?, epoch = epoch + 1, expires_at = ? "
                               "WHERE name = ? AND epoch = ? AND expires_at = ?",
                               {holder, now + duration, name, lease.epoch, lease.expires_at}));
  if (taken.affected == 0) return std::optional<Lease>();
  return std::optional<Lease>(
      Lease{std::string(name), std::string(holder), lease.epoch + 1, now + duration});
}

Status renew_lease(Connection& db, Lease& lease, Micros now, Micros duration) {
  YAGURA_TRY(done, db.execute("UPDATE lease SET expires_at = ? "
                              "WHERE name = ? AND holder = ? AND epoch = ?",
                              {now + duration, lease.name, lease.holder, lease.epoch}));
  if (done.affected == 0) return lost(lease);
  lease.expires_at = now + duration;
  return {};
}

Status release_lease(Connection& db, const Lease& lease) {
  YAGURA_CHECK(
      db.execute("UPDATE lease SET expires_at = 0 WHERE name = ? AND holder = ? "
                 "AND epoch = ?",
                 {lease.name, lease.holder, lease.epoch}));
  return {};
}

Status guard(Connection& db, const Lease& lease) {
  // A write, not a locking read: Galera certifies writes only.
  YAGURA_TRY(done, db.execute("UPDATE lease SET fence = fence + 1 "
                              "WHERE name = ? AND holder = ? AND epoch = ?",
                              {lease.name, lease.holder, lease.epoch}));
  if (done.affected == 0) return lost(lease);
  return {};
}

}  // namespace yagura::db
