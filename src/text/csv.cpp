#include "text/csv.h"

#include <algorithm>
#include <array>
#include <utility>

#include "text/numbers.h"
#include "text/utf8.h"

namespace yagura::text {
namespace {

/// What spreadsheets take for the start of a formula: the ASCII signs, TAB and CR, and the
/// full-width forms that Japanese and Chinese editions treat alike.
bool looks_like_formula(std::string_view cell) {
  if (cell.empty()) return false;
  constexpr std::array<std::string_view, 4> kFullWidth{"＝", "＋", "－", "＠"};
  return std::string_view("=+-@\t\r\n").find(cell.front()) != std::string_view::npos ||
         std::any_of(kFullWidth.begin(), kFullWidth.end(),
                     [&](std::string_view sign) { return cell.starts_with(sign); });
}

}  // namespace

CsvWriter& CsvWriter::raw(std::string_view cell) {
  if (!first_) out_.push_back(separator_);
  first_ = false;
  out_.append(cell);
  return *this;
}

CsvWriter& CsvWriter::text(std::string_view cell) {
  std::string content = is_valid_utf8(cell) ? std::string(cell) : sanitize_utf8(cell);
  if (looks_like_formula(content)) content.insert(content.begin(), '\'');
  const bool quoted =
      content.find_first_of(std::string("\"\r\n\t,;") + separator_) != std::string::npos ||
      (!content.empty() && (content.front() == ' ' || content.back() == ' '));
  if (!quoted) return raw(content);
  std::string cell_text = "\"";
  for (const char c : content) {
    if (c == '"') cell_text.push_back('"');
    cell_text.push_back(c);
  }
  cell_text.push_back('"');
  return raw(cell_text);
}

CsvWriter& CsvWriter::number(double value) {
  return raw(format_shortest(value));
}
CsvWriter& CsvWriter::number(std::int64_t value) {
  return raw(std::to_string(value));
}

void CsvWriter::end_row() {
  out_ += "\r\n";
  first_ = true;
}

void CsvWriter::row(std::initializer_list<std::string_view> cells) {
  for (const std::string_view cell : cells)
    text(cell);
  end_row();
}

std::string CsvWriter::take() {
  return std::exchange(out_, {});
}

}  // namespace yagura::text
