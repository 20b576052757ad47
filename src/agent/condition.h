// Conditions on values: module_condition and module_precondition (spec agent-conf §6).
//
//   < 5 command      > 5 command      = 5 command      != 5 command
//   (3,8) command    (open interval)  =~ regex command
//
// Beyond the reference, numbers may carry a sign: there such lines are dropped without a word. The
// operators >=, <= and == are mistakes here (there they are read and never hold).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/regex.h"

namespace yagura::agent {

struct Condition {
  enum class Op { kLess, kGreater, kEqual, kNotEqual, kBetween, kMatches };
  Op op = Op::kEqual;
  double a = 0;
  double b = 0;  ///< upper end of kBetween
  std::optional<text::Regex> regex;
  std::string command;

  /// True if it holds for `value`. Numbers are the number the text starts with ("5 MB" is 5), 0 if
  /// it starts with none; the expression is searched in the whole text.
  [[nodiscard]] bool holds(std::string_view value) const;
};

/// kInvalid says what is wrong with the text.
Result<Condition> parse_condition(std::string_view text);

}  // namespace yagura::agent
