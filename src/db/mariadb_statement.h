// One prepared statement of MariaDB or MySQL: binding, running, reading. Belongs to its connection
// and dies before it.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <mysql.h>

#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

/// What failed, with the server's number, which decides what becomes of the connection.
struct StatementFailure {
  unsigned number = 0;
  Error error;
};

class MariaDbStatement {
 public:
  /// Null and `failure` filled if the server refuses the text.
  static std::unique_ptr<MariaDbStatement> prepare(MYSQL* mysql, std::string_view sql,
                                                   StatementFailure& failure);

  [[nodiscard]] std::size_t parameters() const;
  /// Runs it with one set of values; `rows` may be null. False with `failure` filled if it failed.
  bool run(std::span<const Param> params, Rows* rows, StatementFailure& failure);
  /// Runs it for rows [first, first + count) of the batch by array binding. `types` is
  /// column_types().
  bool run_array(const Batch& batch, std::size_t first, std::size_t count,
                 StatementFailure& failure);

  [[nodiscard]] std::int64_t affected() const { return affected_; }
  [[nodiscard]] std::int64_t last_id() const { return last_id_; }

 private:
  struct CloseStatement {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  explicit MariaDbStatement(MYSQL_STMT* statement) : statement_(statement) {}
  bool execute(StatementFailure& failure);
  bool fetch(Rows& rows, StatementFailure& failure);
  bool drain(StatementFailure& failure);
  bool failed(StatementFailure& failure) const;

  std::unique_ptr<MYSQL_STMT, CloseStatement> statement_;
  std::int64_t affected_ = 0;
  std::int64_t last_id_ = 0;
};

}  // namespace yagura::db
