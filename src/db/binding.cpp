#include "db/binding.h"

#include <cmath>
#include <cstring>
#include <string>

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
  if (const auto* text = std::get_if<std::string_view>(&param);
      text != nullptr && !is_utf8(*text)) {
    return "is not valid UTF-8";
  }
  return nullptr;
}

/// Length of the UTF-8 sequence at `at`, 0 if there is none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const auto tail = [&](std::size_t n) {
    if (text.size() - at < n) return false;
    for (std::size_t i = 1; i < n; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return false;
    }
    return true;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(2) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(3)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(4)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {  // most text is ASCII: eight bytes at a time
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, 8);
      if ((word & 0x8080808080808080ULL) == 0) {
        at += 8;
        continue;
      }
    }
    const std::size_t length = sequence(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

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
