#include "db/binding.h"

#include <cmath>
#include <string>

#include "text/utf8.h"

namespace yagura::db {
namespace {

CellType type_of(const Param& param) {
  switch (param.index()) {
    case 1:
      return CellType::kInteger;
    case 2:
      return CellType::kReal;
    case 3:
      return CellType::kText;
    case 4:
      return CellType::kBlob;
    default:
      return CellType::kNull;
  }
}

/// Null if the value may be bound, else why not.
const char* objection(const Param& param) {
  if (const auto* real = std::get_if<double>(&param); real != nullptr && !std::isfinite(*real)) {
    return "is not a finite number";
  }
  if (const auto* words = std::get_if<std::string_view>(&param);
      words != nullptr && !text::is_valid_utf8(*words)) {
    return "is not valid UTF-8";
  }
  return nullptr;
}

}  // namespace

Status check_params(std::span<const Param> params) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (const char* why = objection(params[i])) {
      return Error{ErrorCode::kInvalid, "parameter " + std::to_string(i + 1) + " " + why};
    }
  }
  return {};
}

Result<std::vector<CellType>> column_types(const Batch& batch) {
  std::vector<CellType> types(batch.columns(), CellType::kNull);
  for (std::size_t r = 0; r < batch.rows(); ++r) {
    const std::span<const Param> row = batch.row(r);
    for (std::size_t c = 0; c < row.size(); ++c) {
      const CellType type = type_of(row[c]);
      const char* why = objection(row[c]);
      if (type != CellType::kNull && types[c] != CellType::kNull && type != types[c]) {
        why = "has another type than the rows before";
      }
      if (why != nullptr) {
        return Error{ErrorCode::kInvalid, "column " + std::to_string(c + 1) + " of row " +
                                              std::to_string(r + 1) + " " + why};
      }
      if (type != CellType::kNull) types[c] = type;
    }
  }
  return types;
}

}  // namespace yagura::db
