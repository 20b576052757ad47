// Reading described structs from a JSON body. Everything wrong is collected, so that a form can
// show all its mistakes at once; members nobody described are refused (no mass assignment).
#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

#include "api/read_value.h"

namespace yagura::api {

template <typename T>
class JsonReader {
 public:
  JsonReader(boost::json::object& object, T& out, FieldProblems& problems)
      : object_(object), out_(out), problems_(problems) {}

  template <typename Class, typename Member>
  void field(std::string_view name, Member Class::* member, std::string_view /*doc*/,
             const Rules& rules = {}) {
    known_.push_back(name);
    boost::json::value* value = json_member(object_, name);
    if (value == nullptr) {
      if constexpr (!IsOptional<Member>::value && !IsVector<Member>::value) {
        simple_problem(name, "missing", problems_);
      }
      return;
    }
    read(*value, out_.*member, name, rules);
  }

  void finish() { refuse_unknown(object_, known_, problems_); }

 private:
  template <typename M>
  void read(boost::json::value& value, M& out, std::string_view name, const Rules& rules) {
    if constexpr (IsOptional<M>::value) {
      // null is not "leave it": a client that means a change must say which.
      if (value.is_null() && rules.null == Null::kAllowed) return out.reset();
      typename M::value_type inner{};
      read(value, inner, name, rules);
      out = std::move(inner);
    } else if constexpr (std::is_same_v<M, bool>) {
      if (auto flag = json_flag(value, name, problems_)) out = *flag;
    } else if constexpr (std::is_integral_v<M> || IsId<M>::value) {
      auto number = json_whole(value, name, problems_);
      if (!number || !check_range(*number, rules, name, problems_)) return;
      if constexpr (IsId<M>::value) {
        out.value = *number;
      } else {
        out = static_cast<M>(*number);
      }
    } else if constexpr (std::is_same_v<M, double>) {
      if (auto number = json_real(value, name, problems_)) out = *number;
    } else if constexpr (std::is_same_v<M, crypto::Secret>) {
      auto secret = json_secret(value, name, problems_);
      if (secret && check_secret(*secret, rules, name)) out = std::move(*secret);
    } else if constexpr (Wordy<M>) {
      auto text = json_text(value, name, problems_);
      if (!text) return;
      if (auto word = from_word<M>(*text, name, problems_)) out = *word;
    } else {
      static_assert(std::is_same_v<M, std::string>);
      auto text = json_text(value, name, problems_);
      if (text && check_text(*text, rules, name, problems_)) out = std::move(*text);
    }
  }

  bool check_secret(const crypto::Secret& secret, const Rules& rules, std::string_view name) {
    if (secret.reveal().size() <= rules.max_length) return true;
    problems_.push_back(
        {std::string(name), "too-long", {{"max", static_cast<std::int64_t>(rules.max_length)}}});
    return false;
  }

  boost::json::object& object_;
  T& out_;
  FieldProblems& problems_;
  std::vector<std::string_view> known_;
};

/// Reads `body` into `out`; true if nothing was wrong.
template <typename T>
bool read_json(std::string_view body, T& out, FieldProblems& problems) {
  auto object = parse_body(body, problems);
  if (!object) return false;
  JsonReader<T> reader(*object, out, problems);
  Describe<T>::fields(reader);
  reader.finish();
  return problems.empty();
}

}  // namespace yagura::api
