#include "agent/condition.h"

#include "text/numbers.h"

namespace yagura::agent {
namespace {

Error mistake(std::string what) {
  return Error{ErrorCode::kInvalid, std::move(what)};
}

/// Splits off the first word.
std::string_view take_word(std::string_view& rest) {
  rest = text::trim(rest);
  std::size_t end = 0;
  while (end < rest.size() && !text::is_space(rest[end]))
    ++end;
  const std::string_view word = rest.substr(0, end);
  rest = text::trim(rest.substr(end));
  return word;
}

Result<double> number(std::string_view word) {
  const auto value = text::parse_decimal(word);
  if (!value) return mistake("'" + std::string(word) + "' is not a number");
  return *value;
}

Result<Condition> parse_interval(std::string_view rest) {
  const std::size_t comma = rest.find(',');
  const std::size_t close = rest.find(')');
  if (comma == std::string_view::npos || close == std::string_view::npos || close < comma) {
    return mistake("an interval is written (number,number)");
  }
  Condition out;
  out.op = Condition::Op::kBetween;
  YAGURA_TRY(low, number(text::trim(rest.substr(1, comma - 1))));
  YAGURA_TRY(high, number(text::trim(rest.substr(comma + 1, close - comma - 1))));
  out.a = low;
  out.b = high;
  out.command = text::trim(rest.substr(close + 1));
  return out;
}

}  // namespace

Result<Condition> parse_condition(std::string_view text) {
  std::string_view rest = text::trim(text);
  Condition out;
  if (rest.starts_with('(')) {
    YAGURA_TRY(interval, parse_interval(rest));
    out = std::move(interval);
  } else {
    const std::string_view op = take_word(rest);
    const std::string_view operand = take_word(rest);
    if (op == "=~") {
      out.op = Condition::Op::kMatches;
      YAGURA_TRY(regex, text::Regex::compile(operand));
      out.regex = std::move(regex);
    } else {
      if (op == "<")
        out.op = Condition::Op::kLess;
      else if (op == ">")
        out.op = Condition::Op::kGreater;
      else if (op == "=")
        out.op = Condition::Op::kEqual;
      else if (op == "!=")
        out.op = Condition::Op::kNotEqual;
      else
        return mistake("unknown operator '" + std::string(op) + "': < > = != =~ or (a,b)");
      YAGURA_TRY(value, number(operand));
      out.a = value;
    }
    out.command = rest;
  }
  if (out.command.empty()) return mistake("no command behind the condition");
  return out;
}

bool Condition::holds(std::string_view value) const {
  if (op == Op::kMatches) return regex && regex->found_in(value);
  const double v = text::leading_number(value).value_or(0);
  switch (op) {
    case Op::kLess:
      return v < a;
    case Op::kGreater:
      return v > a;
    case Op::kEqual:
      return !(v < a) && !(v > a);
    case Op::kNotEqual:
      return v < a || v > a;
    case Op::kBetween:
      return v > a && v < b;
    case Op::kMatches:
      break;
  }
  return false;
}

}  // namespace yagura::agent
