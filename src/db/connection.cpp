#include "db/connection.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "db/mariadb_connection.h"
#include "db/sql_text.h"
#include "db/sqlite_connection.h"

namespace yagura::db {
namespace {

/// A broken rule of the seam is a mistake in our own constant SQL: going on would store nonsense.
[[noreturn]] void misuse(std::string_view what, std::size_t column) {
  log::error("db-misuse", {{"what", what}, {"column", column}});
  std::abort();
}

const Row::Cell& at(const std::vector<Row::Cell>& cells, std::size_t column) {
  if (column >= cells.size()) misuse("no such column in the row", column);
  return cells[column];
}

constexpr std::int64_t kFirstPauseUs = 2'000;
constexpr std::int64_t kLongestPauseUs = 200'000;

/// Half of a doubling pause plus a random part, so that two losers do not meet again.
void pause_before_retry(int attempt) {
  const std::int64_t full = std::min(kFirstPauseUs << std::min(attempt, 10), kLongestPauseUs);
  SystemRandom random;
  const auto jitter = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(full)));
  std::this_thread::sleep_for(std::chrono::microseconds(full / 2 + jitter / 2));
}

Status attempt_once(Connection& db, const std::function<Status(Connection&)>& work) {
  YAGURA_CHECK(db.begin());
  Status done = work(db);
  if (done.ok()) done = db.commit();
  if (!done.ok() && !db.broken()) {
    const Status undone = db.rollback();
    if (!undone.ok()) log::warning("db-rollback-failed", {{"error", undone.error()}});
  }
  return done;
}

}  // namespace

bool Row::is_null(std::size_t column) const {
  return std::holds_alternative<std::nullptr_t>(at(cells_, column));
}

std::int64_t Row::integer(std::size_t column) const {
  const Cell& cell = at(cells_, column);
  if (const auto* value = std::get_if<std::int64_t>(&cell)) return *value;
  if (!std::holds_alternative<std::nullptr_t>(cell)) misuse("the column is no integer", column);
  return 0;
}

double Row::real(std::size_t column) const {
  const Cell& cell = at(cells_, column);
  if (const auto* value = std::get_if<double>(&cell)) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*value);
  if (!std::holds_alternative<std::nullptr_t>(cell)) misuse("the column is no number", column);
  return 0.0;
}

const std::string& Row::text(std::size_t column) const {
  static const std::string kEmpty;
  const Cell& cell = at(cells_, column);
  if (const auto* value = std::get_if<std::string>(&cell)) return *value;
  if (!std::holds_alternative<std::nullptr_t>(cell)) misuse("the column is no text", column);
  return kEmpty;
}

void Batch::add(std::initializer_list<Param> row) {
  if (row.size() != columns_) misuse("row of another length than the batch", row.size());
  cells_.insert(cells_.end(), row.begin(), row.end());
}

std::span<const Param> Batch::rows_span(std::size_t first, std::size_t count) const {
  if (first + count > rows()) misuse("no such rows in the batch", first + count);
  return std::span<const Param>(cells_).subspan(first * columns_, count * columns_);
}

Status Connection::script(std::string_view sql) {
  YAGURA_TRY(statements, statements_of(sql, flavor()));
  for (const std::string& statement : statements)
    YAGURA_CHECK(run_text(statement));
  return {};
}

Result<std::unique_ptr<Connection>> connect(const Options& options) {
  return options.dialect == Dialect::kSqlite ? connect_sqlite(options) : connect_mariadb(options);
}

Status transaction(Connection& db, const std::function<Status(Connection&)>& work, int attempts) {
  for (int attempt = 1;; ++attempt) {
    Status done = attempt_once(db, work);
    if (done.ok() || db.broken() || !db.lost_race() || attempt >= attempts) return done;
    log::debug("db-transaction-repeated", {{"attempt", attempt}, {"error", done.error()}});
    pause_before_retry(attempt);
  }
}

}  // namespace yagura::db
