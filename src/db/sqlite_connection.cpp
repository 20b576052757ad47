#include "db/sqlite_connection.h"

#include <cerrno>

#include <sqlite3.h>
#include <sys/stat.h>

#include "db/binding.h"
#include "db/statement_cache.h"

namespace yagura::db {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

ErrorCode code_of(int rc) {
  switch (rc & 0xFF) {
    case SQLITE_CONSTRAINT:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kConflict;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
      return ErrorCode::kUnavailable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::kDenied;
    case SQLITE_TOOBIG:
      return ErrorCode::kLimit;
    case SQLITE_INTERRUPT:
      return ErrorCode::kTimeout;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISUSE:
      return ErrorCode::kInternal;
    default:
      return ErrorCode::kInvalid;
  }
}

/// Leaves the statement ready for its next use, with no views to freed memory bound.
class ResetAfterUse {
 public:
  explicit ResetAfterUse(sqlite3_stmt* statement) : statement_(statement) {}
  ResetAfterUse(const ResetAfterUse&) = delete;
  ResetAfterUse& operator=(const ResetAfterUse&) = delete;
  ~ResetAfterUse() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

int bind_one(sqlite3_stmt* statement, int at, const Param& param) {
  struct Visitor {
    sqlite3_stmt* s;
    int i;
    int operator()(std::nullptr_t) const { return sqlite3_bind_null(s, i); }
    int operator()(std::int64_t v) const { return sqlite3_bind_int64(s, i, v); }
    int operator()(double v) const { return sqlite3_bind_double(s, i, v); }
    int operator()(std::string_view v) const {
      return sqlite3_bind_text64(s, i, v.empty() ? "" : v.data(), v.size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    }
    int operator()(const Blob& v) const {
      return sqlite3_bind_blob64(s, i, v.bytes.empty() ? "" : v.bytes.data(), v.bytes.size(),
                                 SQLITE_STATIC);
    }
  };
  return std::visit(Visitor{statement, at}, param);
}

Row::Cell cell(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return nullptr;
    default:
      break;
  }
  const void* bytes = sqlite3_column_blob(statement, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  if (size == 0) return std::string();
  return std::string(static_cast<const char*>(bytes), size);
}

Row read_row(sqlite3_stmt* statement) {
  const int columns = sqlite3_column_count(statement);
  std::vector<Row::Cell> cells;
  cells.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i)
    cells.push_back(cell(statement, i));
  return Row(std::move(cells));
}

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}

  Status configure();

  Result<Rows> query_span(std::string_view sql, std::span<const Param> params) override;
  Result<Executed> execute_span(std::string_view sql, std::span<const Param> params) override;
  Result<std::int64_t> bulk(std::string_view sql, const Batch& batch) override;
  Status begin() override;
  Status commit() override;
  Status rollback() override;
  [[nodiscard]] bool in_transaction() const override {
    return sqlite3_get_autocommit(db_.get()) == 0;
  }
  Status run_text(std::string_view statement) override;
  [[nodiscard]] Flavor flavor() const override { return Flavor::kSqlite; }
  [[nodiscard]] Result<LinkInfo> link() override;
  [[nodiscard]] bool lost_race() const override { return lost_race_; }
  [[nodiscard]] bool broken() const override { return broken_; }

 private:
  Error failure(int rc, std::string_view doing);
  Result<sqlite3_stmt*> prepare(std::string_view sql);
  Status bind(sqlite3_stmt* statement, std::span<const Param> params);
  /// Steps to the end; `rows` may be null.
  Status run(sqlite3_stmt* statement, Rows* rows);
  Result<std::int64_t> run_batch(std::string_view sql, const Batch& batch);

  std::unique_ptr<sqlite3, CloseDatabase> db_;
  std::string path_;
  StatementCache<StatementHandle> statements_;  // destroyed before db_
  bool lost_race_ = false;
  bool broken_ = false;
};

Error SqliteConnection::failure(int rc, std::string_view doing) {
  const int primary = rc & 0xFF;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) lost_race_ = true;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) broken_ = true;
  return Error{code_of(rc), path_ + ": " + std::string(doing) + ": " + sqlite3_errmsg(db_.get())};
}

Status SqliteConnection::configure() {
  sqlite3_extended_result_codes(db_.get(), 1);
  sqlite3_busy_timeout(db_.get(), kBusyTimeoutMs);
  for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                      {SQLITE_DBCONFIG_DQS_DML, 0},
                                      {SQLITE_DBCONFIG_DQS_DDL, 0},
                                      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                      {SQLITE_DBCONFIG_ENABLE_FKEY, 1}}) {
    const int rc = sqlite3_db_config(db_.get(), option, value, nullptr);
    if (rc != SQLITE_OK) return failure(rc, "configuring");
  }
  // The first statement also finds out whether the file is a database at all.
  YAGURA_TRY(mode, query("PRAGMA journal_mode = WAL"));
  if (path_ != ":memory:" && (mode.empty() || mode[0].text(0) != "wal")) {
    return Error{ErrorCode::kUnavailable, path_ + ": the file system does not allow WAL mode"};
  }
  YAGURA_CHECK(
      run_text("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;"
               "PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 67108864"));
  const int rc = sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (rc != SQLITE_OK) return failure(rc, "configuring");
  return {};
}

Result<sqlite3_stmt*> SqliteConnection::prepare(std::string_view sql) {
  if (StatementHandle* known = statements_.find(sql)) return known->get();
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int rc = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  StatementHandle statement(raw);
  if (rc != SQLITE_OK) return failure(rc, "preparing a statement");
  const std::string_view rest(tail, static_cast<std::size_t>(sql.data() + sql.size() - tail));
  if (!statement || rest.find_first_not_of(" \n\t;") != std::string_view::npos) {
    return Error{ErrorCode::kInvalid, path_ + ": not exactly one statement"};
  }
  return statements_.put(sql, std::move(statement)).get();
}

Status SqliteConnection::bind(sqlite3_stmt* statement, std::span<const Param> params) {
  const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
  if (wanted != params.size()) {
    return Error{ErrorCode::kInvalid, "the statement has " + std::to_string(wanted) +
                                          " parameters, " + std::to_string(params.size()) +
                                          " were given"};
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    const int rc = bind_one(statement, static_cast<int>(i) + 1, params[i]);
    if (rc != SQLITE_OK) return failure(rc, "binding");
  }
  return {};
}

Status SqliteConnection::run(sqlite3_stmt* statement, Rows* rows) {
  for (;;) {
    const int rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE) return {};
    if (rc != SQLITE_ROW) return failure(rc, "running a statement");
    if (rows != nullptr) rows->push_back(read_row(statement));
  }
}

Result<Rows> SqliteConnection::query_span(std::string_view sql, std::span<const Param> params) {
  YAGURA_CHECK(check_params(params));
  YAGURA_TRY(statement, prepare(sql));
  const ResetAfterUse reset(statement);
  YAGURA_CHECK(bind(statement, params));
  Rows rows;
  YAGURA_CHECK(run(statement, &rows));
  return rows;
}

Result<Executed> SqliteConnection::execute_span(std::string_view sql,
                                                std::span<const Param> params) {
  YAGURA_CHECK(check_params(params));
  YAGURA_TRY(statement, prepare(sql));
  const ResetAfterUse reset(statement);
  YAGURA_CHECK(bind(statement, params));
  const std::int64_t before = sqlite3_total_changes64(db_.get());
  sqlite3_set_last_insert_rowid(db_.get(), 0);
  YAGURA_CHECK(run(statement, nullptr));
  Executed done;
  // changes() keeps the count of the statement before if this one changed nothing (DDL).
  if (sqlite3_total_changes64(db_.get()) != before) done.affected = sqlite3_changes64(db_.get());
  done.last_id = sqlite3_last_insert_rowid(db_.get());
  return done;
}

Result<std::int64_t> SqliteConnection::run_batch(std::string_view sql, const Batch& batch) {
  YAGURA_TRY(statement, prepare(sql));
  const ResetAfterUse reset(statement);
  std::int64_t affected = 0;
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    YAGURA_CHECK(bind(statement, batch.row(i)));
    const std::int64_t before = sqlite3_total_changes64(db_.get());
    YAGURA_CHECK(run(statement, nullptr));
    if (sqlite3_total_changes64(db_.get()) != before) affected += sqlite3_changes64(db_.get());
    sqlite3_reset(statement);
  }
  return affected;
}

Result<std::int64_t> SqliteConnection::bulk(std::string_view sql, const Batch& batch) {
  YAGURA_CHECK(column_types(batch));
  if (batch.rows() == 0) return std::int64_t{0};
  if (in_transaction()) return run_batch(sql, batch);
  YAGURA_CHECK(begin());
  Result<std::int64_t> done = run_batch(sql, batch);
  const Status end = done.ok() ? commit() : rollback();
  if (!done.ok() || end.ok()) return done;
  YAGURA_CHECK(rollback());
  return end.error();
}

Status SqliteConnection::begin() {
  if (in_transaction()) return Error{ErrorCode::kInternal, path_ + ": already in a transaction"};
  lost_race_ = false;
  YAGURA_CHECK(execute("BEGIN IMMEDIATE"));
  return {};
}

Status SqliteConnection::commit() {
  YAGURA_CHECK(execute("COMMIT"));
  return {};
}

Status SqliteConnection::rollback() {
  if (!in_transaction()) return {};
  YAGURA_CHECK(execute("ROLLBACK"));
  return {};
}

Status SqliteConnection::run_text(std::string_view statement) {
  const std::string text(statement);
  const int rc = sqlite3_exec(db_.get(), text.c_str(), nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return failure(rc, "running a statement");
  return {};
}

Result<LinkInfo> SqliteConnection::link() {
  YAGURA_CHECK(query("SELECT COUNT(*) FROM sqlite_schema"));  // the file answers
  LinkInfo info;
  info.dialect = Dialect::kSqlite;
  info.server_version = sqlite3_libversion();
  info.location = path_;
  return info;
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_sqlite(const Options& options) {
  const std::string& path = options.path;
  if (path.empty()) return Error{ErrorCode::kInvalid, "the path of the SQLite file is empty"};
  if (path != ":memory:") {
    // SQLite would create it readable by others; its -wal and -shm files take over this mode.
    // Made without opening it: close(2) would drop the locks this process holds on the file through
    // its other connections.
    if (::mknod(path.c_str(), S_IFREG | 0600, 0) != 0 && errno != EEXIST) {
      return system_error(path, errno);
    }
  }
  sqlite3* raw = nullptr;
  const int rc =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  auto connection = std::make_unique<SqliteConnection>(raw, path);
  if (rc != SQLITE_OK) {
    return Error{code_of(rc), path + ": cannot be opened: " + sqlite3_errstr(rc)};
  }
  YAGURA_CHECK(connection->configure());
  return std::unique_ptr<Connection>(std::move(connection));
}

}  // namespace yagura::db
