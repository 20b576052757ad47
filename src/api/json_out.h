// Writing described structs as JSON.
#pragma once

#include <string>

#include "api/describe.h"
#include "base/clock.h"
#include "text/json.h"

namespace yagura::api {

template <typename T>
void write_json(text::JsonWriter& json, const T& value);

/// Visitor that writes each member of one object.
template <typename T>
class JsonMembers {
 public:
  JsonMembers(text::JsonWriter& json, const T& object) : json_(json), object_(object) {}

  template <typename Class, typename Member>
  void field(std::string_view name, Member Class::* member, std::string_view /*doc*/,
             const Rules& /*rules*/ = {}) {
    json_.key(name);
    write_json(json_, object_.*member);
  }
  /// A constant that tells the members of a variant apart.
  void tag(std::string_view name, std::string_view word) { json_.field(name, word); }

  template <typename Class>
  void time(std::string_view name, Micros Class::* member, std::string_view /*doc*/) {
    json_.field(name, format_utc(object_.*member));
  }
  template <typename Class>
  void time(std::string_view name, std::optional<Micros> Class::* member,
            std::string_view /*doc*/) {
    const std::optional<Micros>& at = object_.*member;
    json_.key(name);
    at ? json_.value(format_utc(*at)) : json_.null();
  }

 private:
  text::JsonWriter& json_;
  const T& object_;
};

template <typename T>
void write_json(text::JsonWriter& json, const T& value) {
  if constexpr (std::is_same_v<T, TextMap>) {
    json.begin_object();
    for (const auto& [name, content] : value)
      json.field(name, content);
    json.end_object();
  } else if constexpr (IsOptional<T>::value) {
    if (value) {
      write_json(json, *value);
    } else {
      json.null();
    }
  } else if constexpr (IsVector<T>::value) {
    json.begin_array();
    for (const auto& item : value)
      write_json(json, item);
    json.end_array();
  } else if constexpr (IsTuple<T>::value) {
    json.begin_array();
    std::apply([&](const auto&... item) { (write_json(json, item), ...); }, value);
    json.end_array();
  } else if constexpr (IsVariant<T>::value) {
    std::visit([&](const auto& chosen) { write_json(json, chosen); }, value);
  } else if constexpr (IsId<T>::value) {
    json.value(value.value);
  } else if constexpr (Wordy<T>) {
    json.value(to_string(value));
  } else if constexpr (Described<T>) {
    json.begin_object();
    JsonMembers<T> members(json, value);
    Describe<T>::fields(members);
    json.end_object();
  } else {
    json.value(value);
  }
}

template <typename T>
std::string to_json(const T& value) {
  text::JsonWriter json;
  write_json(json, value);
  return json.take();
}

}  // namespace yagura::api
