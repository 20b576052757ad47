// Reading described structs from query parameters. A parameter nobody described is refused: a
// misspelt filter must not silently show everything.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/read_value.h"
#include "text/numbers.h"

namespace yagura::api {

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// "unknown" for each name that is not in `known`, "repeated" for one that occurs twice.
void check_query_names(const QueryPairs& pairs, const std::vector<std::string_view>& known,
                       FieldProblems& problems);
/// Pieces of "a,b,c"; empty pieces are kept, so that they are refused as words.
std::vector<std::string_view> split_commas(std::string_view text);

template <typename T>
class QueryReader {
 public:
  QueryReader(const QueryPairs& pairs, T& out, FieldProblems& problems)
      : pairs_(pairs), out_(out), problems_(problems) {}

  template <typename Class, typename Member>
  void field(std::string_view name, Member Class::* member, std::string_view /*doc*/,
             const Rules& rules = {}) {
    known_.push_back(name);
    for (const auto& [key, value] : pairs_) {
      // An empty value means "no filter": forms and links send it for fields left blank.
      if (key == name && !value.empty()) read(value, out_.*member, name, rules);
    }
  }

  void finish() { check_query_names(pairs_, known_, problems_); }

 private:
  template <typename M>
  void read(std::string_view value, M& out, std::string_view name, const Rules& rules) {
    if constexpr (IsOptional<M>::value) {
      typename M::value_type inner{};
      read(value, inner, name, rules);
      out = std::move(inner);
    } else if constexpr (IsVector<M>::value) {
      for (const std::string_view piece : split_commas(value)) {
        typename M::value_type item{};
        read(piece, item, name, rules);
        out.push_back(std::move(item));
      }
    } else if constexpr (Wordy<M>) {
      if (auto word = from_word<M>(value, name, problems_)) out = *word;
    } else if constexpr (std::is_integral_v<M> || IsId<M>::value) {
      const auto number = text::parse_integer<std::int64_t>(value);
      if (!number) return wrong_type(name, "integer", problems_);
      if (!check_range(*number, rules, name, problems_)) return;
      if constexpr (IsId<M>::value) {
        out.value = *number;
      } else {
        out = static_cast<M>(*number);
      }
    } else {
      static_assert(std::is_same_v<M, std::string>);
      if (check_text(value, rules, name, problems_)) out = std::string(value);
    }
  }

  const QueryPairs& pairs_;
  T& out_;
  FieldProblems& problems_;
  std::vector<std::string_view> known_;
};

template <typename T>
bool read_query(const QueryPairs& pairs, T& out, FieldProblems& problems) {
  QueryReader<T> reader(pairs, out, problems);
  Describe<T>::fields(reader);
  reader.finish();
  return problems.empty();
}

}  // namespace yagura::api
