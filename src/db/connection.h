// db::Connection: the one seam to SQL (design §4). Two implementations: SQLite (embedded default)
// and MariaDB/MySQL over verified TLS. A connection belongs to one thread at a time.
//
// SQL text is always a constant of the program with `?` for every value: there is no way to build
// it from data. Statements are prepared once per connection and kept by their text.
//
//   YAGURA_TRY(rows, db.query("SELECT id, name FROM agent WHERE group_id = ?", {group.value}));
//   for (const Row& row : rows) use(row.integer(0), row.text(1));
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace yagura::db {

/// Bytes that are not text: bound and returned as BLOB.
struct Blob {
  std::string_view bytes;
};

/// A value bound to a `?`. Views must live until the call returns.
using Param = std::variant<std::nullptr_t, std::int64_t, double, std::string_view, Blob>;

/// One row of an answer. Columns count from 0; a wrong type or index ends the process (a mistake of
/// the program, since the SQL is a constant). NULL reads as 0, 0.0 or "".
class Row {
 public:
  using Cell = std::variant<std::nullptr_t, std::int64_t, double, std::string>;
  explicit Row(std::vector<Cell> cells) : cells_(std::move(cells)) {}

  [[nodiscard]] bool is_null(std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] double real(std::size_t column) const;
  [[nodiscard]] const std::string& text(std::size_t column) const;  ///< also BLOB
  [[nodiscard]] std::size_t size() const { return cells_.size(); }

 private:
  std::vector<Cell> cells_;
};
using Rows = std::vector<Row>;

struct Executed {
  std::int64_t affected = 0;
  std::int64_t last_id = 0;  ///< AUTO_INCREMENT / rowid of the row inserted, else 0
};

/// Rows for bulk(): column-typed cells, row after row.
class Batch {
 public:
  explicit Batch(std::size_t columns) : columns_(columns) {}
  void add(std::initializer_list<Param> row);
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t rows() const { return cells_.size() / columns_; }
  [[nodiscard]] std::span<const Param> row(std::size_t i) const;
  void clear() { cells_.clear(); }

 private:
  std::size_t columns_;
  std::vector<Param> cells_;
};

enum class Dialect { kSqlite, kMariaDb };

/// What the link to the database is, for health pages and `doctor` (SRV-15).
struct LinkInfo {
  Dialect dialect = Dialect::kSqlite;
  std::string server_version;
  std::string location;     ///< file path, or host:port
  std::string tls_version;  ///< empty = no TLS (file, Unix socket)
  std::string tls_cipher;
};

/// Errors: kConflict = constraint violated or transaction lost a race (retry the transaction);
/// kUnavailable = connection lost (reconnect and retry); kInvalid = the statement is wrong.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual Result<Rows> query(std::string_view sql, std::initializer_list<Param> params) = 0;
  virtual Result<Rows> query_span(std::string_view sql, std::span<const Param> params) = 0;
  virtual Result<Executed> execute(std::string_view sql, std::initializer_list<Param> params) = 0;
  virtual Result<Executed> execute_span(std::string_view sql, std::span<const Param> params) = 0;
  /// Runs one INSERT, UPDATE or DELETE for each row of the batch: array binding on MariaDB,
  /// multi-row or repeated prepared statements elsewhere. Returns the rows affected.
  virtual Result<std::int64_t> bulk(std::string_view sql, const Batch& batch) = 0;

  virtual Status begin() = 0;  ///< SQLite: BEGIN IMMEDIATE
  virtual Status commit() = 0;
  virtual Status rollback() = 0;

  /// Several statements without parameters: migrations only.
  virtual Status script(std::string_view sql) = 0;
  [[nodiscard]] virtual Dialect dialect() const = 0;
  [[nodiscard]] virtual Result<LinkInfo> link() = 0;
};

/// Where the database is and how it is reached (settings section [database]).
struct Options {
  Dialect dialect = Dialect::kSqlite;
  std::string path;  ///< SQLite file; ":memory:" for tests
  /// MariaDB: tried in order; the first that is writable is used.
  std::vector<std::string> hosts;
  std::uint16_t port = 3306;
  std::string socket;  ///< Unix socket; used when hosts is empty
  std::string database;
  std::string user;
  std::string password_file;  ///< mode 0600; the password never stands in the settings
  enum class Tls { kDisabled, kRequired, kVerifyCa, kVerifyFull } tls = Tls::kVerifyFull;
  std::string tls_ca, tls_certificate, tls_key;
};

Result<std::unique_ptr<Connection>> connect(const Options& options);

/// Runs `work` in a transaction: commit if it succeeds, rollback if not. Repeats it up to
/// `attempts` times after kConflict of the database's own making (deadlock, lost race, Galera
/// certification), so `work` must be repeatable.
Status transaction(Connection& db, const std::function<Status(Connection&)>& work,
                   int attempts = 5);

}  // namespace yagura::db
