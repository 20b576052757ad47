// Rules for bound values that hold on every back end, so that a program tested on one behaves the
// same on the other (SQLite alone would take NaN as NULL and store any bytes as text).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/connection.h"

namespace yagura::db {

/// kInvalid for NaN, infinities and text that is not UTF-8; names the parameter by its number.
Status check_params(std::span<const Param> params);

/// What a column of a batch holds besides NULL; kNull if nothing else.
enum class CellType { kNull, kInteger, kReal, kText, kBlob };

/// The type of each column; kInvalid if one mixes types or a value breaks check_params.
Result<std::vector<CellType>> column_types(const Batch& batch);

}  // namespace yagura::db
