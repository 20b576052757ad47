// The rules for single values, shared by JSON bodies and query strings. Every function appends what
// is wrong to `problems` under the member's name and returns false.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "api/describe.h"
#include "http/problem.h"

namespace yagura::api {

using FieldProblems = std::vector<http::FieldProblem>;

/// Codes: "wrong-type" {expected}, "too-long" {max}, "invalid-text" (control characters).
bool check_text(std::string_view text, const Rules& rules, std::string_view name,
                FieldProblems& problems);
/// "out-of-range" {min, max}.
bool check_range(std::int64_t number, const Rules& rules, std::string_view name,
                 FieldProblems& problems);
void wrong_type(std::string_view name, std::string_view expected, FieldProblems& problems);
/// "unknown-word" {allowed}.
void unknown_word(std::string_view name, std::string_view allowed, FieldProblems& problems);
void simple_problem(std::string_view name, std::string_view code, FieldProblems& problems);

// Typed reads from a JSON value; "wrong-type" if it is another one.
std::optional<std::string> json_text(const boost::json::value& value, std::string_view name,
                                     FieldProblems& problems);
/// Moves the text out and wipes it in the document.
std::optional<crypto::Secret> json_secret(boost::json::value& value, std::string_view name,
                                          FieldProblems& problems);
std::optional<std::int64_t> json_whole(const boost::json::value& value, std::string_view name,
                                       FieldProblems& problems);
std::optional<double> json_real(const boost::json::value& value, std::string_view name,
                                FieldProblems& problems);
std::optional<bool> json_flag(const boost::json::value& value, std::string_view name,
                              FieldProblems& problems);

/// Member of an object, or nullptr.
boost::json::value* json_member(boost::json::object& object, std::string_view name);
/// Names of the members that are not in `known`: each is "unknown".
void refuse_unknown(const boost::json::object& object, std::span<const std::string_view> known,
                    FieldProblems& problems);

/// The object of a request body; nothing (and a problem) if the text is no JSON object.
std::optional<boost::json::object> parse_body(std::string_view body, FieldProblems& problems);

/// Every word of an enum, separated by commas.
template <Wordy E>
std::string all_words() {
  std::string out;
  for (const E e : Words<E>::kAll)
    out.append(out.empty() ? "" : ",").append(to_string(e));
  return out;
}

template <Wordy E>
std::optional<E> from_word(std::string_view word, std::string_view name, FieldProblems& problems) {
  for (const E e : Words<E>::kAll) {
    if (to_string(e) == word) return e;
  }
  unknown_word(name, all_words<E>(), problems);
  return std::nullopt;
}

}  // namespace yagura::api
