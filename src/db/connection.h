// db::Connection: the one seam to SQL (design §4). Two implementations: SQLite (embedded default)
// and MariaDB/MySQL over verified TLS. A connection belongs to one thread at a time.
//
// SQL text is always a constant of the program with `?` for every value: there is no way to build
// it from data. Statements are prepared once per connection and kept by their text (the last 256).
// Both back ends: `||` joins texts, "..." names identifiers, backslash is an ordinary character.
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
/// the program, since the SQL is a constant). NULL reads as 0, 0.0 or ""; an integer reads as a
/// real too. DECIMAL (SUM of integers in MariaDB) comes as integer, or as real if it has decimals.
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

/// Rows for bulk(): column-typed cells, row after row. Views must live until bulk() returns.
class Batch {
 public:
  explicit Batch(std::size_t columns) : columns_(columns) {}
  /// A row of any other length ends the process.
  void add(std::initializer_list<Param> row);
  void reserve(std::size_t rows) { cells_.reserve(rows * columns_); }
  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::size_t rows() const { return cells_.size() / columns_; }
  [[nodiscard]] std::span<const Param> row(std::size_t i) const { return rows_span(i, 1); }
  /// The cells of several rows, one after another.
  [[nodiscard]] std::span<const Param> rows_span(std::size_t first, std::size_t count) const;
  void clear() { cells_.clear(); }

 private:
  std::size_t columns_;
  std::vector<Param> cells_;
};

/// What SQL must be written differently for.
enum class Dialect { kSqlite, kMariaDb };
/// The product behind it: MySQL speaks the dialect of MariaDB with other collations and no bulk.
enum class Flavor { kSqlite, kMariaDb, kMySql };

/// What the link to the database is, for health pages and `doctor` (SRV-15).
struct LinkInfo {
  Dialect dialect = Dialect::kSqlite;
  std::string server_version;
  std::string location;     ///< file path, or host:port
  std::string tls_version;  ///< "TLSv1.3"; empty = no TLS (file, Unix socket, loopback)
  std::string tls_cipher;
  bool tls_verified = false;        ///< the server's certificate was checked against the CA
  std::string certificate_expires;  ///< of the server, as it tells: "Nov 22 01:00:00 2027 GMT"
};

/// Errors: kConflict = constraint violated or transaction lost a race (then lost_race() is true:
/// repeat the transaction); kUnavailable = the connection is lost, or the server cannot write now;
/// kDenied = the account lacks a right; kTimeout, kLimit; kInvalid = the statement or a value is
/// wrong (both back ends refuse NaN, infinities and text that is not UTF-8).
/// Error texts name tables and keys, never the values.
///
/// `affected` counts the rows that matched, on both back ends, also if they held the same values
/// already: an UPDATE with `WHERE version = ?` is a compare-and-set. Text compares byte by byte.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  Result<Rows> query(std::string_view sql, std::initializer_list<Param> params = {}) {
    return query_span(sql, {params.begin(), params.size()});
  }
  Result<Executed> execute(std::string_view sql, std::initializer_list<Param> params = {}) {
    return execute_span(sql, {params.begin(), params.size()});
  }
  virtual Result<Rows> query_span(std::string_view sql, std::span<const Param> params) = 0;
  virtual Result<Executed> execute_span(std::string_view sql, std::span<const Param> params) = 0;
  /// Runs one INSERT, UPDATE or DELETE for each row of the batch: array binding on MariaDB,
  /// multi-row statements on MySQL, repeated prepared ones on SQLite. Outside a transaction it
  /// makes one of its own: all rows or none. Inside one, a failure leaves some rows done: roll
  /// back. A column holds one type or NULL (else kInvalid). Returns the rows affected.
  virtual Result<std::int64_t> bulk(std::string_view sql, const Batch& batch) = 0;

  virtual Status begin() = 0;  ///< SQLite: BEGIN IMMEDIATE. kInternal inside a transaction
  virtual Status commit() = 0;
  virtual Status rollback() = 0;  ///< fine without a transaction
  [[nodiscard]] virtual bool in_transaction() const = 0;

  /// Several statements in the grammar of sql/*.sql (db/sql_text.h), without parameters: tests.
  Status script(std::string_view sql);
  /// One statement without parameters, sent as text: what cannot be prepared (DDL, procedures).
  virtual Status run_text(std::string_view statement) = 0;
  [[nodiscard]] virtual Flavor flavor() const = 0;
  [[nodiscard]] Dialect dialect() const {
    return flavor() == Flavor::kSqlite ? Dialect::kSqlite : Dialect::kMariaDb;
  }
  [[nodiscard]] virtual Result<LinkInfo> link() = 0;

  /// True if a statement since the last begin() failed because somebody else was in the way
  /// (deadlock, lock wait, Galera certification, busy): the whole transaction may be repeated.
  [[nodiscard]] virtual bool lost_race() const = 0;
  /// True once the connection is of no more use: throw it away and connect anew.
  [[nodiscard]] virtual bool broken() const = 0;
};

/// The text for this connection's dialect, where one text cannot serve both (upserts, row locks):
///   by_dialect(db, "INSERT INTO t (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v =
///   excluded.v",
///                  "INSERT INTO t (k, v) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)")
inline std::string_view by_dialect(const Connection& db, std::string_view sqlite,
                                   std::string_view mariadb) {
  return db.dialect() == Dialect::kSqlite ? sqlite : mariadb;
}

/// Where the database is and how it is reached (settings section [database]).
struct Options {
  Dialect dialect = Dialect::kSqlite;
  std::string path;  ///< SQLite file; ":memory:" for tests
  /// MariaDB: "name", "name:port", "[address]:port"; tried in order, the first writable is used.
  std::vector<std::string> hosts;
  std::uint16_t port = 3306;
  std::string socket;  ///< Unix socket; used when hosts is empty
  std::string database;
  std::string user;
  std::string password_file;  ///< mode 0600; the password never stands in the settings
  /// kDisabled is refused unless the way is a Unix socket or loopback; with every other value a
  /// server without TLS 1.2 or 1.3 is a failure, never a fall-back (SRV-15). kRequired encrypts
  /// but trusts any certificate; kVerifyCa checks the CA; kVerifyFull the host name too.
  enum class Tls { kDisabled, kRequired, kVerifyCa, kVerifyFull } tls = Tls::kVerifyFull;
  enum class TlsMin { k12, k13 } tls_min = TlsMin::k12;
  std::string tls_ca, tls_certificate, tls_key;
  int connect_timeout_s = 10;
  int read_timeout_s = 60;  ///< an answer that takes longer breaks the connection
  /// Array binding if the server knows it; false = multi-row statements (MySQL, some proxies).
  bool array_binding = true;
};

/// Opens a connection. kUnavailable if no host can be used now, kDenied for wrong credentials,
/// kInvalid for options that contradict each other. Logs each host that was passed over.
Result<std::unique_ptr<Connection>> connect(const Options& options);

/// Runs `work` in a transaction: commit if it succeeds, rollback if not. Repeats it up to
/// `attempts` times with growing, jittered pauses after a lost race (lost_race()), so `work` must
/// be repeatable. A connection lost during COMMIT gives kUnavailable with the outcome unknown: work
/// that must not happen twice carries its own mark (such as ingested_item).
Status transaction(Connection& db, const std::function<Status(Connection&)>& work,
                   int attempts = 5);

}  // namespace yagura::db
