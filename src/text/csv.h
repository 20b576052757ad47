// CSV (RFC 4180) for people's spreadsheets, safe against formulas: a text cell that a spreadsheet
// would take for a formula gets an apostrophe in front. Numbers are written by their own function
// and never touched.
//
//   CsvWriter csv;
//   csv.row({"host", "status"});
//   csv.text(host).number(5).end_row();
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace yagura::text {

/// Lines end with CRLF; every cell with a quote, separator, line break or blank at its end is
/// quoted. Ill-formed UTF-8 becomes U+FFFD. Not thread-safe.
class CsvWriter {
 public:
  /// `separator`: ',' or, where the decimal mark is a comma, ';'.
  explicit CsvWriter(char separator = ',') : separator_(separator) {}

  CsvWriter& text(std::string_view cell);
  CsvWriter& number(double value);
  CsvWriter& number(std::int64_t value);
  CsvWriter& number(int value) { return number(std::int64_t{value}); }
  CsvWriter& empty() { return raw(""); }
  void end_row();
  void row(std::initializer_list<std::string_view> cells);

  [[nodiscard]] const std::string& str() const { return out_; }
  /// What was written since the last take(): for streaming.
  std::string take();

 private:
  CsvWriter& raw(std::string_view cell);

  std::string out_;
  char separator_;
  bool first_ = true;
};

}  // namespace yagura::text
