#include "db/mariadb_connection.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <errmsg.h>

#include "db/binding.h"
#include "db/mariadb_error.h"
#include "db/mariadb_link.h"
#include "db/mariadb_statement.h"
#include "db/sql_text.h"
#include "db/statement_cache.h"

namespace yagura::db {
namespace {

/// Rows of one array command at most: the arrays beside the batch stay small.
constexpr std::size_t kMaxArrayRows = 5'000;
/// Bytes of one array command at most, and never more than half of what the server takes.
constexpr std::size_t kMaxArrayBytes = 4UL * 1024 * 1024;
/// Rows of a widened INSERT: few sizes, so that each is prepared once.
constexpr std::array<std::size_t, 2> kWideRows = {100, 10};

/// The table got other columns since the statement was prepared.
constexpr unsigned kColumnsChanged = CR_NEW_STMT_METADATA;

std::size_t bytes_of(std::span<const Param> row) {
  std::size_t bytes = 0;
  for (const Param& param : row) {
    bytes += 10;
    if (const auto* text = std::get_if<std::string_view>(&param)) bytes += text->size();
    if (const auto* blob = std::get_if<Blob>(&param)) bytes += blob->bytes.size();
  }
  return bytes;
}

class MariaDbConnection final : public Connection {
 public:
  explicit MariaDbConnection(MariaDbLink link) : link_(std::move(link)) {}

  Result<Rows> query_span(std::string_view sql, std::span<const Param> params) override;
  Result<Executed> execute_span(std::string_view sql, std::span<const Param> params) override;
  Result<std::int64_t> bulk(std::string_view sql, const Batch& batch) override;
  Status begin() override;
  Status commit() override;
  Status rollback() override;
  [[nodiscard]] bool in_transaction() const override { return in_transaction_; }
  Status run_text(std::string_view statement) override;
  [[nodiscard]] Flavor flavor() const override { return link_.flavor; }
  [[nodiscard]] Result<LinkInfo> link() override;
  [[nodiscard]] bool lost_race() const override { return lost_race_; }
  [[nodiscard]] bool broken() const override { return broken_; }

 private:
  using Statement = std::unique_ptr<MariaDbStatement>;
  struct Widened {
    std::array<std::string, kWideRows.size()> sql;  ///< empty if the statement is no INSERT
  };

  Error failure(const StatementFailure& failed);
  Result<MariaDbStatement*> prepare(std::string_view sql, std::size_t parameters);
  Result<Executed> run(std::string_view sql, std::span<const Param> params, Rows* rows);
  Status text(const char* statement);
  Result<std::int64_t> bulk_arrays(std::string_view sql, const Batch& batch);
  Result<std::int64_t> bulk_wide(std::string_view sql, const Batch& batch);
  const Widened& widened(std::string_view sql);

  MariaDbLink link_;
  StatementCache<Statement> statements_;  // destroyed before link_
  std::unordered_map<std::string, Widened> widened_;
  bool in_transaction_ = false;
  bool lost_race_ = false;
  bool broken_ = false;
};

Error MariaDbConnection::failure(const StatementFailure& failed) {
  if (mariadb_lost_race(failed.number)) lost_race_ = true;
  // Once the link stands, trouble with TLS means that it broke.
  const bool tls_broke = failed.number == CR_SSL_CONNECTION_ERROR;
  if (mariadb_link_lost(failed.number) || tls_broke) broken_ = true;
  Error error = failed.error.with(link_.info.location);
  if (tls_broke) error.code = ErrorCode::kUnavailable;
  return error;
}

Result<MariaDbStatement*> MariaDbConnection::prepare(std::string_view sql, std::size_t parameters) {
  if (broken_) return Error{ErrorCode::kUnavailable, link_.info.location + ": connection lost"};
  MariaDbStatement* statement = nullptr;
  if (Statement* known = statements_.find(sql)) {
    statement = known->get();
  } else {
    StatementFailure failed;
    Statement made = MariaDbStatement::prepare(link_.mysql.get(), sql, failed);
    if (!made) return failure(failed);
    statement = statements_.put(sql, std::move(made)).get();
  }
  if (statement->parameters() == parameters) return statement;
  return Error{ErrorCode::kInvalid, "the statement has " + std::to_string(statement->parameters()) +
                                        " parameters, " + std::to_string(parameters) +
                                        " were given"};
}

Result<Executed> MariaDbConnection::run(std::string_view sql, std::span<const Param> params,
                                        Rows* rows) {
  for (int attempt = 1;; ++attempt) {
    YAGURA_TRY(statement, prepare(sql, params.size()));
    StatementFailure failed;
    if (statement->run(params, rows, failed)) {
      return Executed{statement->affected(), statement->last_id()};
    }
    statements_.erase(sql);  // whatever state it is in
    // Only a statement that reads has columns, so running it again changes nothing.
    if (failed.number != kColumnsChanged || attempt > 1) return failure(failed);
  }
}

Result<Rows> MariaDbConnection::query_span(std::string_view sql, std::span<const Param> params) {
  YAGURA_CHECK(check_params(params));
  Rows rows;
  YAGURA_CHECK(run(sql, params, &rows));
  return rows;
}

Result<Executed> MariaDbConnection::execute_span(std::string_view sql,
                                                 std::span<const Param> params) {
  YAGURA_CHECK(check_params(params));
  return run(sql, params, nullptr);
}

Result<std::int64_t> MariaDbConnection::bulk(std::string_view sql, const Batch& batch) {
  YAGURA_CHECK(column_types(batch));
  if (batch.rows() == 0) return std::int64_t{0};
  const bool own = !in_transaction_;
  if (own) YAGURA_CHECK(begin());
  Result<std::int64_t> done = link_.array_binding ? bulk_arrays(sql, batch) : bulk_wide(sql, batch);
  if (!own) return done;
  const Status end = done.ok() ? commit() : rollback();
  if (done.ok() && !end.ok()) return end.error();
  return done;
}

Result<std::int64_t> MariaDbConnection::bulk_arrays(std::string_view sql, const Batch& batch) {
  YAGURA_TRY(statement, prepare(sql, batch.columns()));
  const std::size_t max_bytes = std::min(kMaxArrayBytes, link_.max_packet / 2);
  std::int64_t affected = 0;
  std::size_t first = 0;
  while (first < batch.rows()) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (first + count < batch.rows() && count < kMaxArrayRows) {
      bytes += bytes_of(batch.row(first + count));
      if (count > 0 && bytes > max_bytes) break;
      ++count;
    }
    StatementFailure failed;
    if (!statement->run_array(batch, first, count, failed)) {
      statements_.erase(sql);
      return failure(failed);
    }
    affected += statement->affected();
    first += count;
  }
  return affected;
}

const MariaDbConnection::Widened& MariaDbConnection::widened(std::string_view sql) {
  const auto [entry, fresh] = widened_.try_emplace(std::string(sql));
  for (std::size_t i = 0; fresh && i < kWideRows.size(); ++i) {
    entry->second.sql[i] = widen_insert(sql, kWideRows[i]);
  }
  return entry->second;
}

Result<std::int64_t> MariaDbConnection::bulk_wide(std::string_view sql, const Batch& batch) {
  const Widened& wide = widened(sql);
  const std::size_t max_bytes = std::min(kMaxArrayBytes, link_.max_packet / 2);
  std::int64_t affected = 0;
  std::size_t first = 0;
  const auto run_rows = [&](std::string_view text, std::size_t rows) -> Status {
    YAGURA_TRY(done, run(text, batch.rows_span(first, rows), nullptr));
    affected += done.affected;
    first += rows;
    return {};
  };
  while (first < batch.rows()) {
    std::size_t i = 0;
    for (; i < kWideRows.size(); ++i) {
      if (wide.sql[i].empty() || batch.rows() - first < kWideRows[i]) continue;
      if (bytes_of(batch.rows_span(first, kWideRows[i])) <= max_bytes) break;
    }
    const bool single = i == kWideRows.size();
    YAGURA_CHECK(run_rows(single ? sql : std::string_view(wide.sql[i]), single ? 1 : kWideRows[i]));
  }
  return affected;
}

Status MariaDbConnection::text(const char* statement) {
  if (broken_) return Error{ErrorCode::kUnavailable, link_.info.location + ": connection lost"};
  const Result<std::vector<std::vector<std::string>>> done = ask(link_.mysql.get(), statement);
  if (done.ok()) return {};
  return failure({mysql_errno(link_.mysql.get()), done.error()});
}

Status MariaDbConnection::begin() {
  if (in_transaction_) {
    return Error{ErrorCode::kInternal, link_.info.location + ": already in a transaction"};
  }
  lost_race_ = false;
  YAGURA_CHECK(text("START TRANSACTION"));
  in_transaction_ = true;
  return {};
}

Status MariaDbConnection::commit() {
  YAGURA_CHECK(text("COMMIT"));
  in_transaction_ = false;
  return {};
}

Status MariaDbConnection::rollback() {
  if (!in_transaction_) return {};
  in_transaction_ = false;
  return text("ROLLBACK");
}

Status MariaDbConnection::run_text(std::string_view statement) {
  return text(std::string(statement).c_str());
}

Result<LinkInfo> MariaDbConnection::link() {
  if (broken_) return Error{ErrorCode::kUnavailable, link_.info.location + ": connection lost"};
  Result<std::vector<std::vector<std::string>>> rows =
      ask(link_.mysql.get(), "SHOW STATUS LIKE 'Ssl_server_not_after'");
  if (!rows.ok()) return failure({mysql_errno(link_.mysql.get()), rows.error()});
  LinkInfo info = link_.info;
  if (!info.tls_cipher.empty() && rows->size() == 1 && (*rows)[0].size() == 2) {
    info.certificate_expires = (*rows)[0][1];
  }
  return info;
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_mariadb(const Options& options) {
  YAGURA_TRY(link, open_mariadb(options));
  return std::unique_ptr<Connection>(std::make_unique<MariaDbConnection>(std::move(link)));
}

}  // namespace yagura::db
