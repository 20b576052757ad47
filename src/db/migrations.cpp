#include "db/migrations.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "db/sql_text.h"

namespace yagura::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kLongestWait = std::chrono::minutes(10);
constexpr auto kWaitStep = milliseconds(100);
/// Longer than any statement but a huge ALTER; should one outlast it, a second runner is stopped by
/// the metadata lock and the first by its lost lock, so that nothing is done twice.
constexpr std::int64_t kLockSeconds = 120;

constexpr std::string_view kBookkeeping = R"(
CREATE TABLE IF NOT EXISTS schema_version (
  number BIGINT NOT NULL PRIMARY KEY,
  name KEYTEXT(100) NOT NULL,
  statements BIGINT NOT NULL,
  done BIGINT NOT NULL,       -- statements that are certainly done
  started BIGINT NOT NULL,    -- done + 1 while one runs that cannot be rolled back
  digest KEYTEXT(64) NOT NULL,  -- SHA-256 over the statements done
  applied_at BIGINT NOT NULL  -- microseconds UTC, 0 = not complete
);
--@mariadb
CREATE TABLE IF NOT EXISTS schema_lock (
  id BIGINT NOT NULL PRIMARY KEY,
  holder KEYTEXT(64) NOT NULL,
  expires_at BIGINT NOT NULL  -- seconds, by the database's own clock
);
INSERT IGNORE INTO schema_lock (id, holder, expires_at) VALUES (1, '', 0);
)";

/// A row of schema_version.
struct Applied {
  std::string name;
  std::int64_t statements = 0;
  std::int64_t done = 0;
  std::int64_t started = 0;
  std::string digest;
  bool complete = false;
};
using AppliedByNumber = std::map<int, Applied>;

std::string title(const Migration& m) {
  return "migration " + std::string(m.name);
}

std::string digest_of(const std::vector<std::string>& statements, std::int64_t count) {
  crypto::Sha256Stream stream;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    stream.update(statements[i]);
    stream.update(";");
  }
  const crypto::Sha256Digest raw = stream.finish();
  return crypto::hex({reinterpret_cast<const char*>(raw.data()), raw.size()});
}

/// DDL cannot be rolled back on MariaDB; these can.
bool is_data_change(std::string_view statement) {
  constexpr std::array<std::string_view, 4> kWords = {"INSERT ", "UPDATE ", "DELETE ", "REPLACE "};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return statement.starts_with(word); });
}

Result<bool> has_bookkeeping(Connection& db) {
  YAGURA_TRY(rows, db.query(by_dialect(
                       db, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_version'",
                       "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                       "DATABASE() AND TABLE_NAME = 'schema_version'")));
  return rows[0].integer(0) > 0;
}

Result<AppliedByNumber> read_applied(Connection& db) {
  AppliedByNumber applied;
  YAGURA_TRY(present, has_bookkeeping(db));
  if (!present) return applied;
  YAGURA_TRY(rows, db.query("SELECT number, name, statements, done, started, digest, applied_at "
                            "FROM schema_version ORDER BY number"));
  for (const Row& row : rows) {
    applied[static_cast<int>(row.integer(0))] =
        Applied{row.text(1),    row.integer(2), row.integer(3),
                row.integer(4), row.text(5),    row.integer(6) != 0};
  }
  return applied;
}

/// What was done of `m` must be what `m` says today.
Status check_unchanged(const Migration& m, const Applied& row,
                       const std::vector<std::string>& statements) {
  const auto count = static_cast<std::int64_t>(statements.size());
  const bool lengths_fit = row.done <= count && (!row.complete || row.done == count);
  if (lengths_fit && row.name == m.name && row.digest == digest_of(statements, row.done)) return {};
  return Error{ErrorCode::kInvalid,
               title(m) +
                   " was changed after it had been applied to this database; install the "
                   "program that fits it, or restore a backup"};
}

Result<SchemaState> compare(const AppliedByNumber& applied, std::span<const Migration> migrations,
                            Flavor flavor) {
  SchemaState state;
  for (const Migration& m : migrations)
    state.newest = std::max(state.newest, m.number);
  if (!applied.empty() && applied.rbegin()->first > state.newest) {
    return Error{ErrorCode::kInvalid,
                 "the database has schema " + std::to_string(applied.rbegin()->first) +
                     ", this program knows only " + std::to_string(state.newest) +
                     ": start the newer program"};
  }
  for (const Migration& m : migrations) {
    Result<std::vector<std::string>> statements = statements_of(m.text, flavor);
    if (!statements.ok()) return statements.error().with(title(m));
    const auto row = applied.find(m.number);
    if (row != applied.end()) YAGURA_CHECK(check_unchanged(m, row->second, *statements));
    if (row != applied.end() && row->second.complete) {
      if (state.pending > 0) {
        return Error{
            ErrorCode::kInvalid,
            title(m) + " is applied, but one before it is not: migrations only go forward"};
      }
      state.applied = m.number;
    } else {
      ++state.pending;
    }
  }
  return state;
}

Error statement_error(const Migration& m, const std::vector<std::string>& statements,
                      std::size_t index, const Error& error) {
  return error.with(title(m) + ", statement " + std::to_string(index + 1) + " of " +
                    std::to_string(statements.size()) + " (" + statements[index].substr(0, 60) +
                    "...)");
}

/// One run over one database. `holder_` is empty on SQLite, where the transaction is the lock.
class Runner {
 public:
  Runner(Connection& db, std::span<const Migration> migrations)
      : db_(db), migrations_(migrations) {}

  /// Applies the next pending migration; false if there was none.
  Result<bool> next_sqlite();
  Result<bool> lock_mariadb();
  Status all_mariadb();
  Status unlock_mariadb();

 private:
  Result<bool> apply_on_sqlite();
  Status apply_on_mariadb(const Migration& m, const Applied* row);
  Status renew();
  Status run_ddl(const Migration& m, const std::vector<std::string>& statements, std::size_t index,
                 bool may_have_run);
  Status record(const Migration& m, const std::vector<std::string>& statements, std::int64_t done);
  Status set_started(const Migration& m, std::int64_t started);

  Connection& db_;
  std::span<const Migration> migrations_;
  std::string holder_;
};

Status Runner::record(const Migration& m, const std::vector<std::string>& statements,
                      std::int64_t done) {
  const bool complete = done == static_cast<std::int64_t>(statements.size());
  // The count before is compared: a program killed a moment ago may still be heard by the server,
  // and its last statement must not count twice.
  const std::int64_t before = db_.flavor() == Flavor::kSqlite || done == 0 ? 0 : done - 1;
  YAGURA_TRY(recorded, db_.execute("UPDATE schema_version SET done = ?, started = ?, digest = ?, "
                                   "applied_at = ? WHERE number = ? AND done = ?",
                                   {done, done, digest_of(statements, done),
                                    complete ? SystemClock().now() : Micros{0}, m.number, before}));
  if (recorded.affected == 1) return {};
  return Error{ErrorCode::kUnavailable,
               "another program goes on with " + title(m) + "; start this one again"};
}

Status Runner::set_started(const Migration& m, std::int64_t started) {
  YAGURA_CHECK(
      db_.execute("UPDATE schema_version SET started = ? WHERE number = ?", {started, m.number}));
  return {};
}

Status insert_row(Connection& db, const Migration& m, const std::vector<std::string>& statements) {
  YAGURA_CHECK(db.execute(
      "INSERT INTO schema_version (number, name, statements, done, started, "
      "digest, applied_at) VALUES (?, ?, ?, 0, 0, ?, 0)",
      {m.number, m.name, static_cast<std::int64_t>(statements.size()), digest_of(statements, 0)}));
  return {};
}

Result<bool> Runner::apply_on_sqlite() {
  YAGURA_CHECK(db_.script(kBookkeeping));
  YAGURA_TRY(applied, read_applied(db_));
  YAGURA_TRY(state, compare(applied, migrations_, db_.flavor()));
  if (state.pending == 0) return false;
  const auto next = std::find_if(migrations_.begin(), migrations_.end(),
                                 [&](const Migration& m) { return !applied.contains(m.number); });
  YAGURA_TRY(statements, statements_of(next->text, db_.flavor()));
  YAGURA_CHECK(insert_row(db_, *next, statements));
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const Status done = db_.run_text(statements[i]);
    if (!done.ok()) return statement_error(*next, statements, i, done.error());
  }
  YAGURA_CHECK(record(*next, statements, static_cast<std::int64_t>(statements.size())));
  log::info("db-migrated", {{"migration", next->name}});
  return true;
}

Result<bool> Runner::next_sqlite() {
  YAGURA_CHECK(db_.begin());
  Result<bool> applied = apply_on_sqlite();
  const Status end = applied.ok() ? db_.commit() : db_.rollback();
  if (applied.ok() && !end.ok()) {
    YAGURA_CHECK(db_.rollback());
    return end.error();
  }
  return applied;
}

Result<bool> Runner::lock_mariadb() {
  if (holder_.empty()) {
    SystemRandom random;
    holder_ = random.hex(16);
    YAGURA_CHECK(db_.script(kBookkeeping));
  }
  YAGURA_TRY(done,
             db_.execute("UPDATE schema_lock SET holder = ?, expires_at = UNIX_TIMESTAMP() + ? "
                         "WHERE id = 1 AND (expires_at <= UNIX_TIMESTAMP() OR holder = ?)",
                         {holder_, kLockSeconds, holder_}));
  return done.affected == 1;
}

Status Runner::renew() {
  YAGURA_TRY(done, db_.execute("UPDATE schema_lock SET expires_at = UNIX_TIMESTAMP() + ? "
                               "WHERE id = 1 AND holder = ?",
                               {kLockSeconds, holder_}));
  if (done.affected == 1) return {};
  return Error{ErrorCode::kUnavailable,
               "another program took over the migration; start this one again"};
}

Status Runner::unlock_mariadb() {
  YAGURA_CHECK(
      db_.execute("UPDATE schema_lock SET expires_at = 0 WHERE id = 1 AND holder = ?", {holder_}));
  return {};
}

Status Runner::all_mariadb() {
  YAGURA_TRY(applied, read_applied(db_));
  YAGURA_CHECK(compare(applied, migrations_, db_.flavor()));
  for (const Migration& m : migrations_) {
    const auto row = applied.find(m.number);
    if (row != applied.end() && row->second.complete) continue;
    YAGURA_CHECK(apply_on_mariadb(m, row == applied.end() ? nullptr : &row->second));
    log::info("db-migrated", {{"migration", m.name}});
  }
  return {};
}

Status Runner::run_ddl(const Migration& m, const std::vector<std::string>& statements,
                       std::size_t index, bool may_have_run) {
  const auto number = static_cast<std::int64_t>(index) + 1;
  YAGURA_CHECK(set_started(m, number));
  const Status done = db_.run_text(statements[index]);
  if (!done.ok()) {
    const ErrorCode code = done.error().code;
    const bool had_run =
        may_have_run && (code == ErrorCode::kConflict || code == ErrorCode::kNotFound);
    if (!had_run) {
      // It certainly did not run: "exists already" must not pass for done at the next start.
      if (!db_.broken() && !may_have_run) YAGURA_CHECK(set_started(m, number - 1));
      return statement_error(m, statements, index, done.error());
    }
    log::info("db-migration-resumed", {{"migration", m.name}, {"statement", number}});
  }
  return record(m, statements, number);
}

Status Runner::apply_on_mariadb(const Migration& m, const Applied* row) {
  YAGURA_TRY(statements, statements_of(m.text, db_.flavor()));
  if (row == nullptr) YAGURA_CHECK(insert_row(db_, m, statements));
  const std::int64_t first = row == nullptr ? 0 : row->done;
  const bool interrupted = row != nullptr && row->started > row->done;
  if (statements.empty()) return record(m, statements, 0);
  for (auto i = static_cast<std::size_t>(first); i < statements.size(); ++i) {
    YAGURA_CHECK(renew());
    if (is_data_change(statements[i])) {
      const Status done = transaction(db_, [&](Connection& db) -> Status {
        YAGURA_CHECK(db.run_text(statements[i]));
        return record(m, statements, static_cast<std::int64_t>(i) + 1);
      });
      if (!done.ok()) return statement_error(m, statements, i, done.error());
    } else {
      const bool may_have_run = interrupted && i == static_cast<std::size_t>(first);
      YAGURA_CHECK(run_ddl(m, statements, i, may_have_run));
    }
  }
  return {};
}

Error waited_too_long() {
  return Error{ErrorCode::kUnavailable,
               "another program holds the migration lock for longer than ten minutes"};
}

Status migrate_sqlite(Runner& runner, Connection& db) {
  const auto deadline = steady_clock::now() + kLongestWait;
  for (;;) {
    Result<bool> more = runner.next_sqlite();
    if (more.ok() && !*more) return {};
    if (more.ok()) continue;
    if (!db.lost_race()) return more.error();
    if (steady_clock::now() > deadline) return waited_too_long();
  }
}

Status migrate_mariadb(Runner& runner) {
  const auto deadline = steady_clock::now() + kLongestWait;
  for (;;) {
    YAGURA_TRY(mine, runner.lock_mariadb());
    if (mine) break;
    if (steady_clock::now() > deadline) return waited_too_long();
    std::this_thread::sleep_for(kWaitStep);
  }
  Status done = runner.all_mariadb();
  const Status unlocked = runner.unlock_mariadb();
  return done.ok() ? unlocked : done;
}

}  // namespace

Result<SchemaState> schema_state(Connection& db, std::span<const Migration> migrations) {
  YAGURA_TRY(applied, read_applied(db));
  return compare(applied, migrations, db.flavor());
}

Status migrate(Connection& db, std::span<const Migration> migrations) {
  YAGURA_TRY(state, schema_state(db, migrations));
  if (state.pending == 0) return {};
  Runner runner(db, migrations);
  return db.flavor() == Flavor::kSqlite ? migrate_sqlite(runner, db) : migrate_mariadb(runner);
}

Status require_current(Connection& db, std::span<const Migration> migrations) {
  YAGURA_TRY(state, schema_state(db, migrations));
  if (state.pending == 0) return {};
  return Error{ErrorCode::kUnavailable, "the database lacks " + std::to_string(state.pending) +
                                            " migrations (has " + std::to_string(state.applied) +
                                            ", needs " + std::to_string(state.newest) +
                                            "): apply them with the schema owner's account"};
}

}  // namespace yagura::db
