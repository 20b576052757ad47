#include "db/mariadb_statement.h"

#include <charconv>
#include <limits>

#include "db/binding.h"
#include "db/mariadb_error.h"

namespace yagura::db {
namespace {

/// The C interface takes void* also for what it only reads.
void* writable(const void* data) {
  return const_cast<void*>(data);
}

void bind_one(MYSQL_BIND& bind, unsigned long& length, const Param& param) {
  const auto bytes = [&](enum_field_types type, std::string_view view) {
    length = static_cast<unsigned long>(view.size());
    bind.buffer_type = type;
    bind.buffer = writable(view.empty() ? "" : view.data());
    bind.buffer_length = length;
    bind.length = &length;
  };
  if (const auto* integer = std::get_if<std::int64_t>(&param)) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = writable(integer);
  } else if (const auto* real = std::get_if<double>(&param)) {
    bind.buffer_type = MYSQL_TYPE_DOUBLE;
    bind.buffer = writable(real);
  } else if (const auto* text = std::get_if<std::string_view>(&param)) {
    bytes(MYSQL_TYPE_STRING, *text);
  } else if (const auto* blob = std::get_if<Blob>(&param)) {
    bytes(MYSQL_TYPE_LONG_BLOB, blob->bytes);
  } else {
    bind.buffer_type = MYSQL_TYPE_NULL;
  }
}

/// One column of a batch as the arrays the client library reads: numbers side by side, or pointers
/// and lengths, and an indicator per row.
struct ColumnArrays {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<const char*> pointers;
  std::vector<unsigned long> lengths;
  std::vector<char> indicators;
};

void bind_column(MYSQL_BIND& bind, ColumnArrays& arrays, const Batch& batch, std::size_t column,
                 std::size_t first, std::size_t count) {
  arrays.indicators.assign(count, STMT_INDICATOR_NULL);
  bind.buffer_type = MYSQL_TYPE_STRING;  // stays for a column of NULLs alone
  for (std::size_t i = 0; i < count; ++i) {
    const Param& param = batch.row(first + i)[column];
    if (std::holds_alternative<std::nullptr_t>(param)) continue;
    arrays.indicators[i] = STMT_INDICATOR_NONE;
    if (const auto* integer = std::get_if<std::int64_t>(&param)) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      arrays.integers.resize(count);
      arrays.integers[i] = *integer;
      continue;
    }
    if (const auto* real = std::get_if<double>(&param)) {
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      arrays.reals.resize(count);
      arrays.reals[i] = *real;
      continue;
    }
    const auto* blob = std::get_if<Blob>(&param);
    const std::string_view view =
        blob != nullptr ? blob->bytes : *std::get_if<std::string_view>(&param);
    bind.buffer_type = blob != nullptr ? MYSQL_TYPE_LONG_BLOB : MYSQL_TYPE_STRING;
    arrays.pointers.resize(count, "");
    arrays.lengths.resize(count);
    arrays.pointers[i] = view.empty() ? "" : view.data();
    arrays.lengths[i] = static_cast<unsigned long>(view.size());
  }
  if (!arrays.integers.empty()) {
    bind.buffer = arrays.integers.data();
  } else if (!arrays.reals.empty()) {
    bind.buffer = arrays.reals.data();
  } else {
    arrays.pointers.resize(count, "");
    arrays.lengths.resize(count);
    bind.buffer = static_cast<void*>(arrays.pointers.data());
    bind.length = arrays.lengths.data();
  }
  bind.u.indicator = arrays.indicators.data();
}

enum class Kind { kInteger, kReal, kDecimal, kBytes };

Kind kind_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return Kind::kInteger;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return Kind::kReal;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return Kind::kDecimal;
    default:
      return Kind::kBytes;
  }
}

/// Where one column of an answer lands.
struct Slot {
  Kind kind = Kind::kBytes;
  std::int64_t integer = 0;
  double real = 0;
  unsigned long length = 0;
  my_bool null = 0;
  my_bool truncated = 0;
};

void bind_slot(MYSQL_BIND& bind, Slot& slot) {
  bind.is_null = &slot.null;
  bind.length = &slot.length;
  bind.error = &slot.truncated;
  if (slot.kind == Kind::kInteger) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = &slot.integer;
  } else if (slot.kind == Kind::kReal) {
    bind.buffer_type = MYSQL_TYPE_DOUBLE;
    bind.buffer = &slot.real;
  } else {
    bind.buffer_type = MYSQL_TYPE_STRING;  // no room: only the length is told, fetched later
  }
}

/// SUM and AVG of integers are decimals in MariaDB: whole ones become integers.
Row::Cell decimal(const std::string& text) {
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, whole);
  if (error == std::errc() && stop == end) return whole;
  double real = 0;
  std::from_chars(text.data(), end, real);
  return real;
}

}  // namespace

std::unique_ptr<MariaDbStatement> MariaDbStatement::prepare(MYSQL* mysql, std::string_view sql,
                                                            StatementFailure& failure) {
  MYSQL_STMT* raw = mysql_stmt_init(mysql);
  if (raw == nullptr) {
    failure = {2008, Error{ErrorCode::kUnavailable, "out of memory"}};
    return nullptr;
  }
  std::unique_ptr<MariaDbStatement> statement(new MariaDbStatement(raw));
  if (mysql_stmt_prepare(raw, sql.data(), static_cast<unsigned long>(sql.size())) != 0) {
    statement->failed(failure);
    return nullptr;
  }
  return statement;
}

std::size_t MariaDbStatement::parameters() const {
  return mysql_stmt_param_count(statement_.get());
}

bool MariaDbStatement::failed(StatementFailure& failure) const {
  const unsigned number = mysql_stmt_errno(statement_.get());
  failure = {number, mariadb_error(number, mysql_stmt_error(statement_.get()))};
  return false;
}

bool MariaDbStatement::execute(StatementFailure& failure) {
  if (mysql_stmt_execute(statement_.get()) != 0) return failed(failure);
  const auto affected = mysql_stmt_affected_rows(statement_.get());
  const bool counted = affected != std::numeric_limits<decltype(affected)>::max();
  affected_ = counted ? static_cast<std::int64_t>(affected) : 0;
  last_id_ = static_cast<std::int64_t>(mysql_stmt_insert_id(statement_.get()));
  return true;
}

bool MariaDbStatement::run(std::span<const Param> params, Rows* rows, StatementFailure& failure) {
  MYSQL_STMT* statement = statement_.get();
  std::vector<MYSQL_BIND> binds(params.size());
  std::vector<unsigned long> lengths(params.size());
  for (std::size_t i = 0; i < params.size(); ++i)
    bind_one(binds[i], lengths[i], params[i]);
  if (!params.empty() && mysql_stmt_bind_param(statement, binds.data()) != 0)
    return failed(failure);
  if (!execute(failure)) return false;
  if (rows != nullptr && mysql_stmt_field_count(statement) > 0 && !fetch(*rows, failure))
    return false;
  return drain(failure);
}

bool MariaDbStatement::run_array(const Batch& batch, std::size_t first, std::size_t count,
                                 StatementFailure& failure) {
  MYSQL_STMT* statement = statement_.get();
  std::vector<MYSQL_BIND> binds(batch.columns());
  std::vector<ColumnArrays> arrays(batch.columns());
  for (std::size_t c = 0; c < batch.columns(); ++c) {
    bind_column(binds[c], arrays[c], batch, c, first, count);
  }
  auto size = static_cast<unsigned>(count);
  if (mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &size) != 0 ||
      mysql_stmt_bind_param(statement, binds.data()) != 0) {
    return failed(failure);
  }
  const bool done = execute(failure);
  size = 0;  // the same statement may be used for one row next
  mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &size);
  return done && drain(failure);
}

bool MariaDbStatement::fetch(Rows& rows, StatementFailure& failure) {
  MYSQL_STMT* statement = statement_.get();
  const unsigned columns = mysql_stmt_field_count(statement);
  const MYSQL_FIELD* fields = mariadb_stmt_fetch_fields(statement);
  std::vector<Slot> slots(columns);
  std::vector<MYSQL_BIND> binds(columns);
  for (unsigned i = 0; i < columns; ++i) {
    slots[i].kind = kind_of(fields[i]);
    bind_slot(binds[i], slots[i]);
  }
  if (mysql_stmt_bind_result(statement, binds.data()) != 0) return failed(failure);
  for (;;) {
    const int rc = mysql_stmt_fetch(statement);
    if (rc == MYSQL_NO_DATA) return true;
    if (rc != 0 && rc != MYSQL_DATA_TRUNCATED) return failed(failure);
    std::vector<Row::Cell> cells(columns);
    for (unsigned i = 0; i < columns; ++i) {
      const Slot& slot = slots[i];
      if (slot.null != 0) continue;
      if (slot.kind == Kind::kInteger) {
        if ((fields[i].flags & UNSIGNED_FLAG) != 0 && slot.integer < 0) {
          failure = {1264, Error{ErrorCode::kLimit, "an integer above 2^63 - 1 was read"}};
          return false;
        }
        cells[i] = slot.integer;
      } else if (slot.kind == Kind::kReal) {
        cells[i] = slot.real;
      } else {
        std::string bytes(slot.length, '\0');
        MYSQL_BIND piece = {};
        unsigned long length = 0;
        piece.buffer_type = MYSQL_TYPE_STRING;
        piece.buffer = bytes.data();
        piece.buffer_length = slot.length;
        piece.length = &length;
        if (slot.length > 0 && mysql_stmt_fetch_column(statement, &piece, i, 0) != 0) {
          return failed(failure);
        }
        cells[i] = slot.kind == Kind::kDecimal ? decimal(bytes) : Row::Cell(std::move(bytes));
      }
    }
    rows.emplace_back(std::move(cells));
  }
}

bool MariaDbStatement::drain(StatementFailure& failure) {
  MYSQL_STMT* statement = statement_.get();
  // A procedure answers with one more, empty result.
  for (;;) {
    if (mysql_stmt_field_count(statement) > 0) mysql_stmt_free_result(statement);
    if (mysql_stmt_more_results(statement) == 0) return true;
    if (mysql_stmt_next_result(statement) > 0) return failed(failure);
  }
}

}  // namespace yagura::db
